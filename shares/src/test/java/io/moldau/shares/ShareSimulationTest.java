package io.moldau.shares;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.MetadataRecord;
import io.moldau.metadata.PartitionImage;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import io.moldau.records.RecordBatches;
import io.moldau.replication.Fetched;
import io.moldau.replication.Partition;
import io.moldau.replication.Partitions;
import io.moldau.storage.AppendOrigin;
import io.moldau.storage.Durability;
import io.moldau.storage.LogDirectories;
import io.moldau.storage.LogDirectorySettings;
import io.moldau.storage.LogSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Members of a share group on a node that is killed, and loses power, between any two steps. `-Dseed=N` runs one
/// seed, `-Dseeds=N` as many.
class ShareSimulationTest {
    private static final int SEEDS = Integer.getInteger("seeds", 200);
    private static final int STEPS = 200;
    private static final ShareRules RULES =
            new ShareRules(500, 1_000, 40, false, true, new ShareRules.Reset.Earliest());

    @Test
    void whatWasAcknowledgedNeverComesAgainAndNothingElseIsLost() throws IOException {
        var given = Long.getLong("seed");
        long first = given == null ? 0 : given;
        long accepted = 0;
        for (long seed = first; seed < (given == null ? SEEDS : first + 1); seed++) {
            try {
                accepted += new Life(seed).run();
            } catch (AssertionError | RuntimeException failure) {
                throw new AssertionError("seed " + seed, failure);
            }
        }
        assertThat(accepted).as("records accepted").isGreaterThan(given == null ? SEEDS : 0);
    }

    /// A record that a member was given, in one life of the node.
    private record Hold(String member, int life, long untilMs) {}

    private static final class Life {
        private static final Uuid STATE_ID = new Uuid(7, 7);
        private static final Uuid TOPIC_ID = new Uuid(8, 8);
        private static final ShareKey KEY = new ShareKey("g:1", TOPIC_ID, 0);

        final SimulatedWorld world;
        final MetadataImage image;
        Partitions partitions;
        ShareCoordinator store;
        SharePartitions shares;
        int life;

        @Nullable
        SharePartition share;

        final Map<Long, Hold> holds = new HashMap<>();
        /// Records whose acceptance or rejection was answered, and those of which nobody knows.
        final Set<Long> done = new HashSet<>();
        final Set<Long> said = new HashSet<>();
        final Map<Long, Integer> releases = new TreeMap<>();
        final Set<Long> produced = new HashSet<>();

        Life(long seed) throws IOException {
            world = SimulatedWorld.of(seed);
            image = MetadataImage.EMPTY.replay(List.of(
                    new MetadataRecord.TopicCreated(ShareCoordinator.TOPIC, STATE_ID),
                    new MetadataRecord.PartitionChanged(
                            STATE_ID, new PartitionImage(0, List.of(0), List.of(0), 0, 0, 0)),
                    new MetadataRecord.TopicCreated("jobs", TOPIC_ID),
                    new MetadataRecord.PartitionChanged(
                            TOPIC_ID, new PartitionImage(0, List.of(0), List.of(0), 0, 0, 0))));
            partitions = newPartitions();
            store = newStore();
            shares = newShares();
            open();
            world.threads().runAll();
            var made = new ArrayList<ErrorCode>();
            store.ensure(KEY, 1, -1, made::add);
            world.threads().runAll();
            assertThat(made).containsExactly(ErrorCode.NONE);
        }

        Partitions newPartitions() throws IOException {
            return new Partitions(
                    LogDirectories.open(world.environment(), List.of(Path.of("/data")), LogDirectorySettings.DEFAULTS),
                    (all, topic) -> LogSettings.of(it -> it.durability(Durability.DISK)));
        }

        ShareCoordinator newStore() {
            return new ShareCoordinator(world.environment(), 5, () -> 1);
        }

        SharePartitions newShares() {
            return new SharePartitions(store, world.environment(), group -> RULES);
        }

        void open() {
            partitions.listen(store);
            partitions.listen(shares);
            partitions.open(image);
        }

        void restart() throws IOException {
            if (luck(2) == 0) {
                world.powerCut();
            } else {
                world.kill();
            }
            life++;
            share = null;
            partitions = newPartitions();
            store = newStore();
            shares = newShares();
            open();
        }

        int luck(int bound) {
            return world.randomness().nextInt(bound);
        }

        Partition log() {
            return partitions.partition("jobs", 0).orElseThrow();
        }

        int run() throws IOException {
            for (int step = 0; step < STEPS; step++) {
                step();
            }
            end();
            return done.size();
        }

        void step() throws IOException {
            int what = luck(100);
            if (what < 3) {
                restart();
            } else if (what < 15) {
                produce();
            } else if (what < 35) {
                world.threads().runOne();
            } else if (what < 40) {
                world.timers().advance(luck(300));
            } else if (what < 65) {
                fetch("m" + luck(3));
            } else if (what < 92) {
                acknowledge("m" + luck(3), 1 + luck(3));
            } else if (what < 94) {
                release("m" + luck(3));
            } else {
                world.threads().runAll();
            }
        }

