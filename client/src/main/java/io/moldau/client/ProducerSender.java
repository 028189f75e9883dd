package io.moldau.client;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Payload;
import io.moldau.protocol.message.InitProducerIdRequest;
import io.moldau.protocol.message.InitProducerIdResponse;
import io.moldau.protocol.message.ProduceRequest;
import io.moldau.protocol.message.ProduceRequest.PartitionProduceData;
import io.moldau.protocol.message.ProduceRequest.TopicProduceData;
import io.moldau.protocol.message.ProduceResponse;
import io.moldau.protocol.message.ProduceResponse.PartitionProduceResponse;
import io.moldau.records.RecordBatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/// The producer's thread: rounds of one batch for each partition, one request for each leader.
///
/// With one batch of a partition under way at a time, order needs no care and a repetition repeats exactly what was
/// sent. A batch whose fate stays unknown makes the producer take a new epoch (KIP-360): its sequences may or may
/// not have been used.
final class ProducerSender implements Runnable {
    private static final int RETRY_MS = 100;
    /// The last version that names topics by name.
    private static final int BY_NAME_VERSION = 12;

    private record Sequences(short epoch, int next) {}

    private final Cluster cluster;
    private final ProducerSettings settings;
    private final Producer producer;
    private final Map<TopicPartition, Sequences> sequences = new HashMap<>();
    private long producerId = RecordBatch.NO_PRODUCER_ID;
    private short producerEpoch = RecordBatch.NO_PRODUCER_EPOCH;
    private boolean epochSpoiled;

    ProducerSender(Cluster cluster, ProducerSettings settings, Producer producer) {
        this.cluster = cluster;
        this.settings = settings;
        this.producer = producer;
    }

    @Override
    public void run() {
        try {
            while (true) {
                var work = producer.awaitWork();
                if (work.end()) {
                    return;
                }
                work.topics().forEach(this::learn);
                if (!work.batches().isEmpty()) {
                    round(work.batches());
                }
            }
        } finally {
            producer.senderEnded();
            cluster.close();
        }
    }

    private void learn(String topic) {
        try {
            var info = cluster.topic(topic, true);
            producer.topicKnown(topic, info.partitions().size());
        } catch (ClientException failure) {
            producer.topicRefused(topic, failure);
        }
    }

    private void round(List<OutgoingBatch> batches) {
        var byLeader = new TreeMap<Integer, List<OutgoingBatch>>();
        for (var batch : batches) {
            try {
                identify(batch);
                byLeader.computeIfAbsent(cluster.leader(batch.partition), node -> new ArrayList<>())
                        .add(batch);
            } catch (ClientException failure) {
                again(batch, failure);
            }
        }
        var sent = new TreeMap<Integer, List<OutgoingBatch>>();
        byLeader.forEach((node, group) -> {
            try {
                cluster.send(node, request(group), BY_NAME_VERSION);
                if (settings.acks() == 0) {
                    cluster.expectNothing(node);
                    group.forEach(batch -> succeed(batch, -1, OptionalLong.empty()));
                } else {
                    sent.put(node, group);
                }
            } catch (ClientException failure) {
                broken(group, failure);
            }
        });
        sent.forEach((node, group) -> {
            try {
                settle(group, (ProduceResponse) cluster.receive(node));
            } catch (ClientException failure) {
                broken(group, failure);
            }
        });
    }

    private void broken(List<OutgoingBatch> group, ClientException failure) {
        group.forEach(batch -> again(batch, failure));
        group.forEach(batch -> cluster.forget(batch.partition.topic()));
    }

    private void identify(OutgoingBatch batch) {
        if (!settings.idempotent() || batch.encoded()) {
            return;
        }
        if (producerId == RecordBatch.NO_PRODUCER_ID || epochSpoiled) {
            var request = InitProducerIdRequest.builder()
                    .transactionalId(null)
                    .producerId(producerId)
                    .producerEpoch(producerEpoch)
                    .build();
            var answer = (InitProducerIdResponse) cluster.callAny(request);
            ClientException.check(answer.errorCode(), null, "Getting a producer id");
            if (answer.producerId() != producerId) {
                sequences.clear();
            }
            producerId = answer.producerId();
            producerEpoch = answer.producerEpoch();
            epochSpoiled = false;
        }
        var known = sequences.get(batch.partition);
        int first = known == null || known.epoch() != producerEpoch ? 0 : known.next();
        batch.identify(producerId, producerEpoch, first);
        batch.encode();
        sequences.put(
                batch.partition, new Sequences(producerEpoch, RecordBatch.advanceSequence(first, batch.recordCount())));
    }

    private ProduceRequest request(List<OutgoingBatch> batches) {
        var topics = new LinkedHashMap<String, List<PartitionProduceData>>();
        for (var batch : batches) {
            batch.attempts++;
            topics.computeIfAbsent(batch.partition.topic(), name -> new ArrayList<>())
                    .add(PartitionProduceData.builder()
                            .index(batch.partition.partition())
                            .records(Payload.of(batch.encode()))
                            .build());
        }
        return ProduceRequest.builder()
                .transactionalId(null)
                .acks(settings.acks())
                .timeoutMs(cluster.settings().timeoutMs())
                .topicData(topics.entrySet().stream()
                        .map(entry -> TopicProduceData.builder()
                                .name(entry.getKey())
                                .partitionData(entry.getValue())
                                .build())
                        .toList())
                .build();
    }

    private void settle(List<OutgoingBatch> batches, ProduceResponse response) {
        var answers = new HashMap<TopicPartition, PartitionProduceResponse>();
        for (var topic : response.responses()) {
            for (var partition : topic.partitionResponses()) {
                answers.put(new TopicPartition(topic.name(), partition.index()), partition);
            }
        }
        for (var batch : batches) {
            var answer = answers.get(batch.partition);
            if (answer == null) {
                again(
                        batch,
                        new ClientException(
                                ErrorCode.UNKNOWN_SERVER_ERROR,
                                "The broker did not answer for " + batch.partition + "."));
                continue;
            }
            var error = ErrorCode.of(answer.errorCode());
            if (error == ErrorCode.NONE || error == ErrorCode.DUPLICATE_SEQUENCE_NUMBER) {
                long appendTimeMs = answer.logAppendTimeMs();
                succeed(
                        batch,
                        error == ErrorCode.NONE ? answer.baseOffset() : -1,
                        appendTimeMs >= 0 ? OptionalLong.of(appendTimeMs) : OptionalLong.empty());
            } else {
                cluster.forget(batch.partition.topic());
                again(
                        batch,
                        ClientException.of(
                                answer.errorCode(), answer.errorMessage(), "Producing to " + batch.partition));
            }
        }
    }

    private void succeed(OutgoingBatch batch, long baseOffset, OptionalLong logAppendTimeMs) {
        producer.settled(batch);
        batch.succeed(baseOffset, logAppendTimeMs);
    }

    /// Once more after a while, unless the failure lasts or the time is up.
    private void again(OutgoingBatch batch, ClientException failure) {
        long now = cluster.nowMs();
        boolean late = now + RETRY_MS > batch.createdMs + settings.deliveryTimeoutMs();
        if (failure.mayPass() && !late) {
            batch.notBeforeMs = now + RETRY_MS;
            return;
        }
        epochSpoiled = batch.encoded() || epochSpoiled;
        producer.settled(batch);
        batch.fail(failure);
    }
}
