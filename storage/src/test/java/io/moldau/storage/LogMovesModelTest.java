package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.records.Compression;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Random lives of logs that are moved between two directories while they are written, cut, compacted and deleted, with
/// disk errors, full disks, kills and power cuts between any two steps, against [LogModel].
///
/// `-Dmoldau.seeds=N` runs more of them, `-Dmoldau.seed=N` one, step by step.
class LogMovesModelTest {
    private static final int SEEDS = Integer.getInteger("moldau.seeds", 3000);
    private static final LogDirectorySettings SMALL = new LogDirectorySettings(
                    64 << 10, 8 << 10, 1 << 20, 8 << 10, 2048, 1_000_000_000)
            .with(it -> it.reserveBytes(0));

    private static final class Life extends SimulatedLife {
        private int moved;
        private @Nullable MovingLogs opened;

        Life(long seed) throws IOException {
            super(seed, 2500);
            open();
        }

        MovingLogs logs() {
            var now = opened;
            if (now == null) {
                throw new AssertionError("closed");
            }
            return now;
        }

        @Override
        Collection<LogDirectory> directories() {
            return logs().directories.all();
        }

        @Override
        PartitionLog log(LogModel model) {
            return logs().now(model.id);
        }

        @Override
        void open() throws IOException {
            var before = opened;
            if (before != null) {
                moved += (int) before.told.stream()
                        .filter(what -> what.contains("was moved"))
                        .count();
            }
            var now = new MovingLogs(
                    world, SMALL, 200 + luck(2000), luck(3) == 0 ? 100_000 : luck(1000), luck(3) == 0 ? 5000 : 1 << 30);
            opened = now;
            startCleaner(
                    now.directories::logs, new CleanerSettings(1, 24L * 1000, Double.MAX_VALUE, 1000, 1 + luck(2000)));
        }

        @Override
        void close() {
            models.values().stream()
                    .filter(model -> logs().moves.copyOf(model.id).isEmpty())
                    .forEach(model -> model.acknowledged = model.end);
            logs().stop();
        }

        private LogSettings randomSettings(Durability durability) {
            return LogSettings.of(it -> it.segmentBytes(luck(4) == 0 ? 4000 : 1000)
                    .indexIntervalBytes(luck(2) == 0 ? 100 : 1000)
                    .cleanupCompact(luck(3) == 0)
                    .cleanupDelete(luck(3) == 0)
                    .retentionMs(100_000)
                    .minCleanableDirtyRatio(0.01)
                    .deleteRetentionMs(luck(3) * 10_000L)
                    .fileDeleteDelayMs(luck(2) * 1000L)
                    .durability(durability));
        }

        private void create() {
            var id = new PartitionId("t" + luck(2), 0);
            var directory = logs().directories.all().get(luck(2));
            if (!models.containsKey(id) && logs().directories.log(id).isEmpty()) {
                var durability = luck(6) == 0 ? Durability.MEMORY : Durability.DISK;
                var model = new LogModel(id, new UuidBits(seed, ++counter), randomSettings(durability));
                logs().create(directory, id, model.topicId, model.settings);
                models.put(id, model);
                promise(model);
            }
        }

        @Override
        Compression compression() {
            return Compression.NONE;
        }

        @Override
        void promise(LogModel model) {
            model.promised = logs().promise(model.id);
        }

        @Override
        void look(boolean powerCut) throws IOException {
            for (var directory : directories()) {
                for (var log : directory.logs()) {
                    var model = models.get(log.id());
                    if (model == null || !model.topicId.equals(log.topicId())) {
                        // Deleted a moment before the crash.
                        directory.delete(log);
                        logs().current.remove(log.id(), log);
                    } else {
                        logs().current.put(log.id(), log);
                    }
                }
            }
            for (var model : List.copyOf(models.values())) {
                long places = directories().stream()
                        .filter(it -> it.log(model.id).isPresent())
                        .count();
                assertThat(places).as("places of %s", model.id).isLessThanOrEqualTo(1);
                var found = logs().directories.log(model.id);
                if (found.isEmpty()) {
                    isGone(model);
                } else {
                    var log = found.get();
                    model.deletedBelow =
                            Math.min(log.view().logEndOffset(), Math.max(model.deletedBelow, model.logStart));
                    survived(model, log, powerCut);
                }
            }
        }

