package io.moldau.groups;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.protocol.ErrorCode;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class ConsumerGroupTest {
    private final GroupsFixture node;

    ConsumerGroupTest() throws IOException {
        node = new GroupsFixture(1);
        node.topic("orders", 4);
    }

    private ConsumerClient joined(String id) {
        var client = new ConsumerClient(node, id, null).reading("orders");
        assertThat(client.join()).isEqualTo(ErrorCode.NONE);
        client.reconcile();
        return client;
    }

    @Test
    void theFirstMemberGetsEveryPartition() {
        var a = joined("a");
        assertThat(a.epoch).isEqualTo(1);
        assertThat(a.told).hasSize(4);
        assertThat(node.describedConsumer("c").groupState()).isEqualTo("Stable");
    }

    @Test
    void theSecondMemberGetsPartitionsOnlyWhenTheFirstHasGivenThemUp() {
        var a = joined("a");
        var b = joined("b");
        assertThat(b.told).isEmpty();
        assertThat(a.heartbeat()).isEqualTo(ErrorCode.NONE);
        assertThat(a.told).hasSize(2);
        assertThat(a.epoch).isEqualTo(1);
        b.heartbeat();
        assertThat(b.told).isEmpty();
        a.reconcile();
        assertThat(a.report()).isEqualTo(ErrorCode.NONE);
        assertThat(a.epoch).isEqualTo(2);
        b.heartbeat();
        assertThat(b.told).hasSize(2).doesNotContainAnyElementsOf(a.owned);
        assertThat(node.describedConsumer("c").groupState()).isEqualTo("Stable");
    }

    @Test
    void aMemberThatDoesNotGiveUpPartitionsInTimeIsRemoved() {
        var a = joined("a");
        var b = joined("b");
        for (int i = 0; i <= ConsumerClient.REBALANCE_MS / 5_000; i++) {
            a.heartbeat();
            b.heartbeat();
            node.pass(5_000);
        }
        assertThat(a.heartbeat()).isEqualTo(ErrorCode.UNKNOWN_MEMBER_ID);
        b.heartbeat();
        assertThat(b.told).hasSize(4);
    }

    @Test
    void wrongEpochsAndUnknownMembersAreRefused() {
        var a = joined("a");
        a.epoch = 7;
        assertThat(a.heartbeat()).isEqualTo(ErrorCode.FENCED_MEMBER_EPOCH);
        var nobody = new ConsumerClient(node, "nobody", null);
        nobody.epoch = 1;
        assertThat(nobody.heartbeat()).isEqualTo(ErrorCode.UNKNOWN_MEMBER_ID);
        assertThat(joined("a").told).hasSize(4);
    }

    @Test
    void anUnknownAssignorAndAMalformedPatternAreRefused() {
        assertThat(new ConsumerClient(node, "x", null)
                        .reading("orders")
                        .assignedBy("magic")
                        .join())
                .isEqualTo(ErrorCode.UNSUPPORTED_ASSIGNOR);
        assertThat(new ConsumerClient(node, "x", null).matching("a(").join())
                .isEqualTo(ErrorCode.INVALID_REGULAR_EXPRESSION);
        assertThat(node.describedConsumer("c").errorCode()).isEqualTo(ErrorCode.GROUP_ID_NOT_FOUND.code());
    }

    @Test
    void aGroupsOwnSettingsSayHowOftenItsMembersReportAndHowLongTheyMayBeSilent() {
        node.configs.put("consumer.heartbeat.interval.ms", 700);
        node.configs.put("consumer.session.timeout.ms", 2_000);
        var a = joined("a");
        assertThat(a.heartbeatIntervalMs).isEqualTo(700);
        var b = joined("b");
        node.pass(1_500);
        b.heartbeat();
        node.pass(700);
        b.heartbeat();
        assertThat(b.told).hasSize(4);
        assertThat(a.heartbeat()).isEqualTo(ErrorCode.UNKNOWN_MEMBER_ID);
    }

    @Test
    void whoLeavesGivesItsPartitionsToTheOthers() {
        var a = joined("a");
        var b = joined("b");
        assertThat(a.leave(-1)).isEqualTo(ErrorCode.NONE);
        b.heartbeat();
        assertThat(b.told).hasSize(4);
        b.reconcile();
        assertThat(b.leave(-1)).isEqualTo(ErrorCode.NONE);
        assertThat(node.describedConsumer("c").groupState()).isEqualTo("Empty");
    }

    @Test
    void aStaticMemberThatLeavesForAWhileFindsItsPartitionsWhenItReturns() {
        var a = new ConsumerClient(node, "a", "instance").reading("orders");
        a.join();
        a.reconcile();
        var usurper = new ConsumerClient(node, "a2", "instance").reading("orders");
        assertThat(usurper.join()).isEqualTo(ErrorCode.UNRELEASED_INSTANCE_ID);
        assertThat(a.leave(-2)).isEqualTo(ErrorCode.NONE);
        var b = joined("b");
        b.heartbeat();
        assertThat(b.told).isEmpty();
        var back = new ConsumerClient(node, "a2", "instance").reading("orders");
        assertThat(back.join()).isEqualTo(ErrorCode.NONE);
        assertThat(back.told).hasSize(2).isSubsetOf(a.owned);
        b.heartbeat();
        assertThat(b.told).hasSize(2).doesNotContainAnyElementsOf(back.told);
        assertThat(a.heartbeat()).isEqualTo(ErrorCode.FENCED_INSTANCE_ID);
    }

    @Test
    void aStaticMemberThatDoesNotReturnLosesItsPlace() {
        var a = new ConsumerClient(node, "a", "instance").reading("orders");
        a.join();
        a.leave(-2);
        node.pass(node.configs.getOrDefault("consumer.session.timeout.ms", 0) + 100);
        assertThat(joined("b").told).hasSize(4);
    }

    @Test
    void aPatternPicksUpANewTopic() {
        var a = new ConsumerClient(node, "a", null).matching("or.*");
        a.join();
        assertThat(a.told).hasSize(4);
        a.reconcile();
        node.topic("orbits", 3);
        node.topic("planets", 3);
        a.heartbeat();
        assertThat(a.told).hasSize(7);
    }

    @Test
    void aTopicThatGrewWhileTheCoordinatorWasDownIsAssigned() throws IOException {
        var a = joined("a");
        node.topics.put("orders", 6);
        node.killAndReopen();
        a.heartbeat();
        assertThat(a.told).hasSize(6);
    }

    @Test
    void aGroupSurvivesAPowerCut() throws IOException {
        var a = joined("a");
        var b = joined("b");
        node.powerCutAndReopen();
        assertThat(b.heartbeat()).isEqualTo(ErrorCode.NONE);
        a.heartbeat();
        a.reconcile();
        assertThat(a.report()).isEqualTo(ErrorCode.NONE);
        b.heartbeat();
        assertThat(b.told).hasSize(2).doesNotContainAnyElementsOf(a.owned);
    }
}
