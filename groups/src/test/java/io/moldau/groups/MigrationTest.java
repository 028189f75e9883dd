package io.moldau.groups;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.DecisionJournal;
import io.moldau.protocol.ErrorCode;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MigrationTest {
    private static GroupsFixture node(MigrationPolicy policy) throws IOException {
        var node = new GroupsFixture(1, GroupSettings.DEFAULTS.withMigration(policy));
        node.topic("orders", 4);
        return node;
    }

    private static ClassicClient classic(GroupsFixture node, String protocol) {
        return new ClassicClient(node, "c", protocol).subscribe("orders");
    }

    private static ConsumerClient consumer(GroupsFixture node, String id) {
        return new ConsumerClient(node, id, null).reading("orders");
    }

    private static String type(GroupsFixture node) {
        var answer = new GroupsFixture.Answer<String>();
        node.groups()
                .list(
                        List.of(),
                        List.of(),
                        (error, groups) -> answer.accept(
                                groups.stream().map(group -> group.groupType()).reduce("", String::concat)));
        node.settle();
        return answer.get();
    }

    /// Until nothing changes any more.
    private static void settle(List<ClassicClient> classics, List<ConsumerClient> consumers) {
        for (int i = 0; i < 30; i++) {
            classics.forEach(ClassicClient::step);
            for (var one : consumers) {
                assertThat(one.heartbeat()).isEqualTo(ErrorCode.NONE);
                one.reconcile();
                assertThat(one.report()).isEqualTo(ErrorCode.NONE);
            }
        }
        assertThat(classics).allMatch(ClassicClient::isSettled);
        var read = new HashSet<ConsumerClient.One>();
        classics.forEach(one -> assertThat(read).doesNotContainAnyElementsOf(one.owned));
        classics.forEach(one -> assertThat(one.owned).allMatch(read::add));
        consumers.forEach(one -> assertThat(one.owned).allMatch(read::add));
        assertThat(read).hasSize(4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"range", ClassicClient.COOPERATIVE})
    void aClassicGroupIsRolledToTheConsumerProtocolAndBack(String protocol) throws IOException {
        var node = node(MigrationPolicy.BIDIRECTIONAL);
        var first = classic(node, protocol);
        var second = classic(node, protocol);
        settle(List.of(first, second), List.of());
        assertThat(type(node)).isEqualTo("classic");
        // One of the new kind comes beside them, and takes the place of one of them.
        var third = consumer(node, "third");
        assertThat(third.join()).isEqualTo(ErrorCode.NONE);
        assertThat(type(node)).isEqualTo("consumer");
        settle(List.of(first, second), List.of(third));
        assertThat(node.describedConsumer("c").members())
                .extracting(member -> (int) member.memberType())
                .containsExactlyInAnyOrder(0, 0, 1);
        assertThat(second.leave()).isEqualTo(ErrorCode.NONE);
        settle(List.of(first), List.of(third));
        node.killAndReopen();
        settle(List.of(first), List.of(third));
        var fourth = consumer(node, "fourth");
        fourth.join();
        assertThat(first.leave()).isEqualTo(ErrorCode.NONE);
        settle(List.of(), List.of(third, fourth));
        // And back.
        var fifth = classic(node, protocol);
        settle(List.of(fifth), List.of(third, fourth));
        third.leave(-1);
        settle(List.of(fifth), List.of(fourth));
        assertThat(type(node)).isEqualTo("consumer");
        fourth.leave(-1);
        assertThat(type(node)).isEqualTo("classic");
        settle(List.of(fifth), List.of());
        assertThat(node.journal.about(DecisionJournal.Kind.GROUP, "c"))
                .extracting(DecisionJournal.Decision::what)
                .anyMatch(what -> what.contains("became a consumer group"))
                .anyMatch(what -> what.contains("a classic group again"));
    }

    @Test
    void aKillRightAfterTheDowngradeLeavesNoPartitionWithoutAReader() throws IOException {
        var node = node(MigrationPolicy.BIDIRECTIONAL);
        var stays = consumer(node, "a");
        stays.join();
        var old = classic(node, ClassicClient.COOPERATIVE);
        settle(List.of(old), List.of(stays));
        stays.leave(-1);
        node.killAndReopen();
        settle(List.of(old), List.of());
    }

    @Test
    void aPolicyThatForbidsItKeepsAClassicGroupClassicAndSaysSo() throws IOException {
        for (var policy : Arrays.asList(MigrationPolicy.DISABLED, MigrationPolicy.DOWNGRADE)) {
            var node = node(policy);
            var old = classic(node, "range");
            settle(List.of(old), List.of());
            assertThat(consumer(node, "new").join()).isEqualTo(ErrorCode.GROUP_ID_NOT_FOUND);
            assertThat(type(node)).isEqualTo("classic");
            settle(List.of(old), List.of());
        }
    }

    @Test
    void withoutDowngradesAConsumerGroupOfClassicMembersStaysOne() throws IOException {
        var node = node(MigrationPolicy.UPGRADE);
        var old = classic(node, "range");
        settle(List.of(old), List.of());
        var next = consumer(node, "new");
        next.join();
        settle(List.of(old), List.of(next));
        next.leave(-1);
        assertThat(type(node)).isEqualTo("consumer");
        settle(List.of(old), List.of());
    }

    @Test
    void aClassicMemberThatDoesNotJoinAgainIsRemovedWhenItsTimeIsUp() throws IOException {
        var node = node(MigrationPolicy.BIDIRECTIONAL);
        var old = classic(node, "range");
        settle(List.of(old), List.of());
        var next = consumer(node, "new");
        next.join();
        for (int passed = 0; passed <= ClassicClient.REBALANCE_MS; passed += 2_000) {
            assertThat(old.heartbeat()).isEqualTo(ErrorCode.REBALANCE_IN_PROGRESS);
            assertThat(next.heartbeat()).isEqualTo(ErrorCode.NONE);
            node.pass(passed == ClassicClient.REBALANCE_MS ? 0 : 2_000);
            if (passed == ClassicClient.REBALANCE_MS - 2_000) {
                break;
            }
        }
        assertThat(old.heartbeat()).isEqualTo(ErrorCode.UNKNOWN_MEMBER_ID);
        settle(List.of(), List.of(next));
    }

    @Test
    void aStaticClassicMemberIsTakenOverByOneOfTheConsumerProtocolAndBack() throws IOException {
        var node = node(MigrationPolicy.BIDIRECTIONAL);
        var old = classic(node, "range").named("instance");
        var other = classic(node, "range");
        settle(List.of(old, other), List.of());
        var next = new ConsumerClient(node, "next", "instance").reading("orders");
        assertThat(next.join()).isEqualTo(ErrorCode.NONE);
        assertThat(next.told).hasSize(2);
        assertThat(old.heartbeat()).isEqualTo(ErrorCode.FENCED_INSTANCE_ID);
        settle(List.of(other), List.of(next));
        assertThat(next.leave(-2)).isEqualTo(ErrorCode.NONE);
        var back = classic(node, "range").named("instance");
        back.step();
        assertThat(type(node)).isEqualTo("classic");
        settle(List.of(other, back), List.of());
    }

    @Test
    void aGroupWhoseMembersAreNoConsumersCannotChange() throws IOException {
        var node = node(MigrationPolicy.BIDIRECTIONAL);
        var classics = new ClassicClient(node, "c", "range");
        classics.unreadable = true;
        for (int i = 0; i < 3; i++) {
            classics.step();
        }
        assertThat(consumer(node, "new").join()).isEqualTo(ErrorCode.GROUP_ID_NOT_FOUND);
        assertThat(type(node)).isEqualTo("classic");
    }
}