        @Override
        void whileDown(boolean powerCut) throws IOException {
            if (luck(4) == 0) {
                startWithoutSecond(powerCut);
            }
        }

        /// Whatever log is in service then, it lacks nothing that was acknowledged; unless moving it failed just
        /// before,
        /// and the full disk could not take that down.
        private void startWithoutSecond(boolean powerCut) throws IOException {
            world.disk().breakFolder(MovingLogs.SECOND);
            var half = new MovingLogs(world, SMALL, 1000, 1000, 1 << 30);
            for (var model : models.values()) {
                if (logs().told.stream().anyMatch(what -> what.startsWith(model.id + ":") && what.contains("failed"))) {
                    continue;
                }
                var found = half.first().log(model.id).filter(it -> it.topicId().equals(model.topicId));
                if (found.isPresent()
                        && (!powerCut || model.settings.durability().waitsForSync())) {
                    assertThat(found.get().view().logEndOffset())
                            .as("end of %s without the other directory", found.get())
                            .isGreaterThanOrEqualTo(model.acknowledged);
                }
            }
            world.kill();
        }

        @Override
        void step() throws IOException {
            if (untilCrash == 0) {
                crash(luck(2) == 0);
                return;
            }
            if (untilCrash < 0 && luck(full ? 6 : 20) == 0) {
                fill(!full);
            }
            untilCrash = Math.max(-1, untilCrash - 1);
            try {
                act(luck(untilCrash >= 0 ? 88 : 100));
            } catch (IOException refused) {
                // A bad disk, a full one, or a log that is being handed over.
                assertThat(refused.getMessage()).containsAnyOf("simulated", "handed over", "room", "well", "is full");
                someStartsMayHaveMoved();
                untilCrash = Math.min(untilCrash, 0);
            }
        }

        private void act(int dice) throws IOException {
            note(Integer.toString(dice), () -> logs().current + " " + logs().told);
            var model = any();
            if (model == null || dice < 2) {
                if (untilCrash < 0) {
                    create();
                }
            } else if (dice < 30) {
                append(model);
            } else if (dice < 36) {
                endTransaction(model);
            } else if (dice < 48) {
                logs().moves.move(model.id, logs().directories.all().get(luck(2)));
            } else if (dice < 62) {
                world.threads().runOne();
                acknowledge();
            } else if (dice < 68) {
                runSome(30);
            } else if (dice < 71) {
                world.threads().runAll();
                acknowledge();
            } else if (dice < 77) {
                world.timers().advance(luck(4000));
            } else if (dice < 79) {
                logs().directories.retain();
                models.values().forEach(it -> it.logStart = log(it).view().logStartOffset());
            } else if (dice < 83) {
                compare(model);
            } else if (dice < 85) {
                sendAgain(model);
            } else if (dice < 86) {
                deleteRecords(model);
            } else if (dice == 86) {
                models.remove(model.id);
                logs().delete(model.id);
            } else if (dice == 87) {
                change(model, randomSettings(model.settings.durability()));
            } else if (dice == 88) {
                truncate(model);
            } else if (dice == 89) {
                model.epoch++;
            } else if (dice < 92) {
                stop();
            } else if (dice < 95) {
                misfortune();
            } else {
                crash(dice >= 97);
            }
        }

        private void misfortune() {
            makeRoom();
            untilCrash = 1 + luck(10);
            if (luck(2) == 0) {
                world.disk().failAfterWrites(luck(20));
            } else {
                world.disk().breakFolder(luck(2) == 0 ? MovingLogs.FIRST : MovingLogs.SECOND);
            }
        }

        @Override
        void settle() throws IOException {
            crash(luck(2) == 0);
        }

        @Override
        void checkAtTheEnd() throws IOException {
            for (var directory : directories()) {
                assertThat(world.disk().list(directory.path())).noneMatch(name -> name.endsWith("-future"));
            }
        }
    }

    @Test
    void whateverHappensWhileItIsMovedALogIsThereOnceAndWhole() {
        var moved = new AtomicLong();
        if (SimulatedLife.live(LongStream.range(0, SEEDS), Life::new, life -> moved.addAndGet(life.moved))) {
            assertThat(moved.get()).as("moves that were finished").isGreaterThan(SEEDS / 2);
        }
    }
}
