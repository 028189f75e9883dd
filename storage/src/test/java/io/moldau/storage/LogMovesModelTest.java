package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.records.Compression;
import io.moldau.records.ControlRecord;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Random lives of logs that are moved between two directories while they are written, cut, compacted and deleted, with
/// disk errors, full disks, kills and power cuts between any two steps, against [LogModel].
///
/// `-Dmoldau.seeds=N` runs more of them, `-Dmoldau.seed=N` one, step by step.
class LogMovesModelTest {
    private static final int SEEDS = Integer.getInteger("moldau.seeds", 3000);
    private static final int STEPS = 80;
    private static final LogDirectorySettings SMALL = new LogDirectorySettings(
                    64 << 10, 8 << 10, 1 << 20, 8 << 10, 2048, 1_000_000_000)
            .with(it -> it.reserveBytes(0));

    private static final class Life {
        final SimulatedWorld world;
        final long seed;
        final Map<PartitionId, LogModel> models = new HashMap<>();
        final List<String> trace = new ArrayList<>();
        long counter;
        long idempotent = 7;
        /// Steps until the crash that ends a time of disk errors; -1 while all is well.
        int untilCrash = -1;
        boolean full;
        int moved;

        @Nullable
        MovingLogs opened;

        @Nullable
        Cleaner cleaner;

        Life(long seed) throws IOException {
            this.seed = seed;
            world = SimulatedWorld.of(seed);
            open();
        }

        int luck(int bound) {
            return world.randomness().nextInt(bound);
        }

        long nowMs() {
            return world.clock().wallMs();
        }

        MovingLogs logs() {
            var now = opened;
            if (now == null) {
                throw new AssertionError("closed");
            }
            return now;
        }

        PartitionLog log(LogModel model) {
            return logs().now(model.id);
        }

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
            var cleaning = new CleanerSettings(1, 24L * 1000, Double.MAX_VALUE, 1000, 1 + luck(2000));
            var started = new Cleaner(world.environment(), now.directories::logs, () -> cleaning);
            started.start();
            cleaner = started;
        }

        LogSettings randomSettings(Durability durability) {
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

        void create() {
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

        @Nullable
        LogModel any() {
            var all = List.copyOf(models.values());
            return all.isEmpty() ? null : all.get(luck(all.size()));
        }

        void append(LogModel model) {
            int kind = luck(4);
            long producer = kind == 0 ? 100L + luck(2) : kind == 1 ? idempotent : -1;
            int sequence = producer < 0 ? -1 : model.nextSequence(producer);
            var entries = new ArrayList<LogModel.Entry>();
            for (int count = 1 + luck(4); count > 0; count--) {
                var value = luck(6) == 0 ? null : "v" + counter++ + "x".repeat(luck(10) == 0 ? 150 : luck(30));
                entries.add(new LogModel.Entry(model.end + entries.size(), "k" + luck(12), value, nowMs()));
            }
            long last = model.end + entries.size() - 1;
            var batch = new LogModel.Batch(
                    model.end,
                    last,
                    producer,
                    model.producerEpoch(producer),
                    sequence,
                    kind == 0,
                    null,
                    nowMs(),
                    List.copyOf(entries));
            var result = log(model).append(Batches.of(batch, Compression.NONE), model.epoch, AppendOrigin.CLIENT);
            if (!lost(result)) {
                assertThat(result).isEqualTo(new AppendResult.Appended(batch.base(), last, -1, model.logStart));
                model.add(batch);
            }
        }

        boolean lost(AppendResult result) {
            return (full || untilCrash >= 0)
                    && result instanceof AppendResult.Refused(var error, var reason)
                    && error == AppendError.KAFKA_STORAGE_ERROR;
        }

        void endTransaction(LogModel model) {
            long producer = 100L + luck(2);
            if (!model.hasOpen(producer)) {
                return;
            }
            var type = luck(2) == 0 ? ControlRecord.Type.ABORT : ControlRecord.Type.COMMIT;
            int version = 1 + luck(2);
            int epoch = model.producerEpoch(producer) + version - 1;
            var marker = new ControlRecord(type, 1);
            var result = log(model).transactions().end(producer, (short) epoch, version, marker, model.epoch);
            if (!lost(result)) {
                assertThat(result).isInstanceOf(AppendResult.Appended.class);
                model.add(
                        new LogModel.Batch(model.end, model.end, producer, epoch, -1, true, type, nowMs(), List.of()));
            }
        }

        void sendAgain(LogModel model) {
            var mine = model.batches.stream()
                    .filter(batch -> batch.producer() == idempotent && batch.base() >= model.logStart)
                    .toList();
            if (!mine.isEmpty() && !full && untilCrash < 0) {
                var again = mine.get(Math.max(0, mine.size() - 1 - luck(5)));
                var result = log(model).append(Batches.of(again, Compression.NONE), model.epoch, AppendOrigin.CLIENT);
                assertThat(result)
                        .isEqualTo(new AppendResult.Duplicate(again.base(), again.last(), -1, model.logStart));
            }
        }

        void acknowledge() {
            for (var model : models.values()) {
                promise(model);
                var view = log(model).view();
                assertThat(view.logEndOffset()).as("end of %s", log(model)).isEqualTo(model.end);
                if (view.durableEndOffset() > view.logStartOffset()) {
                    assertThat(view.durableEndOffset())
                            .as("what was acknowledged of %s", log(model))
                            .isGreaterThanOrEqualTo(Math.min(model.acknowledged, model.end));
                    model.acknowledged = Math.max(model.acknowledged, view.durableEndOffset());
                }
            }
        }

        void promise(LogModel model) {
            model.promised = logs().promise(model.id);
        }

        void compare(LogModel model) throws IOException {
            model.compare(log(model), nowMs());
        }

        void afterCrash(boolean powerCut) throws IOException {
            untilCrash = -1;
            for (var directory : logs().directories.all()) {
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
                long places = logs().directories.all().stream()
                        .filter(it -> it.log(model.id).isPresent())
                        .count();
                assertThat(places).as("places of %s", model.id).isLessThanOrEqualTo(1);
                var found = logs().directories.log(model.id);
                if (found.isEmpty()) {
                    assertThat(model.acknowledged > model.logStart
                                    && model.settings.durability().waitsForSync())
                            .as("%s is gone with %s acknowledged", model.id, model.acknowledged)
                            .isFalse();
                    models.remove(model.id);
                    continue;
                }
                var log = found.get();
                log.updateSettings(model.settings);
                var view = log.view();
                if (!powerCut || model.settings.durability().waitsForSync()) {
                    assertThat(view.logEndOffset()).as("end of %s", log).isGreaterThanOrEqualTo(model.acknowledged);
                }
                assertThat(view.logEndOffset()).isLessThanOrEqualTo(model.end);
                assertThat(view.logStartOffset()).isLessThanOrEqualTo(model.logStart);
                model.cut(view.logEndOffset());
                model.deletedBelow = Math.min(model.end, Math.max(model.deletedBelow, model.logStart));
                model.logStart = view.logStartOffset();
                model.acknowledged = view.durableEndOffset();
                promise(model);
                compare(model);
            }
        }

        void fill(boolean now) {
            full = now;
            world.disk().capacity(now ? world.disk().usedBytes() + luck(2500) : 1L << 40);
            world.timers().advance(1001);
        }

        void crash(boolean powerCut) throws IOException {
            if (full) {
                fill(false);
            }
            if (powerCut) {
                world.powerCut();
            } else {
                world.kill();
            }
            if (luck(4) == 0) {
                startWithoutSecond(powerCut);
            }
            open();
            afterCrash(powerCut);
        }

        /// Whatever log is in service then, it lacks nothing that was acknowledged; unless moving it failed just
        /// before, and
        /// the full disk could not take that down.
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

        void stop() throws IOException {
            if (full) {
                fill(false);
            }
            var running = cleaner;
            if (running != null) {
                running.close();
            }
            models.values().stream()
                    .filter(model -> logs().moves.copyOf(model.id).isEmpty())
                    .forEach(model -> model.acknowledged = model.end);
            logs().stop();
            world.kill();
            open();
            logs().directories
                    .all()
                    .forEach(it -> assertThat(it.recovery().clean()).isTrue());
            afterCrash(false);
        }

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
                models.values()
                        .forEach(model -> model.logStart =
                                Math.max(model.logStart, log(model).view().logStartOffset()));
                untilCrash = Math.min(untilCrash, 0);
            }
        }

