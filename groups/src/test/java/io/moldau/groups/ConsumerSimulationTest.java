package io.moldau.groups;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.protocol.ErrorCode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Members come, go, crash and dawdle; topics grow; the node is killed. No partition ever has two readers, and in
/// the end every partition has one.
class ConsumerSimulationTest {
    private static final int STEPS = 300;
    private static final String[] TOPICS = {"orders", "payments"};

    static LongStream seeds() {
        return LongStream.range(0, 60);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void noPartitionHasTwoReadersAndTheGroupSettles(long seed) throws IOException {
        var life = new Life(seed);
        for (int step = 0; step < STEPS; step++) {
            life.step();
            life.checkNoPartitionHasTwoReaders();
        }
        life.settle();
    }

    private static final class Life {
        final GroupsFixture node;
        final List<ConsumerClient> live = new ArrayList<>();
        int named;

        Life(long seed) throws IOException {
            node = new GroupsFixture(seed);
            node.configs.put("consumer.assignment.interval.ms", seed % 2 == 0 ? 0 : 1_000);
            node.topic("orders", 5);
            node.topic("payments", 3);
        }

        int luck(int bound) {
            return node.world.randomness().nextInt(bound);
        }

        void step() throws IOException {
            int what = luck(100);
            if (what < 10 && live.size() < 6 || live.isEmpty()) {
                var client = new ConsumerClient(node, "member-" + ++named, null);
                var joined = switch (luck(3)) {
                    case 0 -> client.reading("orders");
                    case 1 -> client.matching(".*");
                    default -> client.reading(TOPICS);
                };
                assertThat(joined.join()).isEqualTo(ErrorCode.NONE);
                live.add(joined);
            } else if (what < 14) {
                assertThat(live.remove(luck(live.size())).leave(-1)).isIn(ErrorCode.NONE, ErrorCode.UNKNOWN_MEMBER_ID);
            } else if (what < 18) {
                // A crash: the partitions of the dead are nobody's once its session has timed out.
                live.remove(luck(live.size()));
            } else if (what < 22) {
                var topic = TOPICS[luck(2)];
                node.topic(topic, Math.min(12, node.topics.partitions(topic) + 1 + luck(2)));
            } else if (what < 26) {
                node.killAndReopen();
            } else if (what < 36) {
                node.pass(luck(2_000));
            } else {
                act(live.get(luck(live.size())));
            }
        }

        void act(ConsumerClient client) {
            switch (luck(3)) {
                case 0 -> client.reconcile();
                case 1 -> talk(client, client.heartbeat());
                default -> talk(client, client.report());
            }
        }

        /// Who was removed stops reading and joins again.
        void talk(ConsumerClient client, ErrorCode error) {
            if (error != ErrorCode.NONE) {
                assertThat(error).isIn(ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.FENCED_MEMBER_EPOCH);
                assertThat(client.join()).isEqualTo(ErrorCode.NONE);
            }
        }

        void checkNoPartitionHasTwoReaders() {
            var assigned = new HashSet<String>();
            var read = new HashSet<ConsumerClient.One>();
            for (var member : node.describedConsumer("c").members()) {
                // Who was removed unnoticed may read on until its next heartbeat; a member may not.
                live.stream()
                        .filter(client -> client.id.equals(member.memberId()) && client.epoch == member.memberEpoch())
                        .forEach(client -> client.owned.forEach(one -> assertThat(read.add(one))
                                .as("%s has one reader", one)
                                .isTrue()));
                member.assignment()
                        .topicPartitions()
                        .forEach(topic -> topic.partitions()
                                .forEach(p -> assertThat(assigned.add(topic.topicName() + "-" + p))
                                        .as("%s-%d is assigned once", topic.topicName(), p)
                                        .isTrue()));
            }
        }

        void settle() throws IOException {
            if (luck(2) == 0) {
                node.killAndReopen();
            }
            if (live.isEmpty() || live.stream().allMatch(client -> !client.readsAll())) {
                var client = new ConsumerClient(node, "last", null).reading(TOPICS);
                assertThat(client.join()).isEqualTo(ErrorCode.NONE);
                live.add(client);
            }
            for (int round = 0; round < 30; round++) {
                node.pass(4_000);
                for (var client : live) {
                    client.reconcile();
                    talk(client, client.report());
                }
            }
            live.forEach(ConsumerClient::reconcile);
            assertThat(node.describedConsumer("c").groupState()).isEqualTo("Stable");
            var all = new HashSet<ConsumerClient.One>();
            for (var client : live) {
                for (var one : client.owned) {
                    assertThat(all.add(one)).as("%s has one reader", one).isTrue();
                }
            }
            assertThat(all).hasSize(node.topics.partitions("orders") + node.topics.partitions("payments"));
        }
    }
}
