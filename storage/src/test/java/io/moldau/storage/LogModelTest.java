package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.DiskFullException;
import io.moldau.records.Compression;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Random lives of compacted and other logs, with transactions, disk errors, full disks and crashes, against
/// [LogModel].
///
/// `-Dmoldau.seeds=N` runs more of them, `-Dmoldau.seed=N` one, step by step.
class LogModelTest {
    private static final int SEEDS = Integer.getInteger("moldau.seeds", 4000);
    private static final long[] FOUND_BY_LONGER_RUNS = {6380, 11_860, 20_395, 27_675, 195_680, 1_002_358};
    /// From this seed on the disk fills up now and then, and few files are open at once.
    private static final long CROWDED = 1_000_000;
    private static final Path DATA = Path.of("/data");
    private static final LogDirectorySettings SMALL =
            new LogDirectorySettings(64 << 10, 8 << 10, 1 << 20, 8 << 10, 2048, 1_000_000_000);

    private static final class Life extends SimulatedLife {
        private @Nullable LogDirectory opened;

        Life(long seed) throws IOException {
            super(seed, 1500);
            open();
        }

        LogDirectory directory() {
            var directory = opened;
            if (directory == null) {
                throw new AssertionError("closed");
            }
            return directory;
        }

        @Override
        Collection<LogDirectory> directories() {
            return List.of(directory());
        }

        @Override
        PartitionLog log(LogModel model) {
            return directory().log(model.id).orElseThrow();
        }

        @Override
        void open() throws IOException {
            var directory = LogDirectory.open(
                    world.environment(),
                    DATA,
                    seed < CROWDED ? SMALL : SMALL.with(it -> it.reserveBytes(0).openFiles(1 + (int) (seed % 3))));
            opened = directory;
            startCleaner(
                    directory::logs,
                    new CleanerSettings(
                            1 + luck(2), 24L * (luck(3) == 0 ? 20 : 1000), Double.MAX_VALUE, 1000, 1 + luck(2000)));
        }

        @Override
        void close() throws IOException {
            models.values().forEach(model -> model.acknowledged = model.end);
            directory().close();
        }

        private LogSettings randomSettings(Durability durability) {
            return LogSettings.of(it -> it.segmentBytes(luck(4) == 0 ? 4000 : 1000)
                    .indexIntervalBytes(luck(2) == 0 ? 100 : 1000)
                    .cleanupCompact(luck(8) != 0)
                    .cleanupDelete(luck(4) == 0)
                    .retentionMs(100_000)
                    .minCleanableDirtyRatio(luck(3) == 0 ? 0.5 : 0.01)
                    .minCompactionLagMs(luck(4) == 0 ? 10_000 : 0)
                    .maxCompactionLagMs(luck(4) == 0 ? 20_000 : Long.MAX_VALUE)
                    .deleteRetentionMs(luck(3) * 10_000L)
                    .fileDeleteDelayMs(luck(2) * 1000L)
                    .durability(durability));
        }

        private void create() throws IOException {
            var id = new PartitionId("t" + luck(2), 0);
            if (!models.containsKey(id)) {
                var durability = luck(8) == 0 ? Durability.MEMORY : Durability.DISK;
                var model = new LogModel(id, new UuidBits(seed, ++counter), randomSettings(durability));
                directory().create(id, model.topicId, model.settings);
                models.put(id, model);
                promise(model);
            }
        }

        @Override
        Compression compression() {
            return luck(5) == 0 ? Compression.LZ4 : Compression.NONE;
        }

        @Override
        void promise(LogModel model) {
            model.promised = log(model).view().durableEndOffset();
            log(model).transactions().promised(model.promised);
        }

        @Override
        void look(boolean powerCut) throws IOException {
            for (var model : List.copyOf(models.values())) {
                var found = directory().log(model.id);
                if (found.isPresent() && found.get().topicId().equals(model.topicId)) {
                    var log = found.get();
                    survived(model, log, powerCut);
                    // A log at rest is put in order when it is used.
                    if (!log.segments().isEmpty()) {
                        assertThat(world.disk().list(log.path())).noneMatch(name -> name.endsWith(".swap"));
                    }
                } else {
                    isGone(model);
                    if (found.isPresent()) {
                        directory().delete(found.get());
                    }
                }
            }
            for (var log : directory().logs()) {
                if (!models.containsKey(log.id())) {
                    directory().delete(log);
                }
            }
        }

