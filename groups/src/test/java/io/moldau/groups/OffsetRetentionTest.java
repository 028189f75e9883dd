package io.moldau.groups;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.DecisionJournal;
import io.moldau.groups.GroupsFixture.Answer;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.ListGroupsResponse.ListedGroup;
import io.moldau.protocol.message.OffsetCommitRequest;
import io.moldau.protocol.message.OffsetCommitRequest.OffsetCommitRequestPartition;
import io.moldau.protocol.message.OffsetCommitRequest.OffsetCommitRequestTopic;
import io.moldau.protocol.message.OffsetCommitResponse;
import io.moldau.protocol.message.OffsetFetchRequest.OffsetFetchRequestGroup;
import io.moldau.protocol.message.OffsetFetchResponse.OffsetFetchResponseGroup;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class OffsetRetentionTest {
    private static final long RETENTION_MS = 100_000;
    private static final long CHECK_MS = 10_000;
    private static final Caller CALLER = new Caller("app", "/127.0.0.1", (short) 9);

    private final GroupsFixture node;

    OffsetRetentionTest() throws IOException {
        node = new GroupsFixture(1, GroupSettings.DEFAULTS.withOffsetsRetention(RETENTION_MS, CHECK_MS), 1 << 20);
        node.topic("orders", 2_500);
        node.topic("payments", 4);
    }

    private void commit(String group, String member, int epoch, String topic, int partitions) {
        var answer = new Answer<OffsetCommitResponse>();
        var request = OffsetCommitRequest.builder()
                .groupId(group)
                .memberId(member)
                .generationIdOrMemberEpoch(epoch)
                .topics(List.of(OffsetCommitRequestTopic.builder()
                        .name(topic)
                        .partitions(IntStream.range(0, partitions)
                                .mapToObj(partition -> OffsetCommitRequestPartition.builder()
                                        .partitionIndex(partition)
                                        .committedOffset(42)
                                        .build())
                                .toList())
                        .build()))
                .build();
        node.offsets().commit(request, CALLER, answer);
        node.settle();
        assertThat(answer.get().topics().getFirst().partitions())
                .allMatch(partition -> partition.errorCode() == ErrorCode.NONE.code());
    }

    private long committed(String group, String topic) {
        var answer = new Answer<OffsetFetchResponseGroup>();
        node.offsets()
                .fetch(
                        OffsetFetchRequestGroup.builder()
                                .groupId(group)
                                .memberEpoch(-1)
                                .topics(null)
                                .build(),
                        false,
                        CALLER,
                        answer);
        node.settle();
        return answer.get().topics().stream()
                .filter(found -> found.name().equals(topic))
                .mapToLong(found -> found.partitions().size())
                .sum();
    }

    private List<String> groups() {
        var answer = new Answer<List<ListedGroup>>();
        node.groups().list(List.of(), List.of(), (error, listed) -> answer.accept(listed));
        node.settle();
        return answer.get().stream().map(ListedGroup::groupId).toList();
    }

    @Test
    void offsetsOfAGroupWithoutMembersGoWhenTheirTimeIsUpAndTheGroupWithThem() throws IOException {
        commit("g", "", -1, "orders", 2_500);
        node.pass(RETENTION_MS - CHECK_MS);
        commit("g", "", -1, "payments", 2);
        assertThat(committed("g", "orders")).isEqualTo(2_500);
        node.pass(2 * CHECK_MS);
        assertThat(committed("g", "orders")).isZero();
        assertThat(committed("g", "payments")).isEqualTo(2);
        assertThat(groups()).containsExactly("g");
        node.pass(RETENTION_MS + CHECK_MS);
        assertThat(groups()).isEmpty();
        node.killAndReopen();
        assertThat(groups()).isEmpty();
        assertThat(node.journal.about(DecisionJournal.Kind.GROUP, "g"))
                .extracting(DecisionJournal.Decision::what)
                .anyMatch(what -> what.startsWith("1000 committed offsets were deleted"))
                .anyMatch(what -> what.startsWith("2 committed offsets were deleted"));
    }

    @Test
    void offsetsOfATopicThatIsReadStayAndThoseOfOneThatIsNotReadGo() {
        var reader = new ConsumerClient(node, "a", null).reading("payments");
        reader.join();
        commit("c", "a", reader.epoch, "orders", 2);
        commit("c", "a", reader.epoch, "payments", 2);
        live(reader, RETENTION_MS + CHECK_MS);
        assertThat(committed("c", "orders")).isZero();
        assertThat(committed("c", "payments")).isEqualTo(2);
        assertThat(reader.leave(-1)).isEqualTo(ErrorCode.NONE);
        node.pass(2 * CHECK_MS);
        assertThat(groups()).isEmpty();
    }

    private void live(ConsumerClient reader, long ms) {
        for (long passed = 0; passed < ms; passed += 10_000) {
            assertThat(reader.heartbeat()).isEqualTo(ErrorCode.NONE);
            node.pass(10_000);
        }
    }

    @Test
    void theTimeOfAnEmptyClassicGroupsOffsetsRunsFromItsLastMembersLeaving() {
        var classic = new ClassicClient(node, "g", "range");
        classic.subscribe("orders");
        classic.joinAlone();
        commit("g", classic.memberId, classic.generation, "orders", 2);
        commit("g", classic.memberId, classic.generation, "payments", 2);
        for (long passed = 0; passed < 2 * RETENTION_MS; passed += 5_000) {
            assertThat(classic.heartbeat()).isEqualTo(ErrorCode.NONE);
            node.pass(5_000);
        }
        assertThat(committed("g", "orders")).isEqualTo(2);
        assertThat(committed("g", "payments")).isZero();
        assertThat(classic.leave()).isEqualTo(ErrorCode.NONE);
        node.pass(RETENTION_MS - CHECK_MS);
        assertThat(committed("g", "orders")).isEqualTo(2);
        node.pass(3 * CHECK_MS);
        assertThat(groups()).isEmpty();
    }

    @Test
    void anOffsetThatATransactionMayChangeStays() throws IOException {
        commit("g", "", -1, "orders", 1);
        var producer = new TransactionalClient(node, "g", "orders");
        assertThat(producer.commitPending(7, 0, 0, 43)).isEqualTo(ErrorCode.NONE);
        node.pass(2 * RETENTION_MS);
        assertThat(committed("g", "orders")).isEqualTo(1);
        assertThat(producer.end(7, 0, true)).isEqualTo(ErrorCode.NONE);
        node.pass(2 * CHECK_MS);
        assertThat(groups()).isEmpty();
    }
}
