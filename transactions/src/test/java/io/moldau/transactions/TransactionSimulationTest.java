package io.moldau.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.protocol.ErrorCode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Producers of both transaction versions, zombies among them, and batches that no coordinator knows of, on a node that
/// is killed and loses what was not synced between any two steps. `-Dseed=N` runs one seed, `-Dseeds=N`
/// as many.
class TransactionSimulationTest {
    private static final int SEEDS = Integer.getInteger("seeds", 300);
    private static final int STEPS = 250;

    @Test
    void transactionsAreWholeAndOnceAndNobodyIsStuck() throws IOException {
        var given = Long.getLong("seed");
        long first = given == null ? 0 : given;
        int committed = 0;
        for (long seed = first; seed < (given == null ? SEEDS : first + 1); seed++) {
            try {
                committed += new Life(seed).run();
            } catch (AssertionError | RuntimeException failure) {
                throw new AssertionError("seed " + seed, failure);
            }
        }
        assertThat(committed).as("transactions that committed").isGreaterThan(given == null ? SEEDS : 0);
    }

    private static final class Life {
        final TransactionsFixture node;
        final List<SimulatedProducer> live = new ArrayList<>();
        final List<SimulatedProducer> all = new ArrayList<>();

        Life(long seed) throws IOException {
            node = new TransactionsFixture(seed);
            node.settle();
        }

        int luck(int bound) {
            return node.world.randomness().nextInt(bound);
        }

        int run() throws IOException {
            for (int step = 0; step < STEPS; step++) {
                step();
            }
            end();
            return check();
        }

        void step() throws IOException {
            int what = luck(100);
            if (what < 2) {
                restart();
            } else if (what < 6) {
                node.world.timers().advance(luck(400));
            } else if (what < 8) {
                // A partition that takes no markers for a while.
                node.refusing.clear();
                if (luck(2) == 0) {
                    node.refusing.add(TransactionsFixture.id(luck(TransactionsFixture.PARTITIONS)));
                }
            } else if (what < 11) {
                node.look();
            } else if (what < 12) {
                node.stray(luck(TransactionsFixture.PARTITIONS));
            } else if (what < 30) {
                node.world.threads().runOne();
            } else if (what < 34 && live.size() < 5 || live.isEmpty()) {
                begin("t" + luck(3));
            } else {
                live.get(luck(live.size())).act();
                live.removeIf(SimulatedProducer::isDead);
            }
        }

        void restart() throws IOException {
            node.restart(luck(2) == 0);
            all.forEach(SimulatedProducer::connectionLost);
        }

        SimulatedProducer begin(String id) {
            var producer = new SimulatedProducer(node, id, all.size(), luck(3) > 0, this::fenced);
            live.add(producer);
            all.add(producer);
            return producer;
        }

        /// A producer was told that it is the only one: all the earlier ones of its name are over.
        void fenced(SimulatedProducer newest) {
            all.stream().filter(other -> other.isBefore(newest)).forEach(SimulatedProducer::mayNotSucceed);
        }

        /// Nobody comes any more but one producer of two of the names, which must get through; time-outs end the rest.
        void end() throws IOException {
            restart();
            node.refusing.clear();
            node.settle();
            live.clear();
            for (var id : List.of("t0", "t1")) {
                var last = begin(id);
                for (int i = 0; i < 200 && !last.hasCommitted(); i++) {
                    last.actWithoutDoubt();
                    node.settle();
                    node.pass(50);
                }
                assertThat(last.hasCommitted())
                        .as("a new producer of %s gets through: %s", id, last)
                        .isTrue();
            }
            node.pass(3_000);
            endStrays();
        }

        /// Two looks at logs that somebody uses end what no coordinator knows of.
        void endStrays() throws IOException {
            for (int index = 0; index < TransactionsFixture.PARTITIONS; index++) {
                node.partitionOf(index).log().producers();
            }
            node.look();
            node.settle();
            node.look();
            node.settle();
        }

        int check() {
            var committed = new HashMap<String, List<String>>();
            var seen = new HashSet<String>();
            for (int index = 0; index < TransactionsFixture.PARTITIONS; index++) {
                var outcomes = LogOutcomes.of(node.partitionOf(index));
                outcomes.assertNothingOpen();
                assertThat(node.partitionOf(index).lastStableOffset())
                        .isEqualTo(node.partitionOf(index).highWatermark());
                for (var value : outcomes.committed) {
                    assertThat(seen.add(value)).as("%s is there twice", value).isTrue();
                    assertThat(value)
                            .as("of a transaction that nobody committed")
                            .doesNotStartWith("stray");
                    committed
                            .computeIfAbsent(value.substring(0, value.indexOf('/')), name -> new ArrayList<>())
                            .add(value);
                }
            }
            int count = 0;
            for (var producer : all) {
                for (Map.Entry<String, SimulatedProducer.Told> entry :
                        producer.transactions().entrySet()) {
                    var told = entry.getValue();
                    var there = committed.getOrDefault(entry.getKey(), List.of());
                    switch (told.outcome) {
                        case COMMITTED -> {
                            count++;
                            assertThat(there)
                                    .as("%s was committed", entry.getKey())
                                    .containsExactlyInAnyOrderElementsOf(told.acknowledged);
                        }
                        case ABORTED ->
                            assertThat(there)
                                    .as("%s was aborted", entry.getKey())
                                    .isEmpty();
                        case UNKNOWN -> {
                            if (!there.isEmpty()) {
                                assertThat(there)
                                        .as("%s, whose commit was not answered", entry.getKey())
                                        .containsExactlyInAnyOrderElementsOf(told.acknowledged);
                            }
                        }
                    }
                }
            }
            return count;
        }
    }

    @Test
    void aProducerIsFencedOnlyByItsOwnName() throws IOException {
        var node = new TransactionsFixture(1);
        node.settle();
        var one = node.initialised("one");
        node.initialised("two");
        assertThat(node.add("one", one, 0)).isNotNull();
        node.settle();
        assertThat(node.ended("one", one, true, 4)).isEqualTo(ErrorCode.NONE);
    }
}
