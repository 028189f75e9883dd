package io.moldau.groups;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.protocol.ErrorCode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Members of both protocols come and go, the node is killed, topics grow: no partition ever has two readers, and in
/// the end every partition has one.
class MigrationSimulationTest {
    private static final int STEPS = 400;
    /// `-Dseeds=...` asks for more.
    private static final int SEEDS = Integer.getInteger("seeds", 100);

    static LongStream seeds() {
        return LongStream.range(0, SEEDS);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void noPartitionHasTwoReadersWhileTheGroupChangesItsKind(long seed) throws IOException {
        var life = new Life(seed);
        for (int step = 0; step < STEPS; step++) {
            life.step();
            life.check();
        }
        life.settle();
    }

    private static final class Life {
        final GroupsFixture node;
        final String protocol;
        final List<ConsumerClient> consumers = new ArrayList<>();
        final List<ClassicClient> classics = new ArrayList<>();
        int named;

        Life(long seed) throws IOException {
            node = new GroupsFixture(seed);
            node.configs.put("consumer.assignment.interval.ms", seed % 2 == 0 ? 0 : 1_000);
            node.topic("orders", 5);
            protocol = luck(2) == 0 ? "range" : ClassicClient.COOPERATIVE;
        }

        int luck(int bound) {
            return node.world.randomness().nextInt(bound);
        }

        void step() throws IOException {
            int what = luck(100);
            if (what < 6 && consumers.size() + classics.size() < 6) {
                if (luck(2) == 0) {
                    var next = new ConsumerClient(node, "member-" + ++named, null).reading("orders");
                    assertThat(next.join()).isEqualTo(ErrorCode.NONE);
                    consumers.add(next);
                } else {
                    classics.add(new ClassicClient(node, "c", protocol).subscribe("orders"));
                }
            } else if (what < 11 && !consumers.isEmpty()) {
                var gone = consumers.remove(luck(consumers.size()));
                assertThat(gone.leave(-1))
                        .isIn(ErrorCode.NONE, ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.GROUP_ID_NOT_FOUND);
            } else if (what < 14 && !classics.isEmpty()) {
                classics.remove(luck(classics.size())).leave();
            } else if (what < 16) {
                node.topic("orders", Math.min(9, node.topics.partitions("orders") + luck(2)));
            } else if (what < 18) {
                node.killAndReopen();
                classics.forEach(ClassicClient::disconnected);
            } else if (what < 24) {
                everybody();
                node.pass(luck(1_000));
            } else if (!classics.isEmpty() && luck(2) == 0) {
                classics.get(luck(classics.size())).step();
            } else if (!consumers.isEmpty()) {
                act(consumers.get(luck(consumers.size())));
            }
        }

        void act(ConsumerClient client) {
            switch (luck(3)) {
                case 0 -> client.reconcile();
                case 1 -> talk(client, client.heartbeat());
                default -> talk(client, client.report());
            }
        }

        void talk(ConsumerClient client, ErrorCode error) {
            if (error != ErrorCode.NONE) {
                assertThat(error)
                        .isIn(ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.FENCED_MEMBER_EPOCH, ErrorCode.GROUP_ID_NOT_FOUND);
                assertThat(client.join()).isEqualTo(ErrorCode.NONE);
            }
        }

        void everybody() {
            classics.forEach(ClassicClient::step);
            consumers.forEach(one -> talk(one, one.heartbeat()));
            consumers.forEach(ConsumerClient::reconcile);
            consumers.forEach(one -> talk(one, one.report()));
        }

        void check() {
            var readers = new HashMap<ConsumerClient.One, String>();
            consumers.forEach(client -> client.owned.forEach(one -> assertThat(readers.put(one, client.id))
                    .as("reader of %s", one)
                    .isNull()));
            classics.forEach(client -> client.owned.forEach(one -> assertThat(readers.put(one, client.memberId))
                    .as("reader of %s", one)
                    .isNull()));
        }

        void settle() {
            // A classic leader would notice by itself that the topic grew; this one needs somebody who joins.
            classics.add(new ClassicClient(node, "c", protocol).subscribe("orders"));
            for (int i = 0; i < 200; i++) {
                everybody();
                check();
                node.pass(200);
            }
            var all = new HashSet<ConsumerClient.One>();
            consumers.forEach(client -> all.addAll(client.owned));
            classics.forEach(client -> all.addAll(client.owned));
            assertThat(all).hasSize(node.topics.partitions("orders"));
            assertThat(classics).allMatch(ClassicClient::isSettled);
        }
    }
}