        @Override
        void step() throws IOException {
            if (untilCrash == 0 || (untilCrash > 0 && directory().failure().isPresent() && luck(2) == 0)) {
                crash(luck(2) == 0);
                return;
            }
            if (seed >= CROWDED && untilCrash < 0 && luck(full ? 6 : 12) == 0) {
                fill(!full);
            }
            if (full) {
                crowded();
                return;
            }
            if (untilCrash < 0) {
                act(luck(100));
                return;
            }
            untilCrash--;
            try {
                // What fails on a bad disk fails anywhere; who goes on must find everything at the next start.
                act(luck(80));
            } catch (IOException broken) {
                assertThat(broken).hasMessageContaining("simulated disk error");
                someStartsMayHaveMoved();
                untilCrash = 0;
            }
        }

        private void crowded() throws IOException {
            try {
                act(luck(100));
            } catch (DiskFullException noRoom) {
                note("full", () -> noRoom);
                someStartsMayHaveMoved();
            }
            if (untilCrash < 0) {
                assertThat(directory().failure()).isEmpty();
            }
        }

        private void act(int dice) throws IOException {
            note(Integer.toString(dice), () -> directory().logs());
            var model = any();
            if (model == null || (dice < 2 && untilCrash < 0)) {
                create();
            } else if (dice < 35) {
                append(model);
            } else if (dice < 41) {
                endTransaction(model);
            } else if (dice < 56) {
                world.threads().runOne();
                acknowledge();
            } else if (dice < 64) {
                runSome(40);
            } else if (dice < 68) {
                world.threads().runAll();
                acknowledge();
            } else if (dice < 78) {
                world.timers().advance(luck(6000));
            } else if (dice < 80) {
                directory().retain();
                models.values().forEach(it -> it.logStart = log(it).view().logStartOffset());
            } else if (dice < 84) {
                compare(model);
            } else if (dice < 86) {
                sendAgain(model);
            } else if (dice < 87) {
                deleteRecords(model);
            } else if (dice == 87) {
                truncate(model);
            } else if (dice == 88) {
                directory().delete(log(model));
                models.remove(model.id);
            } else if (dice < 91) {
                change(model, randomSettings(model.settings.durability()));
            } else if (dice == 91) {
                model.epoch++;
            } else if (dice < 93) {
                stop();
            } else if (dice < 95) {
                makeRoom();
                untilCrash = 1 + luck(6);
                world.disk().failAfterWrites(luck(12));
            } else {
                crash(dice >= 97);
            }
        }

        @Override
        void settle() throws IOException {
            if (untilCrash >= 0) {
                crash(true);
            }
            makeRoom();
        }

        @Override
        void checkAtTheEnd() throws IOException {
            for (var model : models.values()) {
                if (seed < CROWDED) {
                    // What a full disk stopped is told until the next pass, which may not be due.
                    assertThat(log(model).compactionStatus().problem()).isEmpty();
                }
            }
        }
    }

    @Test
    void whateverHappensALogHoldsWhatTheModelSays() {
        var compacted = new AtomicLong();
        var seeds = LongStream.concat(
                LongStream.concat(LongStream.of(FOUND_BY_LONGER_RUNS), LongStream.range(0, SEEDS)),
                LongStream.range(CROWDED, CROWDED + SEEDS / 2));
        boolean all = SimulatedLife.live(seeds, Life::new, life -> {
            for (var model : life.models.values()) {
                compacted.addAndGet(life.log(model).compactionStatus().lastPassMs() > 0 ? 1 : 0);
            }
        });
        if (all) {
            assertThat(compacted.get()).as("logs that were compacted").isGreaterThan(SEEDS / 4);
        }
    }
}
