package io.moldau.groups;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.groups.GroupsFixture.Answer;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.DeleteGroupsResponse.DeletableGroupResult;
import io.moldau.protocol.message.OffsetDeleteRequest;
import io.moldau.protocol.message.OffsetDeleteRequest.OffsetDeleteRequestPartition;
import io.moldau.protocol.message.OffsetDeleteRequest.OffsetDeleteRequestTopic;
import io.moldau.protocol.message.OffsetDeleteResponse;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class TransactionalOffsetsTest {
    private final GroupsFixture node;
    private final TransactionalClient client;

    TransactionalOffsetsTest() throws IOException {
        node = new GroupsFixture(1);
        node.topic("orders", 4);
        client = new TransactionalClient(node, "g", "orders");
    }

    @Test
    void anOffsetOfATransactionCountsOnlyWhenItIsCommitted() {
        assertThat(client.commit(1, 5)).isEqualTo(ErrorCode.NONE);
        assertThat(client.commitPending(7, 0, 1, 42)).isEqualTo(ErrorCode.NONE);
        assertThat(client.fetch(1, false)).isEqualTo("5");
        assertThat(client.fetch(1, true)).isEqualTo("UNSTABLE_OFFSET_COMMIT");
        assertThat(client.fetch(2, true)).isEqualTo("-1");
        assertThat(client.end(7, 0, true)).isEqualTo(ErrorCode.NONE);
        assertThat(client.fetch(1, true)).isEqualTo("42");
    }

    @Test
    void anOffsetOfAnAbortedTransactionVanishes() {
        client.commit(1, 5);
        client.commitPending(7, 0, 1, 42);
        assertThat(client.end(7, 0, false)).isEqualTo(ErrorCode.NONE);
        assertThat(client.fetch(1, true)).isEqualTo("5");
        assertThat(client.fetchEverything(true)).containsExactly("5");
    }

    @Test
    void everythingOfAGroupIsUnstableWhereATransactionIsOpen() {
        client.commit(1, 5);
        client.commit(2, 6);
        client.commitPending(7, 0, 1, 42);
        assertThat(client.fetchEverything(true)).containsExactly("UNSTABLE_OFFSET_COMMIT", "6");
        assertThat(client.fetchEverything(false)).containsExactly("5", "6");
    }

    @Test
    void pendingOffsetsSurviveAKillAndAPowerCut() throws IOException {
        client.commitPending(7, 0, 1, 42);
        node.killAndReopen();
        assertThat(client.fetch(1, true)).isEqualTo("UNSTABLE_OFFSET_COMMIT");
        node.powerCutAndReopen();
        assertThat(client.fetch(1, true)).isEqualTo("UNSTABLE_OFFSET_COMMIT");
        client.end(7, 0, true);
        assertThat(client.fetch(1, true)).isEqualTo("42");
        node.powerCutAndReopen();
        assertThat(client.fetch(1, true)).isEqualTo("42");
    }

    @Test
    void ofTwoCommitsTheOneCountsThatStandsLaterInTheLog() throws IOException {
        client.commitPending(7, 0, 1, 42);
        client.commit(1, 50);
        assertThat(client.fetch(1, true)).isEqualTo("UNSTABLE_OFFSET_COMMIT");
        client.end(7, 0, true);
        assertThat(client.fetch(1, true)).isEqualTo("50");
        client.commitPending(7, 0, 2, 1);
        client.commitPending(8, 0, 2, 2);
        client.end(8, 0, true);
        assertThat(client.fetch(2, false)).isEqualTo("2");
        client.end(7, 0, true);
        assertThat(client.fetch(2, true)).isEqualTo("2");
        node.killAndReopen();
        assertThat(client.fetch(1, true)).isEqualTo("50");
        assertThat(client.fetch(2, true)).isEqualTo("2");
    }

    @Test
    void aFencedProducerCommitsNothing() {
        client.end(7, 3, false);
        assertThat(client.commitPending(7, 2, 1, 42)).isEqualTo(ErrorCode.INVALID_PRODUCER_EPOCH);
        assertThat(client.fetch(1, true)).isEqualTo("-1");
        assertThat(client.end(7, 2, true)).isEqualTo(ErrorCode.INVALID_PRODUCER_EPOCH);
        assertThat(client.commitPending(7, 3, 1, 42)).isEqualTo(ErrorCode.NONE);
    }

    @Test
    void aDeletedGroupsPendingOffsetsAreNotCommitted() throws IOException {
        client.commitPending(7, 0, 1, 42);
        var answer = new Answer<DeletableGroupResult>();
        node.groups().delete("g", answer);
        node.settle();
        assertThat(answer.get().errorCode()).isZero();
        client.end(7, 0, true);
        assertThat(client.fetch(1, true)).isEqualTo("-1");
        node.killAndReopen();
        assertThat(client.fetch(1, true)).isEqualTo("-1");
    }

    @Test
    void aDeletedOffsetAndADeletedTopicTakeWhatIsPending() throws IOException {
        client.commitPending(7, 0, 1, 42);
        client.commitPending(7, 0, 2, 43);
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
        client.end(7, 0, true);
        assertThat(client.fetch(1, true)).isEqualTo("-1");
        assertThat(client.fetch(2, true)).isEqualTo("43");
        client.commitPending(7, 0, 3, 44);
        node.coordinator().topicDeleted("orders");
        node.settle();
        client.end(7, 0, true);
        assertThat(client.fetchEverything(true)).isEmpty();
        node.killAndReopen();
        assertThat(client.fetchEverything(true)).isEmpty();
    }

    @Test
    void membersAndGenerationsAreCheckedOnlyIfTheProducerNamesThem() {
        var member = new ConsumerClient(node, "reader", null).reading("orders");
        assertThat(member.join()).isEqualTo(ErrorCode.NONE);
        var other = new TransactionalClient(node, "c", "orders");
        assertThat(other.commitPending(7, 0, 1, 42)).isEqualTo(ErrorCode.NONE);
        assertThat(other.commitPending(7, 0, "nobody", 1, 1, 42)).isEqualTo(ErrorCode.UNKNOWN_MEMBER_ID);
        assertThat(other.commitPending(7, 0, member.id, member.epoch + 1, 1, 42))
                .isEqualTo(ErrorCode.ILLEGAL_GENERATION);
        assertThat(other.commitPending(7, 0, member.id, member.epoch, 1, 43)).isEqualTo(ErrorCode.NONE);
        // There is no such group, so there is no such generation.
        assertThat(client.commitPending(7, 0, "somebody", 3, 1, 42)).isEqualTo(ErrorCode.ILLEGAL_GENERATION);
        assertThat(client.commitPending(7, 0, 9, 42)).isEqualTo(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    }

    @Test
    void aMarkerForAPartitionThatIsNotHereIsRefused() {
        assertThat(client.end(5, 7, 0, true)).isEqualTo(ErrorCode.NOT_COORDINATOR);
    }
}
