package io.moldau.client;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Payload;
import io.moldau.protocol.message.InitProducerIdRequest;
import io.moldau.protocol.message.InitProducerIdResponse;
import io.moldau.protocol.message.ProduceRequest;
import io.moldau.protocol.message.ProduceResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The thread of a producer: takes the batches that are due, sends those of one broker together and settles them as
/// the answers come. A batch is sent again, after a pause, until its delivery timeout, whatever becomes of the
/// connection or the broker in between.
final class Sender implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Sender.class);
    private static final int MAX_BACKOFF_MS = 1_000;

    private record UnderWay(Connection connection, CompletableFuture<?> answer, long sinceMs) {}

    private final Cluster cluster;
    private final ProducerSettings settings;
    private final Accumulator accumulator;
    private final List<UnderWay> underWay = new ArrayList<>();
    private volatile @Nullable ProducerIdentity identity;

    Sender(Cluster cluster, ProducerSettings settings, Accumulator accumulator) {
        this.cluster = cluster;
        this.settings = settings;
        this.accumulator = accumulator;
    }

    @Override
    public void run() {
        try {
            Accumulator.Work work;
            while ((work = accumulator.take()) != null) {
                if (work.expired().stream().anyMatch(batch -> batch.attempts() > 0)) {
                    // A broker may or may not have taken them: their sequences must not be used again.
                    identity = null;
                }
                work.expired().forEach(batch -> batch.fail(batch.tooLate(settings.deliveryTimeoutMs())));
                if (!work.ready().isEmpty()) {
                    send(work.ready());
                }
                abandonSilent();
            }
        } catch (InterruptedException interrupted) {
            failAll(new ClientException(ErrorCode.UNKNOWN_SERVER_ERROR, "the producer was interrupted", interrupted));
        } catch (RuntimeException unexpected) {
            failAll(ClientException.of(unexpected));
        }
    }

    private void failAll(ClientException failure) {
        accumulator.drain().forEach(batch -> batch.fail(failure));
    }

    /// A broker that takes no notice loses its connection, which fails what is under way on it.
    private void abandonSilent() {
        long now = cluster.nowMs();
        int limitMs = cluster.settings().requestTimeoutMs();
        underWay.removeIf(one -> one.answer().isDone());
        for (var one : List.copyOf(underWay)) {
            if (now - one.sinceMs() > limitMs) {
                one.connection().abandon(one.connection().broker() + " did not answer within " + limitMs + " ms");
            }
        }
    }

    private void send(List<PartitionQueue> ready) {
        ProducerIdentity current;
        try {
            current = identity();
        } catch (ClientException failure) {
            ready.forEach(queue -> failed(queue, failure));
            return;
        }
        var byLeader = new LinkedHashMap<Integer, List<PartitionQueue>>();
        for (var queue : ready) {
            try {
                accumulator.buildFirst(queue, current);
                byLeader.computeIfAbsent(cluster.leader(queue.partition), node -> new ArrayList<>())
                        .add(queue);
            } catch (ClientException failure) {
                failed(queue, failure);
            }
        }
        byLeader.forEach((node, queues) -> inRequests(queues).forEach(request -> sendTo(node, request)));
    }

    private List<List<PartitionQueue>> inRequests(List<PartitionQueue> queues) {
        var requests = new ArrayList<List<PartitionQueue>>();
        long bytes = Long.MAX_VALUE;
        for (var queue : queues) {
            int size = queue.first().bytes().remaining();
            if (requests.isEmpty() || bytes + size > settings.maxRequestBytes()) {
                requests.add(new ArrayList<>());
                bytes = 0;
            }
            requests.getLast().add(queue);
            bytes += size;
        }
        return requests;
    }

    private void sendTo(int node, List<PartitionQueue> queues) {
        try {
            var connection = cluster.to(node, Cluster.Use.PRODUCE);
            var request = requestOf(queues);
            queues.forEach(queue -> queue.first().attempted());
            if (settings.acks() == ProducerSettings.Acks.NONE) {
                connection.sendOnly(request);
                queues.forEach(queue -> acknowledged(queue, -1));
                return;
            }
            var answer = connection.send(request, ProduceResponse::read);
            underWay.add(new UnderWay(connection, answer, cluster.nowMs()));
            var _ = answer.whenComplete((response, failure) -> {
                if (failure == null) {
                    answered(queues, response);
                } else {
                    lost(queues, ClientException.of(failure));
                }
            });
        } catch (ClientException failure) {
            lost(queues, failure);
        }
    }

    private void lost(List<PartitionQueue> queues, ClientException failure) {
        queues.forEach(queue -> {
            cluster.forget(queue.partition.topic());
            failed(queue, failure);
        });
    }

    private ProduceRequest requestOf(List<PartitionQueue> queues) {
        var topics = new LinkedHashMap<String, List<ProduceRequest.PartitionProduceData>>();
        for (var queue : queues) {
            topics.computeIfAbsent(queue.partition.topic(), topic -> new ArrayList<>())
                    .add(new ProduceRequest.PartitionProduceData(
                            queue.partition.partition(),
                            Payload.of(queue.first().bytes())));
        }
        var data = new ArrayList<ProduceRequest.TopicProduceData>();
        topics.forEach((topic, partitions) -> data.add(new ProduceRequest.TopicProduceData(
                topic, cluster.topic(topic, false).id(), partitions)));
        return ProduceRequest.builder()
                .acks(settings.acks().code())
                .timeoutMs(cluster.settings().requestTimeoutMs())
                .topicData(data)
                .build();
    }

    private void answered(List<PartitionQueue> queues, ProduceResponse response) {
        Map<TopicPartition, ProduceResponse.PartitionProduceResponse> answers = new HashMap<>();
        for (var topic : response.responses()) {
            var name = topic.name().isEmpty() ? cluster.nameOf(topic.topicId()).orElse("") : topic.name();
            for (var partition : topic.partitionResponses()) {
                answers.put(new TopicPartition(name, partition.index()), partition);
            }
        }
        for (var queue : queues) {
            var answer = answers.get(queue.partition);
            if (answer == null) {
                failed(
                        queue,
                        new ClientException(
                                ErrorCode.UNKNOWN_SERVER_ERROR,
                                "the broker did not say what became of records for " + queue.partition));
            } else {
                answered(queue, answer);
            }
        }
    }

    private void answered(PartitionQueue queue, ProduceResponse.PartitionProduceResponse answer) {
        var error = ErrorCode.of(answer.errorCode());
        var batch = queue.first();
        switch (error) {
            case NONE -> acknowledged(queue, answer.baseOffset());
            case DUPLICATE_SEQUENCE_NUMBER -> acknowledged(queue, -1);
            case MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE -> {
                if (batch.recordCount() > 1) {
                    accumulator.split(queue);
                } else {
                    refused(queue, error, answer.errorMessage());
                }
            }
            case OUT_OF_ORDER_SEQUENCE_NUMBER, UNKNOWN_PRODUCER_ID, INVALID_PRODUCER_EPOCH -> {
                if (!settings.idempotent()) {
                    refused(queue, error, answer.errorMessage());
                    return;
                }
                // The broker lost what it knew of us. It did not take the batch, so a new identity doubles nothing.
                LOG.warn("{}: {}; going on with a new producer id", queue.partition, error);
                var dropped = accumulator.dropIdentity(queue);
                if (dropped != null && dropped.equals(identity)) {
                    identity = null;
                }
                again(queue, ClientException.answered(error, "records for " + queue.partition, answer.errorMessage()));
            }
            default -> {
                if (error.retriable()) {
                    cluster.forget(queue.partition.topic());
                    again(
                            queue,
                            ClientException.answered(error, "records for " + queue.partition, answer.errorMessage()));
                } else {
                    refused(queue, error, answer.errorMessage());
                }
            }
        }
    }

    private void acknowledged(PartitionQueue queue, long baseOffset) {
        var batch = queue.first();
        accumulator.settled(queue, false, false);
        batch.acknowledge(baseOffset);
    }

    private void refused(PartitionQueue queue, ErrorCode error, @Nullable String message) {
        var batch = queue.first();
        accumulator.settled(queue, true, false);
        batch.fail(ClientException.answered(error, "records for " + queue.partition + " were refused", message));
    }

    private void failed(PartitionQueue queue, ClientException failure) {
        if (failure.retriable()) {
            again(queue, failure);
            return;
        }
        var batch = queue.first();
        boolean maybeTaken = batch.attempts() > 0;
        if (maybeTaken) {
            identity = null;
        }
        accumulator.settled(queue, !maybeTaken, maybeTaken);
        batch.fail(failure);
    }

    private void again(PartitionQueue queue, ClientException failure) {
        int attempts = queue.first().attempts();
        LOG.debug("{}: attempt {} failed: {}", queue.partition, attempts, failure.getMessage());
        accumulator.again(queue, failure, Math.min(Cluster.BACKOFF_MS << Math.min(attempts, 5), MAX_BACKOFF_MS));
    }

    private ProducerIdentity identity() {
        if (!settings.idempotent()) {
            return ProducerIdentity.NONE;
        }
        var known = identity;
        if (known != null) {
            return known;
        }
        var request = InitProducerIdRequest.builder()
                .transactionalId(null)
                .transactionTimeoutMs(Integer.MAX_VALUE)
                .build();
        var response = cluster.any().call(request, InitProducerIdResponse::read);
        var error = ErrorCode.of(response.errorCode());
        if (error != ErrorCode.NONE) {
            throw ClientException.answered(error, "asking for a producer id", null);
        }
        var fresh = new ProducerIdentity(response.producerId(), response.producerEpoch());
        identity = fresh;
        return fresh;
    }
}