        void act(int dice) throws IOException {
            trace.add(Integer.toString(dice));
            if (Long.getLong("moldau.seed", -1) >= 0) {
                System.out.println(dice + " " + logs().current + " " + logs().told);
            }
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
                for (int count = luck(30); count > 0; count--) {
                    world.threads().runOne();
                }
                acknowledge();
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
                long to = Math.max(model.logStart, Math.min(model.acknowledged, model.logStart + luck(20)));
                assertThat(log(model).advanceLogStartTo(to)).isEqualTo(to);
                model.logStart = to;
            } else if (dice == 86) {
                models.remove(model.id);
                logs().delete(model.id);
            } else if (dice == 87) {
                model.changed(randomSettings(model.settings.durability()));
                log(model).updateSettings(model.settings);
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
            if (full) {
                fill(false);
            }
            untilCrash = 1 + luck(10);
            if (luck(2) == 0) {
                world.disk().failAfterWrites(luck(20));
            } else {
                world.disk().breakFolder(luck(2) == 0 ? MovingLogs.FIRST : MovingLogs.SECOND);
            }
        }

        void truncate(LogModel model) throws IOException {
            long least = Math.max(model.acknowledged, log(model).view().durableEndOffset());
            if (least > model.end || full) {
                return;
            }
            log(model).truncateTo(least + luck((int) (model.end - least) + 1));
            model.cut(log(model).view().logEndOffset());
            model.logStart = log(model).view().logStartOffset();
            idempotent++;
            model.producersRead = true;
        }

        void run() throws IOException {
            for (int step = 0; step < STEPS; step++) {
                step();
            }
            crash(luck(2) == 0);
            world.timers().advance(10_000);
            world.threads().runAll();
            for (var model : models.values()) {
                compare(model);
            }
            for (var directory : logs().directories.all()) {
                assertThat(world.disk().list(directory.path())).noneMatch(name -> name.endsWith("-future"));
            }
        }
    }

    @Test
    void whateverHappensWhileItIsMovedALogIsThereOnceAndWhole() {
        long only = Long.getLong("moldau.seed", -1);
        long moved = 0;
        for (long seed : (only < 0 ? LongStream.range(0, SEEDS) : LongStream.of(only)).toArray()) {
            var trace = List.<String>of();
            try {
                var life = new Life(seed);
                trace = life.trace;
                life.run();
                moved += life.moved;
            } catch (Throwable failure) {
                throw new AssertionError(
                        "seed " + seed + ", step " + trace.size() + " (" + String.join(" ", trace) + "): " + failure,
                        failure);
            }
        }
        if (only < 0) {
            assertThat(moved).as("moves that were finished").isGreaterThan(SEEDS / 2);
        }
    }
}
