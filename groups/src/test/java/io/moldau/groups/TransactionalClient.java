package io.moldau.groups;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.groups.GroupsFixture.Answer;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.OffsetCommitRequest;
import io.moldau.protocol.message.OffsetCommitRequest.OffsetCommitRequestPartition;
import io.moldau.protocol.message.OffsetCommitRequest.OffsetCommitRequestTopic;
import io.moldau.protocol.message.OffsetCommitResponse;
import io.moldau.protocol.message.OffsetFetchRequest.OffsetFetchRequestGroup;
import io.moldau.protocol.message.OffsetFetchRequest.OffsetFetchRequestTopics;
import io.moldau.protocol.message.OffsetFetchResponse.OffsetFetchResponseGroup;
import io.moldau.protocol.message.OffsetFetchResponse.OffsetFetchResponsePartitions;
import io.moldau.protocol.message.TxnOffsetCommitRequest;
import io.moldau.protocol.message.TxnOffsetCommitRequest.TxnOffsetCommitRequestPartition;
import io.moldau.protocol.message.TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic;
import io.moldau.protocol.message.TxnOffsetCommitResponse;
import io.moldau.replication.AppendOutcome;
import io.moldau.replication.TransactionMarker;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Commits and fetches the offsets of one group for one topic, in transactions and without.
final class TransactionalClient {
    private static final Caller CALLER = new Caller("app", "/127.0.0.1", (short) 9);

    private final GroupsFixture node;
    private final String group;
    private final String topic;

    TransactionalClient(GroupsFixture node, String group, String topic) {
        this.node = node;
        this.group = group;
        this.topic = topic;
    }

    Answer<OffsetCommitResponse> offer(int partition, long offset) {
        var answer = new Answer<OffsetCommitResponse>();
        node.offsets()
                .commit(
                        OffsetCommitRequest.builder()
                                .groupId(group)
                                .generationIdOrMemberEpoch(-1)
                                .topics(List.of(OffsetCommitRequestTopic.builder()
                                        .name(topic)
                                        .partitions(List.of(OffsetCommitRequestPartition.builder()
                                                .partitionIndex(partition)
                                                .committedOffset(offset)
                                                .build()))
                                        .build()))
                                .build(),
                        CALLER,
                        answer);
        return answer;
    }

    ErrorCode commit(int partition, long offset) {
        var answer = offer(partition, offset);
        node.settle();
        return ErrorCode.of(
                answer.get().topics().getFirst().partitions().getFirst().errorCode());
    }

    ErrorCode commitPending(long producer, int epoch, int partition, long offset) {
        return commitPending(producer, epoch, "", -1, partition, offset);
    }

    ErrorCode commitPending(long producer, int epoch, String member, int generation, int partition, long offset) {
        var answer = offerPending(producer, epoch, member, generation, partition, offset);
        node.settle();
        return error(answer);
    }

    static ErrorCode error(Answer<TxnOffsetCommitResponse> answer) {
        return ErrorCode.of(
                answer.get().topics().getFirst().partitions().getFirst().errorCode());
    }

    Answer<TxnOffsetCommitResponse> offerPending(
            long producer, int epoch, String member, int generation, int partition, long offset) {
        var answer = new Answer<TxnOffsetCommitResponse>();
        node.offsets()
                .commitTransactional(
                        TxnOffsetCommitRequest.builder()
                                .transactionalId("txn")
                                .groupId(group)
                                .producerId(producer)
                                .producerEpoch((short) epoch)
                                .memberId(member)
                                .generationId(generation)
                                .topics(List.of(TxnOffsetCommitRequestTopic.builder()
                                        .name(topic)
                                        .partitions(List.of(TxnOffsetCommitRequestPartition.builder()
                                                .partitionIndex(partition)
                                                .committedOffset(offset)
                                                .build()))
                                        .build()))
                                .build(),
                        CALLER,
                        answer);
        return answer;
    }

    ErrorCode end(long producer, int epoch, boolean commit) {
        return end(GroupCoordinator.partitionOf(group, 2), producer, epoch, commit);
    }

    ErrorCode end(int offsetsPartition, long producer, int epoch, boolean commit) {
        var answer = new Answer<AppendOutcome>();
        node.coordinator()
                .endTransaction(offsetsPartition, new TransactionMarker(producer, (short) epoch, 0, commit, 1), answer);
        node.settle();
        return switch (answer.get()) {
            case AppendOutcome.Acknowledged acknowledged -> ErrorCode.NONE;
            case AppendOutcome.Refused refused -> refused.error();
        };
    }

    /// The offset, or the error.
    String fetch(int partition, boolean requireStable) {
        return fetch(
                        List.of(OffsetFetchRequestTopics.builder()
                                .name(topic)
                                .partitionIndexes(List.of(partition))
                                .build()),
                        requireStable)
                .getFirst();
    }

    List<String> fetchEverything(boolean requireStable) {
        return fetch(null, requireStable);
    }

    private List<String> fetch(@Nullable List<OffsetFetchRequestTopics> topics, boolean requireStable) {
        node.settle();
        var answer = new Answer<OffsetFetchResponseGroup>();
        node.offsets()
                .fetch(
                        OffsetFetchRequestGroup.builder()
                                .groupId(group)
                                .memberEpoch(-1)
                                .topics(topics)
                                .build(),
                        requireStable,
                        CALLER,
                        answer);
        node.settle();
        assertThat(answer.get().errorCode()).isZero();
        return answer.get().topics().stream()
                .flatMap(found -> found.partitions().stream())
                .map(TransactionalClient::text)
                .toList();
    }

    private static String text(OffsetFetchResponsePartitions partition) {
        return partition.errorCode() == 0
                ? Long.toString(partition.committedOffset())
                : ErrorCode.of(partition.errorCode()).name();
    }
}
