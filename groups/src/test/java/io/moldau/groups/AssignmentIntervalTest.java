package io.moldau.groups;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.protocol.ErrorCode;
import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// `consumer.assignment.interval.ms`: what waits for the next assignment, and what does not.
class AssignmentIntervalTest {
    private static final String INTERVAL = "consumer.assignment.interval.ms";

    private final GroupsFixture node;

    AssignmentIntervalTest() throws IOException {
        node = new GroupsFixture(1);
    }

    @BeforeEach
    void aTopicAndASecondBetweenAssignments() {
        node.topic("orders", 4);
        node.topic("payments", 2);
        node.configs.put(INTERVAL, 1_000);
    }

    private ConsumerClient joined(String id) {
        var client = new ConsumerClient(node, id, null).reading("orders");
        assertThat(client.join()).isEqualTo(ErrorCode.NONE);
        client.reconcile();
        return client;
    }

    private void assertEpochs(int group, int assignment) {
        var described = node.describedConsumer("c");
        assertThat(described.groupEpoch()).isEqualTo(group);
        assertThat(described.assignmentEpoch()).isEqualTo(assignment);
    }

    @Test
    void theFirstAssignmentIsAtOnceAndTheNextIsMadeWhenItsTimeHasCome() {
        var a = joined("a");
        assertThat(a.owned).hasSize(4);
        assertThat(a.heartbeatIntervalMs).isEqualTo(5_000);
        node.pass(200);
        var b = joined("b");
        assertThat(b.owned).isEmpty();
        assertThat(b.heartbeatIntervalMs)
                .as("it comes when there is something for it")
                .isEqualTo(800);
        assertEpochs(2, 1);
        assertThat(node.describedConsumer("c").groupState()).isEqualTo("Assigning");
        assertThat(node.told("c"))
                .endsWith("the next assignment is computed in 800 ms (consumer.assignment.interval.ms)");
        node.pass(700);
        assertEpochs(2, 1);
        node.pass(100);
        assertEpochs(2, 2);
        a.heartbeat();
        a.reconcile();
        a.report();
        b.heartbeat();
        assertThat(b.told).hasSize(2);
        assertThat(b.heartbeatIntervalMs).isEqualTo(5_000);
        assertThat(node.told("c")).endsWith("epoch 2 is settled: 2 members, after 800 ms");
    }

    @Test
    void whoComesWhileAnAssignmentIsWaitedForIsInTheSameOne() {
        var a = joined("a");
        for (int i = 0; i < 3; i++) {
            joined("more " + i);
            node.pass(200);
            assertThat(a.heartbeat()).isEqualTo(ErrorCode.NONE);
        }
        assertEpochs(4, 1);
        node.pass(400);
        assertEpochs(4, 4);
    }

    @Test
    void theTimeOfAHeartbeatCountsNotOnlyTheTimer() {
        var a = joined("a");
        joined("b");
        node.configs.put(INTERVAL, 0);
        a.heartbeat();
        assertEpochs(2, 2);
        node.pass(2_000);
        assertEpochs(2, 2);
    }

    @Test
    void topicsThatAMemberReadsNoMoreAreTakenFromItAtOnce() {
        var a = new ConsumerClient(node, "a", null).reading("orders", "payments");
        a.join();
        a.reconcile();
        assertThat(a.owned).hasSize(6);
        var b = joined("b");
        assertThat(a.reading("payments").change()).isEqualTo(ErrorCode.NONE);
        assertEpochs(3, 1);
        a.reconcile();
        assertThat(a.owned).hasSize(2);
        assertThat(a.report()).isEqualTo(ErrorCode.NONE);
        assertThat(b.heartbeat()).isEqualTo(ErrorCode.NONE);
        assertThat(b.told).isEmpty();
        node.pass(1_000);
        assertThat(b.heartbeat()).isEqualTo(ErrorCode.NONE);
        assertThat(b.told).hasSize(4);
        assertThat(a.heartbeat()).isEqualTo(ErrorCode.NONE);
        assertThat(a.told).hasSize(2);
    }

    @Test
    void aGroupThatWasEmptyDoesNotWait() {
        var a = joined("a");
        a.leave(-1);
        assertThat(joined("b").owned).hasSize(4);
    }

    @Test
    void aKillMeanwhileIsNoReasonToWaitForLonger() throws IOException {
        joined("a");
        node.pass(500);
        var b = joined("b");
        node.powerCutAndReopen();
        assertThat(b.heartbeat()).isEqualTo(ErrorCode.NONE);
        assertThat(b.heartbeatIntervalMs).isLessThanOrEqualTo(500);
        node.pass(500);
        assertEpochs(2, 2);
    }

    @Test
    void membersOfTheClassicProtocolJoinAgainWhenThereIsANewAssignmentNotBefore() {
        var old = new ClassicClient(node, "c", ClassicClient.COOPERATIVE).subscribe("orders");
        var a = joined("a");
        node.pass(1_000);
        old.joinAlone();
        a.heartbeat();
        a.reconcile();
        a.report();
        for (int i = 0; i < 10; i++) {
            old.step();
        }
        assertThat(old.owned).hasSize(2);
        int generation = old.generation;
        joined("b");
        assertThat(old.heartbeat()).isEqualTo(ErrorCode.NONE);
        assertEpochs(3, 2);
        node.pass(1_000);
        assertThat(old.heartbeat()).isEqualTo(ErrorCode.REBALANCE_IN_PROGRESS);
        assertThat(old.generation).isEqualTo(generation);
    }
}
