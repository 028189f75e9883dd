package io.moldau.benchmarks.loops;

import io.moldau.protocol.ByteReader;
import io.moldau.protocol.ByteWriter;
import io.moldau.protocol.Payload;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.FetchRequest;
import io.moldau.protocol.message.FetchRequest.FetchPartition;
import io.moldau.protocol.message.FetchRequest.FetchTopic;
import io.moldau.protocol.message.FetchResponse;
import io.moldau.protocol.message.FetchResponse.FetchableTopicResponse;
import io.moldau.protocol.message.FetchResponse.PartitionData;
import io.moldau.protocol.message.MetadataResponse;
import io.moldau.protocol.message.MetadataResponse.MetadataResponseBroker;
import io.moldau.protocol.message.MetadataResponse.MetadataResponsePartition;
import io.moldau.protocol.message.MetadataResponse.MetadataResponseTopic;
import io.moldau.protocol.message.ProduceRequest;
import io.moldau.protocol.message.ProduceRequest.PartitionProduceData;
import io.moldau.protocol.message.ProduceRequest.TopicProduceData;
import io.moldau.protocol.message.ProduceResponse;
import io.moldau.protocol.message.ProduceResponse.PartitionProduceResponse;
import io.moldau.protocol.message.ProduceResponse.TopicProduceResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/// Reading requests and writing answers of one topic. The records of a partition are 1 KiB: they are not copied.
@State(Scope.Thread)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class MessageLoops {
    private static final short PRODUCE = 12;
    private static final short FETCH = 12;
    private static final short METADATA = 12;
    private static final String TOPIC = "orders";
    private static final Uuid ID = new Uuid(1, 2);

    @Param({"1", "6", "100"})
    public int partitions;

    private ByteBuffer produceRequest = ByteBuffer.allocate(0);
    private ByteBuffer fetchRequest = ByteBuffer.allocate(0);
    private ProduceResponse produceResponse = ProduceResponse.builder().build();
    private FetchResponse fetchResponse = FetchResponse.builder().build();
    private MetadataResponse metadataResponse = MetadataResponse.builder().build();

    private <T> List<T> each(IntFunction<T> one) {
        return IntStream.range(0, partitions).mapToObj(one).toList();
    }

    @org.openjdk.jmh.annotations.Setup
    public void fill() {
        var records = ByteBuffer.allocateDirect(1024);
        var produce = new ByteWriter();
        ProduceRequest.builder()
                .acks((short) -1)
                .timeoutMs(30_000)
                .topicData(List.of(TopicProduceData.builder()
                        .name(TOPIC)
                        .partitionData(each(p -> PartitionProduceData.builder()
                                .index(p)
                                .records(Payload.of(records.duplicate()))
                                .build()))
                        .build()))
                .build()
                .write(produce, PRODUCE);
        produceRequest = produce.toBuffer();
        var fetch = new ByteWriter();
        FetchRequest.builder()
                .replicaId(-1)
                .maxWaitMs(500)
                .minBytes(1)
                .maxBytes(50 << 20)
                .sessionEpoch(-1)
                .topics(List.of(FetchTopic.builder()
                        .topic(TOPIC)
                        .partitions(each(p -> FetchPartition.builder()
                                .partition(p)
                                .currentLeaderEpoch(-1)
                                .fetchOffset(7)
                                .partitionMaxBytes(1 << 20)
                                .build()))
                        .build()))
                .build()
                .write(fetch, FETCH);
        fetchRequest = fetch.toBuffer();
        produceResponse = ProduceResponse.builder()
                .responses(List.of(TopicProduceResponse.builder()
                        .name(TOPIC)
                        .partitionResponses(each(p -> PartitionProduceResponse.builder()
                                .index(p)
                                .baseOffset(1_000_000)
                                .build()))
                        .build()))
                .build();
        fetchResponse = FetchResponse.builder()
                .responses(List.of(FetchableTopicResponse.builder()
                        .topic(TOPIC)
                        .partitions(each(p -> PartitionData.builder()
                                .partitionIndex(p)
                                .highWatermark(1_000_000)
                                .records(Payload.of(records.duplicate()))
                                .build()))
                        .build()))
                .build();
        metadataResponse = MetadataResponse.builder()
                .brokers(List.of(MetadataResponseBroker.builder()
                        .nodeId(1)
                        .host("localhost")
                        .port(9092)
                        .build()))
                .clusterId("moldau")
                .controllerId(1)
                .topics(List.of(MetadataResponseTopic.builder()
                        .name(TOPIC)
                        .topicId(ID)
                        .partitions(each(p -> MetadataResponsePartition.builder()
                                .partitionIndex(p)
                                .leaderId(1)
                                .replicaNodes(List.of(1))
                                .isrNodes(List.of(1))
                                .build()))
                        .build()))
                .build();
    }

    @Benchmark
    public ProduceRequest readProduce() {
        return ProduceRequest.read(new ByteReader(produceRequest.duplicate()), PRODUCE);
    }

    @Benchmark
    public FetchRequest readFetch() {
        return FetchRequest.read(new ByteReader(fetchRequest.duplicate()), FETCH);
    }

    @Benchmark
    public List<Payload> writeProduce() {
        var out = ByteWriter.frame();
        produceResponse.write(out, PRODUCE);
        return out.parts();
    }

    @Benchmark
    public List<Payload> writeFetch() {
        var out = ByteWriter.frame();
        fetchResponse.write(out, FETCH);
        return out.parts();
    }

    @Benchmark
    public List<Payload> writeMetadata() {
        var out = ByteWriter.frame();
        metadataResponse.write(out, METADATA);
        return out.parts();
    }
}
