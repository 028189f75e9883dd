package io.moldau.groups;

import io.moldau.coordination.Effects;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.TxnOffsetCommitRequest;
import io.moldau.protocol.message.TxnOffsetCommitRequest.TxnOffsetCommitRequestPartition;
import io.moldau.protocol.message.TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic;
import io.moldau.protocol.message.TxnOffsetCommitResponse;
import io.moldau.protocol.message.TxnOffsetCommitResponse.TxnOffsetCommitResponsePartition;
import io.moldau.protocol.message.TxnOffsetCommitResponse.TxnOffsetCommitResponseTopic;
import java.nio.charset.StandardCharsets;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/// One TxnOffsetCommit: its offsets are pending until the producer's transaction ends.
final class TransactionalCommit {
    private final GroupCoordinator groups;
    private final TxnOffsetCommitRequest request;

    TransactionalCommit(GroupCoordinator groups, TxnOffsetCommitRequest request) {
        this.groups = groups;
        this.request = request;
    }

    void run(Consumer<TxnOffsetCommitResponse> answer) {
        Consumer<ErrorCode> refused = error -> answer.accept(response((topic, partition) -> error));
        groups.on(
                request.groupId(),
                (shard, effects) -> {
                    var allowed = shard.mayCommitTransactional(
                            request.groupId(), request.memberId(), request.groupInstanceId(), request.generationId());
                    if (allowed != ErrorCode.NONE) {
                        refused.accept(allowed);
                        return;
                    }
                    effects.inTransaction(request.producerId(), request.producerEpoch());
                    long now = groups.nowMs();
                    var response = response((topic, partition) -> commit(shard, topic, partition, now, effects));
                    effects.whenCommitted(() -> answer.accept(response));
                    effects.whenFailed(refused);
                },
                refused);
    }

    private ErrorCode commit(
            GroupShard shard,
            TxnOffsetCommitRequestTopic topic,
            TxnOffsetCommitRequestPartition partition,
            long now,
            Effects effects) {
        int index = partition.partitionIndex();
        if (index < 0 || index >= groups.topics().partitions(topic.name())) {
            return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
        }
        var text = partition.committedMetadata();
        var metadata = text == null ? "" : text;
        if (metadata.getBytes(StandardCharsets.UTF_8).length > groups.settings().offsetMetadataMaxBytes()) {
            return ErrorCode.OFFSET_METADATA_TOO_LARGE;
        }
        var offset = new CommittedOffset(partition.committedOffset(), partition.committedLeaderEpoch(), metadata, now);
        shard.offsets().commit(request.groupId(), topic.name(), index, offset, effects);
        return ErrorCode.NONE;
    }

    private TxnOffsetCommitResponse response(
            BiFunction<TxnOffsetCommitRequestTopic, TxnOffsetCommitRequestPartition, ErrorCode> each) {
        return TxnOffsetCommitResponse.builder()
                .topics(request.topics().stream()
                        .map(topic -> TxnOffsetCommitResponseTopic.builder()
                                .name(topic.name())
                                .partitions(topic.partitions().stream()
                                        .map(partition -> TxnOffsetCommitResponsePartition.builder()
                                                .partitionIndex(partition.partitionIndex())
                                                .errorCode(each.apply(topic, partition)
                                                        .code())
                                                .build())
                                        .toList())
                                .build())
                        .toList())
                .build();
    }
}
