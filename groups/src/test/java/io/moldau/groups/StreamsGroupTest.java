package io.moldau.groups;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.groups.GroupsFixture.Answer;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.StreamsGroupDescribeResponse.DescribedGroup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class StreamsGroupTest {
    private static GroupsFixture node(long seed) throws IOException {
        var node = new GroupsFixture(seed);
        node.topic(StreamsClient.LINES, 4);
        return node;
    }

    private static DescribedGroup described(GroupsFixture node) {
        var answer = new Answer<DescribedGroup>();
        new StreamsApi(node.coordinator()).describe("app", answer);
        node.settle();
        return answer.get();
    }

    private static void settle(StreamsClient... clients) {
        for (int i = 0; i < 10; i++) {
            for (var one : clients) {
                assertThat(one.heartbeat()).isEqualTo(ErrorCode.NONE);
                one.reconcile();
                assertThat(one.report()).isEqualTo(ErrorCode.NONE);
            }
            clients[0].node.pass(200);
        }
    }

    @Test
    void internalTopicsAreMadeAndTasksSharedAndMovedWhenAMemberLeaves() throws IOException {
        var node = node(1);
        node.configs.put("streams.num.standby.replicas", 1);
        var a = new StreamsClient(node, "a", "pa");
        assertThat(a.join()).isEqualTo(ErrorCode.NONE);
        assertThat(node.topics.partitions(StreamsClient.REPARTITION)).isEqualTo(4);
        assertThat(node.topics.partitions(StreamsClient.CHANGELOG)).isEqualTo(4);
        assertThat(a.toldActive).hasSize(8);
        assertThat(a.toldStandby).isEmpty();
        a.reconcile();
        var b = new StreamsClient(node, "b", "pb");
        b.join();
        assertThat(b.toldActive).isEmpty();
        settle(a, b);
        assertThat(a.active).hasSize(4).doesNotContainAnyElementsOf(b.active);
        assertThat(b.active).hasSize(4);
        assertThat(a.standby)
                .hasSameSizeAs(
                        b.active.stream().filter(task -> task.startsWith("1")).toList());
        assertThat(described(node).groupState()).isEqualTo("Stable");
        node.killAndReopen();
        settle(a, b);
        assertThat(described(node).topology()).isNotNull();
        assertThat(a.leave()).isEqualTo(ErrorCode.NONE);
        settle(b);
        assertThat(b.active).hasSize(8);
    }

    @Test
    void aGroupHasNoMoreMembersThanTheBrokerAllows() throws IOException {
        var node = node(1);
        node.configs.put("group.streams.max.size", 1);
        var a = new StreamsClient(node, "a", "pa");
        var b = new StreamsClient(node, "b", "pb");
        assertThat(a.join()).isEqualTo(ErrorCode.NONE);
        assertThat(b.join()).isEqualTo(ErrorCode.GROUP_MAX_SIZE_REACHED);
        assertThat(described(node).members()).hasSize(1);
        assertThat(a.join()).as("a member may join again").isEqualTo(ErrorCode.NONE);
        assertThat(a.leave()).isEqualTo(ErrorCode.NONE);
        assertThat(b.join()).isEqualTo(ErrorCode.NONE);
    }

    @Test
    void theThreadsOfAProcessAnswerQueriesTogether() throws IOException {
        var node = node(1);
        var one = new StreamsClient(node, "a1", "pa");
        var two = new StreamsClient(node, "a2", "pa");
        var other = new StreamsClient(node, "b1", "pb");
        one.join();
        two.join();
        other.join();
        settle(one, two, other);
        assertThat(one.lineReaders).containsOnlyKeys("pa", "pb").isEqualTo(other.lineReaders);
        assertThat(one.lineReaders.values().stream().flatMap(List::stream)).containsExactlyInAnyOrder(0, 1, 2, 3);
        node.killAndReopen();
        settle(one, two, other);
        other.leave();
        settle(one, two);
        assertThat(one.lineReaders).containsExactly(Map.entry("pa", List.of(0, 1, 2, 3)));
    }

    @Test
    void whatIsWrongWithTheTopicsIsSaid() throws IOException {
        var node = new GroupsFixture(1);
        var a = new StreamsClient(node, "a", "pa");
        a.makesTopics = false;
        a.join();
        assertThat(a.statuses).containsExactly(1);
        assertThat(described(node).groupState()).isEqualTo("NotReady");
        node.topic(StreamsClient.LINES, 3);
        a.heartbeat();
        assertThat(a.statuses).containsExactly(3);
        node.topic(StreamsClient.REPARTITION, 2);
        a.heartbeat();
        assertThat(a.statuses).containsExactly(2);
        node.topic(StreamsClient.REPARTITION, 3);
        node.topic(StreamsClient.CHANGELOG, 3);
        a.heartbeat();
        assertThat(a.statuses).isEmpty();
        assertThat(a.toldActive).hasSize(6);
    }

    @Test
    void copartitionedTopicsMustHaveTheSameNumberOfPartitions() throws IOException {
        var node = node(1);
        node.topic("more", 5);
        var a = new StreamsClient(node, "a", "pa");
        a.sources = List.of(StreamsClient.LINES, "more");
        a.join();
        assertThat(a.statuses).containsExactly(2);
    }

    @Test
    void theFirstAssignmentWaitsForMoreMembersAndAShutdownIsToldToAll() throws IOException {
        var node = node(1);
        node.configs.put("streams.initial.rebalance.delay.ms", 3_000);
        var a = new StreamsClient(node, "a", "pa");
        a.join();
        assertThat(a.statuses).contains(5);
        assertThat(a.toldActive).isEmpty();
        assertThat(a.epoch).isPositive();
        assertThat(a.heartbeatIntervalMs)
                .as("it comes when there is something for it")
                .isEqualTo(3_000);
        node.pass(3_000);
        a.heartbeat();
        assertThat(a.statuses).isEmpty();
        assertThat(a.toldActive).hasSize(8);
        var b = new StreamsClient(node, "b", "pb");
        b.join();
        b.askForShutdown();
        a.heartbeat();
        assertThat(a.statuses).containsExactly(4);
    }

    @Test
    void theNextAssignmentWaitsForItsTimeAndIsMadeThen() throws IOException {
        var node = node(1);
        node.configs.put("streams.assignment.interval.ms", 1_000);
        var a = new StreamsClient(node, "a", "pa");
        a.join();
        assertThat(a.toldActive).hasSize(8);
        a.reconcile();
        node.pass(400);
        var b = new StreamsClient(node, "b", "pb");
        b.join();
        assertThat(b.statuses).containsExactly(5);
        assertThat(b.heartbeatIntervalMs).isEqualTo(600);
        assertThat(described(node).groupState()).isEqualTo("Assigning");
        assertThat(node.told("app"))
                .endsWith("the next assignment is computed in 600 ms (streams.assignment.interval.ms)");
        node.pass(600);
        assertThat(described(node).groupState()).isEqualTo("Reconciling");
        settle(a, b);
        assertThat(b.statuses).isEmpty();
        assertThat(b.heartbeatIntervalMs).isEqualTo(5_000);
        assertThat(a.active).hasSize(4).doesNotContainAnyElementsOf(b.active);
        assertThat(b.active).hasSize(4);
    }

    @Test
    void aSilentMemberIsRemovedAndAnotherTopologyRefused() throws IOException {
        var node = node(1);
        node.topic("more", 4);
        var a = new StreamsClient(node, "a", "pa");
        a.join();
        var other = new StreamsClient(node, "b", "pb");
        other.sources = List.of(StreamsClient.LINES, "more");
        assertThat(other.join()).isEqualTo(ErrorCode.STREAMS_INVALID_TOPOLOGY);
        node.pass(45_100);
        assertThat(a.heartbeat()).isEqualTo(ErrorCode.UNKNOWN_MEMBER_ID);
        assertThat(other.join()).isEqualTo(ErrorCode.NONE);
    }

    static LongStream seeds() {
        return LongStream.range(0, 100);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void noTaskIsActiveTwiceWhateverHappensAndInTheEndAllAre(long seed) throws IOException {
        var node = node(seed);
        var luck = node.world.randomness();
        node.configs.put("streams.num.standby.replicas", luck.nextInt(3));
        node.configs.put("streams.assignment.interval.ms", seed % 2 == 0 ? 0 : 1_000);
        var live = new ArrayList<StreamsClient>();
        for (int step = 0; step < 300; step++) {
            int what = luck.nextInt(100);
            if (live.isEmpty() || what < 8 && live.size() < 6) {
                var next = new StreamsClient(node, "m" + step, "p" + luck.nextInt(3));
                assertThat(next.join()).isEqualTo(ErrorCode.NONE);
                live.add(next);
            } else if (what < 14) {
                live.remove(luck.nextInt(live.size())).leave();
            } else if (what < 18) {
                node.killAndReopen();
            } else if (what < 24) {
                node.pass(luck.nextInt(800));
            } else if (what < 50) {
                live.get(luck.nextInt(live.size())).reconcile();
            } else {
                var one = live.get(luck.nextInt(live.size()));
                assertThat(luck.nextInt(2) == 0 ? one.heartbeat() : one.report())
                        .isEqualTo(ErrorCode.NONE);
            }
            check(live);
        }
        if (live.isEmpty()) {
            live.add(new StreamsClient(node, "last", "p"));
            live.getFirst().join();
        }
        settle(live.toArray(StreamsClient[]::new));
        check(live);
        assertThat(live.stream().mapToInt(one -> one.active.size()).sum()).isEqualTo(8);
        assertThat(described(node).groupState()).isEqualTo("Stable");
    }

    private static void check(List<StreamsClient> live) {
        var owners = new HashMap<String, String>();
        var said = new HashSet<String>();
        for (var one : live) {
            for (var task : one.active) {
                assertThat(owners.put(task, one.id)).as("owner of %s", task).isNull();
            }
            said.add(one.id);
        }
        assertThat(said).hasSameSizeAs(live);
    }
}
