package io.moldau.groups;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.protocol.ErrorCode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Offsets are committed in transactions and without, transactions end either way, the node is killed and loses its
/// power, the log is compacted all the while: what is fetched is always what a list of all commits says.
class TransactionalOffsetsSimulationTest {
    private static final int STEPS = 150;
    private static final int PARTITIONS = 3;
    private static final int PRODUCERS = 3;

    /// @param producer -1: without a transaction
    private record Commit(int partition, long offset, long producer) {}

    static LongStream seeds() {
        return LongStream.range(0, 100);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void whatIsFetchedIsWhatWasCommitted(long seed) throws IOException {
        var life = new Life(seed);
        for (int step = 0; step < STEPS; step++) {
            life.step();
            life.check();
        }
    }

    private static final class Life {
        final GroupsFixture node;
        final TransactionalClient client;
        /// In the log's order; commits of aborted transactions are taken out.
        final List<Commit> commits = new ArrayList<>();
        final Map<Long, Integer> epochs = new HashMap<>();
        long offset;

        Life(long seed) throws IOException {
            node = new GroupsFixture(seed);
            node.topic("orders", PARTITIONS);
            client = new TransactionalClient(node, "g", "orders");
        }

        int luck(int bound) {
            return node.world.randomness().nextInt(bound);
        }

        void step() throws IOException {
            int what = luck(100);
            long producer = luck(PRODUCERS);
            int epoch = epochs.getOrDefault(producer, 0);
            int partition = luck(PARTITIONS);
            if (what < 30) {
                assertThat(client.commit(partition, ++offset)).isEqualTo(ErrorCode.NONE);
                commits.add(new Commit(partition, offset, -1));
            } else if (what < 60) {
                assertThat(client.commitPending(producer, epoch, partition, ++offset))
                        .isEqualTo(ErrorCode.NONE);
                commits.add(new Commit(partition, offset, producer));
            } else if (what < 80) {
                boolean commit = luck(2) == 0;
                int next = epoch + luck(2);
                epochs.put(producer, next);
                assertThat(client.end(producer, next, commit)).isEqualTo(ErrorCode.NONE);
                if (commit) {
                    commits.replaceAll(it -> it.producer == producer ? new Commit(it.partition, it.offset, -1) : it);
                } else {
                    commits.removeIf(it -> it.producer == producer);
                }
            } else if (what < 85) {
                node.killAndReopen();
                node.settle();
            } else if (what < 90) {
                node.powerCutAndReopen();
                node.settle();
            } else {
                node.pass(luck(5_000));
            }
        }

        void check() {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                long last = -1;
                boolean pending = false;
                for (var commit : commits) {
                    if (commit.partition == partition) {
                        last = commit.producer < 0 ? commit.offset : last;
                        pending |= commit.producer >= 0;
                    }
                }
                assertThat(client.fetch(partition, false)).isEqualTo(Long.toString(last));
                assertThat(client.fetch(partition, true))
                        .isEqualTo(pending ? "UNSTABLE_OFFSET_COMMIT" : Long.toString(last));
            }
        }
    }
}
