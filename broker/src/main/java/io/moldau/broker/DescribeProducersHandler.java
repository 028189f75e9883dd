package io.moldau.broker;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.DescribeProducersRequest;
import io.moldau.protocol.message.DescribeProducersResponse;
import io.moldau.protocol.message.DescribeProducersResponse.PartitionResponse;
import io.moldau.protocol.message.DescribeProducersResponse.ProducerState;
import io.moldau.protocol.message.DescribeProducersResponse.TopicResponse;
import io.moldau.replication.Partition;
import io.moldau.storage.ProducerView;
import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// DescribeProducers (key 61), version 0: what partitions know of their producers (KIP-664).
/// A log that nobody used since the start reads its files for that, so it leaves the event loop.
final class DescribeProducersHandler implements ApiHandler<DescribeProducersRequest> {
    private static final Logger LOG = LoggerFactory.getLogger(DescribeProducersHandler.class);

    private final NodeContext context;

    DescribeProducersHandler(NodeContext context) {
        this.context = context;
    }

    @Override
    public void handle(DescribeProducersRequest request, Call call) {
        context.environment().threads().blocking().execute(() -> {
            try {
                call.answer(response(request));
            } catch (RuntimeException failure) {
                call.fail(failure);
            }
        });
    }

    private DescribeProducersResponse response(DescribeProducersRequest request) {
        return DescribeProducersResponse.builder()
                .topics(request.topics().stream()
                        .map(topic -> TopicResponse.builder()
                                .name(topic.name())
                                .partitions(topic.partitionIndexes().stream()
                                        .map(index -> context.partition(topic.name(), index)
                                                .map(DescribeProducersHandler::described)
                                                .orElseGet(() -> refused(
                                                        index,
                                                        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
                                                        "there is no partition " + topic.name() + "-" + index)))
                                        .toList())
                                .build())
                        .toList())
                .build();
    }

    private static PartitionResponse described(Partition partition) {
        int index = partition.id().partition();
        var refusal = partition.refusal();
        if (refusal.isPresent()) {
            return refused(index, refusal.get().error(), refusal.get().reason());
        }
        try {
            return PartitionResponse.builder()
                    .partitionIndex(index)
                    .activeProducers(partition.log().producers().stream()
                            .map(DescribeProducersHandler::state)
                            .toList())
                    .build();
        } catch (IOException failure) {
            LOG.error("Looking for the producers of {} failed", partition.id(), failure);
            return refused(index, ErrorCode.KAFKA_STORAGE_ERROR, "reading the log failed: " + failure.getMessage());
        }
    }

    private static ProducerState state(ProducerView producer) {
        return ProducerState.builder()
                .producerId(producer.producerId())
                .producerEpoch(producer.producerEpoch())
                .lastSequence(producer.lastSequence())
                .lastTimestamp(producer.lastTimestamp())
                .coordinatorEpoch(producer.coordinatorEpoch())
                .currentTxnStartOffset(producer.currentTransactionStartOffset())
                .build();
    }

    private static PartitionResponse refused(int index, ErrorCode error, String reason) {
        return PartitionResponse.builder()
                .partitionIndex(index)
                .errorCode(error.code())
                .errorMessage(reason)
                .activeProducers(List.of())
                .build();
    }
}
