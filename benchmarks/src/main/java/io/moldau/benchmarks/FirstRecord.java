package io.moldau.benchmarks;

import io.moldau.protocol.message.CreateTopicsRequest;
import io.moldau.protocol.message.CreateTopicsRequest.CreatableTopic;
import io.moldau.protocol.message.CreateTopicsResponse;
import io.moldau.protocol.message.ProduceResponse;
import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/// The impatient client: connects as soon as it can, makes a topic, and produces one record until it is acknowledged.
final class FirstRecord {
    private static final String TOPIC = "first-record";
    private static final int TOPIC_EXISTS = 36;
    private static final long GIVE_UP_NANOS = 300_000_000_000L;

    private FirstRecord() {}

    static void await(BrokerProcess broker) throws IOException, InterruptedException {
        long began = System.nanoTime();
        while (true) {
            broker.checkAlive();
            try (var wire = Wire.open(broker.port())) {
                if (created(wire) && produced(wire)) {
                    return;
                }
            } catch (IOException notYet) {
                if (System.nanoTime() - began > GIVE_UP_NANOS) {
                    throw notYet;
                }
            }
            Bench.pause(2);
        }
    }

    private static boolean created(Wire wire) throws IOException {
        var request = CreateTopicsRequest.builder()
                .timeoutMs(5_000)
                .topics(List.of(CreatableTopic.builder()
                        .name(TOPIC)
                        .numPartitions(1)
                        .replicationFactor((short) 1)
                        .build()))
                .build();
        var answer = CreateTopicsResponse.read(wire.call(request, 5), (short) 5);
        int error = answer.topics().getFirst().errorCode();
        return error == 0 || error == TOPIC_EXISTS;
    }

    private static boolean produced(Wire wire) throws IOException, InterruptedException {
        for (int attempt = 0; attempt < 500; attempt++) {
            var batch = new BatchBuilder(Compression.NONE)
                    .append(System.currentTimeMillis(), null, ByteBuffer.wrap(new byte[100]))
                    .build();
            var request = ProduceFrames.request(TOPIC, 0, batch, -1);
            var answer = ProduceResponse.read(wire.call(request, ProduceFrames.VERSION), (short) ProduceFrames.VERSION);
            if (answer.responses().getFirst().partitionResponses().getFirst().errorCode() == 0) {
                return true;
            }
            Bench.pause(2);
        }
        return false;
    }
}
