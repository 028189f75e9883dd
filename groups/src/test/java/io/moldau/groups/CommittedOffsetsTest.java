package io.moldau.groups;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.groups.GroupsFixture.Answer;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.DeleteGroupsResponse.DeletableGroupResult;
import io.moldau.protocol.message.OffsetCommitRequest;
import io.moldau.protocol.message.OffsetCommitRequest.OffsetCommitRequestPartition;
import io.moldau.protocol.message.OffsetCommitRequest.OffsetCommitRequestTopic;
import io.moldau.protocol.message.OffsetCommitResponse;
import io.moldau.protocol.message.OffsetDeleteRequest;
import io.moldau.protocol.message.OffsetDeleteRequest.OffsetDeleteRequestPartition;
import io.moldau.protocol.message.OffsetDeleteRequest.OffsetDeleteRequestTopic;
import io.moldau.protocol.message.OffsetDeleteResponse;
import io.moldau.protocol.message.OffsetFetchRequest.OffsetFetchRequestGroup;
import io.moldau.protocol.message.OffsetFetchRequest.OffsetFetchRequestTopics;
import io.moldau.protocol.message.OffsetFetchResponse.OffsetFetchResponseGroup;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class CommittedOffsetsTest {
    private static final Caller CALLER = new Caller("app", "/127.0.0.1", (short) 9);

    private final GroupsFixture node;

    CommittedOffsetsTest() throws IOException {
        node = new GroupsFixture(1);
        node.topic("orders", 4);
    }

    private Answer<OffsetCommitResponse> offer(
            String group, String member, int generation, int partition, long offset, String metadata) {
        var answer = new Answer<OffsetCommitResponse>();
        node.offsets()
                .commit(
                        OffsetCommitRequest.builder()
                                .groupId(group)
                                .memberId(member)
                                .generationIdOrMemberEpoch(generation)
                                .topics(List.of(OffsetCommitRequestTopic.builder()
                                        .name("orders")
                                        .partitions(List.of(OffsetCommitRequestPartition.builder()
                                                .partitionIndex(partition)
                                                .committedOffset(offset)
                                                .committedLeaderEpoch(0)
                                                .committedMetadata(metadata)
                                                .build()))
                                        .build()))
                                .build(),
                        CALLER,
                        answer);
        return answer;
    }

    private ErrorCode commit(String group, String member, int generation, int partition, long offset, String metadata) {
        var answer = offer(group, member, generation, partition, offset, metadata);
        node.settle();
        return ErrorCode.of(
                answer.get().topics().getFirst().partitions().getFirst().errorCode());
    }

    private ErrorCode commit(int partition, long offset) {
        return commit("g", "", -1, partition, offset, "note");
    }

    private long committed(int partition) {
        var answer = new Answer<OffsetFetchResponseGroup>();
        node.offsets()
                .fetch(
                        OffsetFetchRequestGroup.builder()
                                .groupId("g")
                                .memberEpoch(-1)
                                .topics(List.of(OffsetFetchRequestTopics.builder()
                                        .name("orders")
                                        .partitionIndexes(List.of(partition))
                                        .build()))
                                .build(),
                        false,
                        CALLER,
                        answer);
        node.settle();
        return answer.get().topics().getFirst().partitions().getFirst().committedOffset();
    }

    @Test
    void whatWasCommittedIsFetchedAndTheRestIsMinusOne() {
        assertThat(commit(1, 42)).isEqualTo(ErrorCode.NONE);
        assertThat(committed(1)).isEqualTo(42);
        assertThat(committed(2)).isEqualTo(-1);
    }

    @Test
    void aCommitIsAnsweredOnlyWhenItIsOnDisk() throws IOException {
        var answer = offer("g", "", -1, 1, 42, "");
        assertThat(answer.isGiven()).isFalse();
        node.settle();
        assertThat(answer.isGiven()).isTrue();
        node.powerCutAndReopen();
        assertThat(committed(1)).isEqualTo(42);
    }

    @Test
    void offsetsSurviveAKillAndTheNewestCounts() throws IOException {
        commit(1, 42);
        commit(1, 43);
        commit(2, 7);
        node.killAndReopen();
        assertThat(committed(1)).isEqualTo(43);
        assertThat(committed(2)).isEqualTo(7);
    }

    @Test
    void unknownPartitionsLongNotesAndStrangersAreRefused() {
        assertThat(commit(4, 1)).isEqualTo(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(commit("g", "", -1, 1, 1, "x".repeat(4097))).isEqualTo(ErrorCode.OFFSET_METADATA_TOO_LARGE);
        assertThat(commit("g", "somebody", 3, 1, 1, "")).isEqualTo(ErrorCode.ILLEGAL_GENERATION);
        assertThat(committed(1)).isEqualTo(-1);
    }

    @Test
    void membersOfAConsumerGroupCommitAtTheirEpochOnly() {
        var client = new ConsumerClient(node, "a", null).reading("orders");
        client.join();
        assertThat(commit("c", "a", client.epoch, 1, 5, "")).isEqualTo(ErrorCode.NONE);
        assertThat(commit("c", "a", client.epoch + 1, 1, 5, "")).isEqualTo(ErrorCode.STALE_MEMBER_EPOCH);
        assertThat(commit("c", "b", client.epoch, 1, 5, "")).isEqualTo(ErrorCode.UNKNOWN_MEMBER_ID);
    }

    @Test
    void deletedOffsetsStayDeletedAfterAKill() throws IOException {
        commit(1, 42);
        commit(2, 7);
        var answer = new Answer<OffsetDeleteResponse>();
        node.offsets()
                .delete(
                        OffsetDeleteRequest.builder()
                                .groupId("g")
                                .topics(List.of(OffsetDeleteRequestTopic.builder()
                                        .name("orders")
                                        .partitions(List.of(OffsetDeleteRequestPartition.builder()
                                                .partitionIndex(1)
                                                .build()))
                                        .build()))
                                .build(),
                        answer);
        node.settle();
        assertThat(answer.get().errorCode()).isZero();
        node.killAndReopen();
        assertThat(committed(1)).isEqualTo(-1);
        assertThat(committed(2)).isEqualTo(7);
    }

    @Test
    void theOffsetsOfADeletedTopicGo() throws IOException {
        commit(1, 42);
        node.coordinator().topicDeleted("orders");
        node.settle();
        node.killAndReopen();
        assertThat(committed(1)).isEqualTo(-1);
    }

    @Test
    void aDeletedGroupIsGoneAndOneWithMembersIsNotDeleted() throws IOException {
        commit(1, 42);
        assertThat(delete("g")).isEqualTo(ErrorCode.NONE);
        node.killAndReopen();
        assertThat(committed(1)).isEqualTo(-1);
        assertThat(delete("g")).isEqualTo(ErrorCode.GROUP_ID_NOT_FOUND);
        var client = new ConsumerClient(node, "a", null).reading("orders");
        client.join();
        assertThat(delete("c")).isEqualTo(ErrorCode.NON_EMPTY_GROUP);
        client.leave(-1);
        assertThat(delete("c")).isEqualTo(ErrorCode.NONE);
        node.killAndReopen();
        assertThat(delete("c")).isEqualTo(ErrorCode.GROUP_ID_NOT_FOUND);
    }

    private ErrorCode delete(String group) {
        var answer = new Answer<DeletableGroupResult>();
        node.groups().delete(group, answer);
        node.settle();
        return ErrorCode.of(answer.get().errorCode());
    }

    @Test
    void offsetsAndGroupsAreTheSameAfterCompactionAndARestart() throws IOException {
        for (int i = 0; i < 300; i++) {
            assertThat(commit(i % 4, i)).isEqualTo(ErrorCode.NONE);
        }
        long before = node.offsetsLog(0).sizeBytes() + node.offsetsLog(1).sizeBytes();
        node.pass(5_000);
        long after = node.offsetsLog(0).sizeBytes() + node.offsetsLog(1).sizeBytes();
        assertThat(after).isLessThan(before / 3);
        for (int restart = 0; restart < 2; restart++) {
            node.powerCutAndReopen();
            for (int partition = 0; partition < 4; partition++) {
                assertThat(committed(partition)).isEqualTo(296 + partition);
            }
        }
    }
}