        void produce() {
            var builder = new BatchBuilder(Compression.NONE);
            for (int i = luck(5); i >= 0; i--) {
                builder.append(world.clock().wallMs(), null, ByteBuffer.wrap(new byte[] {1}), List.of());
            }
            log().append(builder.build(), AppendOrigin.CLIENT, true, outcome -> {
                if (outcome instanceof io.moldau.replication.AppendOutcome.Acknowledged one) {
                    for (long offset = one.baseOffset(); offset <= one.lastOffset(); offset++) {
                        produced.add(offset);
                    }
                }
            });
        }

        Optional<SharePartition> share() {
            if (share == null) {
                int ofLife = life;
                shares.find(KEY, log(), found -> {
                    if (ofLife == life && found instanceof SharePartitions.Found.Here(var here)) {
                        share = here;
                    }
                });
            }
            return Optional.ofNullable(share);
        }

        void fetch(String member) {
            var from = share();
            if (from.isEmpty() || from.get().nextOffset() < 0) {
                return;
            }
            long offset = from.get().nextOffset();
            if (!(log().read(offset, 200, false, -1, true) instanceof Fetched.Read read)
                    || read.slice().isEmpty()) {
                return;
            }
            List<LogBatch> batches;
            try {
                batches = RecordBatches.splitTrusted(read.slice().get().buffer()).stream()
                        .map(batch -> new LogBatch(batch.baseOffset(), batch.lastOffset(), true))
                        .toList();
            } catch (IOException failure) {
                throw new AssertionError(failure);
            }
            int ofLife = life;
            var wish = new Wish(member, 1 + luck(6), luck(2) == 0, 100);
            from.get().acquire(wish, offset, batches, acquired -> took(member, ofLife, acquired), error -> {});
        }

        void took(String member, int ofLife, List<Acquired> acquired) {
            for (var range : acquired) {
                for (long offset = range.first(); offset <= range.last(); offset++) {
                    assertThat(done).as("offset %s was done with", offset).doesNotContain(offset);
                    var before = holds.get(offset);
                    if (before != null && before.life() == ofLife) {
                        assertThat(world.clock().wallMs())
                                .as("offset %s is held by %s", offset, before.member())
                                .isGreaterThanOrEqualTo(before.untilMs());
                    }
                    assertThat(range.deliveryCount())
                            .as("deliveries of %s", offset)
                            .isGreaterThan(releases.getOrDefault(offset, 0));
                    holds.put(offset, new Hold(member, ofLife, world.clock().wallMs() + RULES.lockMs()));
                }
            }
        }

        void acknowledge(String member, int type) {
            var to = share();
            var batches = new ArrayList<Acknowledgement>();
            holds.entrySet().stream()
                    .filter(hold -> hold.getValue().member().equals(member)
                            && hold.getValue().life() == life
                            && hold.getValue().untilMs() > world.clock().wallMs())
                    .map(Map.Entry::getKey)
                    .sorted()
                    .limit(1 + luck(5))
                    .forEach(offset -> batches.add(new Acknowledgement(offset, offset, List.of((byte) type))));
            if (to.isEmpty() || batches.isEmpty()) {
                return;
            }
            var offsets = batches.stream().map(Acknowledgement::first).toList();
            int ofLife = life;
            offsets.forEach(holds::remove);
            if (type != 2) {
                said.addAll(offsets);
            }
            to.get().acknowledge(member, batches, error -> {
                assertThat(error).isIn(ErrorCode.NONE, ErrorCode.COORDINATOR_NOT_AVAILABLE);
                assertThat(ofLife).as("the life that answers").isEqualTo(life);
                if (error == ErrorCode.NONE) {
                    if (type == 2) {
                        offsets.forEach(offset -> releases.merge(offset, 1, Integer::sum));
                    } else {
                        done.addAll(offsets);
                    }
                }
            });
        }

        void release(String member) {
            holds.values().removeIf(hold -> hold.member().equals(member));
            share().ifPresent(here -> here.release(member));
        }

        /// One member is left, and takes all that is there.
        void end() throws IOException {
            restart();
            world.threads().runAll();
            for (int round = 0; round < 2_000 && !isAtEnd(); round++) {
                fetch("last");
                acknowledge("last", 1);
                world.timers().advance(10);
                world.threads().runAll();
            }
            assertThat(isAtEnd()).as("everything is done with").isTrue();
            for (long offset : produced) {
                assertThat(done.contains(offset) || said.contains(offset))
                        .as("offset %s was given to somebody", offset)
                        .isTrue();
            }
        }

        boolean isAtEnd() {
            var found = new ArrayList<ShareState>();
            store.look(KEY, one -> one.state().ifPresent(found::add));
            world.threads().runAll();
            return !found.isEmpty()
                    && found.getFirst().startOffset() == log().highWatermark()
                    && Objects.requireNonNull(found.getFirst()).batches().isEmpty();
        }
    }
}
