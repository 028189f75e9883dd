package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.DiskFullException;
import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.records.Compression;
import io.moldau.records.ControlRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    private static final int STEPS = 80;
    /// From this seed on the disk fills up now and then, and few files are open at once.
    private static final long CROWDED = 1_000_000;
    private static final Path DATA = Path.of("/data");
    private static final LogDirectorySettings SMALL =
            new LogDirectorySettings(64 << 10, 8 << 10, 1 << 20, 8 << 10, 2048, 1_000_000_000);

    private static final class Life {
        final SimulatedWorld world;
        final long seed;
        final Map<PartitionId, LogModel> models = new HashMap<>();
        final List<String> trace = new ArrayList<>();

        @Nullable
        LogDirectory opened;

        @Nullable
        Cleaner cleaner;

        CleanerSettings cleaning = CleanerSettings.DEFAULTS;
        long counter;
        long idempotent = 7;
        int untilCrash = -1;
        boolean full;

        Life(long seed) throws IOException {
            this.seed = seed;
            world = SimulatedWorld.of(seed);
            open();
        }

        int luck(int bound) {
            return world.randomness().nextInt(bound);
        }

        long now() {
            return world.clock().wallMs();
        }

        LogDirectory directory() {
            var directory = opened;
            if (directory == null) {
                throw new AssertionError("closed");
            }
            return directory;
        }

        PartitionLog log(LogModel model) {
            return directory().log(model.id).orElseThrow();
        }

        void open() throws IOException {
            var directory = LogDirectory.open(
                    world.environment(),
                    DATA,
                    seed < CROWDED ? SMALL : SMALL.with(it -> it.reserveBytes(0).openFiles(1 + (int) (seed % 3))));
            opened = directory;
            cleaning = new CleanerSettings(
                    1 + luck(2), 24L * (luck(3) == 0 ? 20 : 1000), Double.MAX_VALUE, 1000, 1 + luck(2000));
            var started = new Cleaner(world.environment(), directory::logs, () -> cleaning);
            started.start();
            cleaner = started;
        }

        LogSettings randomSettings(Durability durability) {
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

        void create() throws IOException {
            var id = new PartitionId("t" + luck(2), 0);
            if (!models.containsKey(id)) {
                var durability = luck(8) == 0 ? Durability.MEMORY : Durability.DISK;
                var model = new LogModel(id, new UuidBits(seed, ++counter), randomSettings(durability));
                directory().create(id, model.topicId, model.settings);
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
            boolean transactional = kind == 0;
            int sequence = producer < 0 ? -1 : model.nextSequence(producer);
            var entries = new ArrayList<LogModel.Entry>();
            for (int count = 1 + luck(4); count > 0; count--) {
                var value = luck(6) == 0 ? null : "v" + counter++ + "x".repeat(luck(10) == 0 ? 150 : luck(30));
                entries.add(new LogModel.Entry(model.end + entries.size(), "k" + luck(12), value, now()));
            }
            long last = model.end + entries.size() - 1;
            var batch = new LogModel.Batch(
                    model.end,
                    last,
                    producer,
                    model.producerEpoch(producer),
                    sequence,
                    transactional,
                    null,
                    now(),
                    List.copyOf(entries));
            var result = log(model).append(Batches.of(batch, compression()), model.epoch, AppendOrigin.CLIENT);
            if (!lost(result)) {
                assertThat(result).isEqualTo(new AppendResult.Appended(batch.base(), last, -1, model.logStart));
                model.add(batch);
            }
        }

        Compression compression() {
            return luck(5) == 0 ? Compression.LZ4 : Compression.NONE;
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
                model.add(new LogModel.Batch(model.end, model.end, producer, epoch, -1, true, type, now(), List.of()));
            }
        }

        void sendAgain(LogModel model) {
            var mine = model.batches.stream()
                    .filter(batch -> batch.producer() == idempotent && batch.base() >= model.logStart)
                    .toList();
            if (mine.isEmpty() || full || untilCrash >= 0) {
                return;
            }
            var again = mine.get(Math.max(0, mine.size() - 1 - luck(5)));
            var result = log(model).append(Batches.of(again, Compression.NONE), model.epoch, AppendOrigin.CLIENT);
            assertThat(result).isEqualTo(new AppendResult.Duplicate(again.base(), again.last(), -1, model.logStart));
        }

        void acknowledge() {
            for (var model : models.values()) {
                promise(model);
                var view = log(model).view();
                assertThat(view.logEndOffset()).isEqualTo(model.end);
                if (view.durableEndOffset() > view.logStartOffset()) {
                    model.acknowledged = Math.max(model.acknowledged, view.durableEndOffset());
                }
            }
        }

        /// What the owner of a partition does when it hears that bytes are durable.
        void promise(LogModel model) {
            model.promised = log(model).view().durableEndOffset();
            log(model).transactions().promised(model.promised);
        }

        void compare(LogModel model) throws IOException {
            model.compare(log(model), now());
        }

        void afterCrash(boolean powerCut) throws IOException {
            untilCrash = -1;
            for (var model : List.copyOf(models.values())) {
                var found = directory().log(model.id);
                if (found.isEmpty() || !found.get().topicId().equals(model.topicId)) {
                    assertThat(model.acknowledged > model.logStart
                                    && model.settings.durability().waitsForSync())
                            .as("%s is gone with %s acknowledged", model.id, model.acknowledged)
                            .isFalse();
                    if (found.isPresent()) {
                        directory().delete(found.get());
                    }
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
                model.logStart = view.logStartOffset();
                model.acknowledged = view.durableEndOffset();
                promise(model);
                // A log at rest is put in order when it is used.
                if (!log.segments().isEmpty()) {
                    assertThat(world.disk().list(log.path())).noneMatch(name -> name.endsWith(".swap"));
                }
                compare(model);
            }
            for (var log : directory().logs()) {
                if (!models.containsKey(log.id())) {
                    directory().delete(log);
                }
            }
        }

        /// Another program takes what room there is, or gives it back.
        void fill(boolean now) {
            full = now;
            world.disk().capacity(now ? world.disk().usedBytes() + luck(1500) : 1L << 40);
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
            open();
            afterCrash(powerCut);
        }

        void stop() throws IOException {
            if (full) {
                fill(false);
            }
            var running = cleaner;
            if (running != null) {
                running.close();
            }
            directory().close();
            world.kill();
            open();
            assertThat(directory().recovery().clean()).isTrue();
            models.values().forEach(model -> model.acknowledged = model.end);
            afterCrash(false);
        }

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
                models.values()
                        .forEach(model -> model.logStart =
                                Math.max(model.logStart, log(model).view().logStartOffset()));
                untilCrash = 0;
            }
        }

        private void crowded() throws IOException {
            try {
                act(luck(100));
            } catch (DiskFullException noRoom) {
                trace.add("full");
                models.values()
                        .forEach(model -> model.logStart =
                                Math.max(model.logStart, log(model).view().logStartOffset()));
            }
            if (untilCrash < 0) {
                assertThat(directory().failure()).isEmpty();
            }
        }

        void act(int dice) throws IOException {
            trace.add(Integer.toString(dice));
            if (Long.getLong("moldau.seed", -1) >= 0) {
                System.out.println(dice + " " + directory().logs());
            }
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
                for (int count = luck(40); count > 0; count--) {
                    world.threads().runOne();
                }
                acknowledge();
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
                long to = Math.max(model.logStart, Math.min(model.acknowledged, model.logStart + luck(20)));
                assertThat(log(model).advanceLogStartTo(to)).isEqualTo(to);
                model.logStart = to;
            } else if (dice == 87) {
                if (!full) {
                    truncate(model);
                }
            } else if (dice == 88) {
                directory().delete(log(model));
                models.remove(model.id);
            } else if (dice < 91) {
                model.changed(randomSettings(model.settings.durability()));
                log(model).updateSettings(model.settings);
            } else if (dice == 91) {
                model.epoch++;
            } else if (dice < 93) {
                stop();
            } else if (dice < 95) {
                if (full) {
                    fill(false);
                }
                untilCrash = 1 + luck(6);
                world.disk().failAfterWrites(luck(12));
            } else {
                crash(dice >= 97);
            }
        }

        /// A follower never cuts what is promised.
        void truncate(LogModel model) throws IOException {
            long least = Math.max(model.acknowledged, log(model).view().durableEndOffset());
            if (least > model.end) {
                return;
            }
            long to = least + luck((int) (model.end - least) + 1);
            log(model).truncateTo(to);
            model.cut(log(model).view().logEndOffset());
            assertThat(model.end).isLessThanOrEqualTo(to);
            model.logStart = log(model).view().logStartOffset();
            // What a log knows of its producers after that is what its batches say, and some of them are gone.
            idempotent++;
            model.producersRead = true;
        }

        void run() throws IOException {
            for (int step = 0; step < STEPS; step++) {
                step();
            }
            if (untilCrash >= 0) {
                crash(true);
            }
            if (full) {
                fill(false);
            }
            world.timers().advance(10_000);
            world.threads().runAll();
            for (var model : models.values()) {
                compare(model);
                if (seed < CROWDED) {
                    // What a full disk stopped is told until the next pass, which may not be due.
                    assertThat(log(model).compactionStatus().problem()).isEmpty();
                }
            }
        }
    }

    @Test
    void whateverHappensALogHoldsWhatTheModelSays() {
        long only = Long.getLong("moldau.seed", -1);
        long passes = 0;
        var seeds = only < 0
                ? LongStream.concat(
                        LongStream.concat(LongStream.of(FOUND_BY_LONGER_RUNS), LongStream.range(0, SEEDS)),
                        LongStream.range(CROWDED, CROWDED + SEEDS / 2))
                : LongStream.of(only);
        for (long seed : seeds.toArray()) {
            var trace = List.<String>of();
            try {
                var life = new Life(seed);
                trace = life.trace;
                life.run();
                for (var model : life.models.values()) {
                    passes += life.log(model).compactionStatus().lastPassMs() > 0 ? 1 : 0;
                }
            } catch (Throwable failure) {
                throw new AssertionError(
                        "seed " + seed + ", step " + trace.size() + " (" + String.join(" ", trace) + "): " + failure,
                        failure);
            }
        }
        if (only < 0) {
            assertThat(passes).as("logs that were compacted").isGreaterThan(SEEDS / 4);
        }
    }
}
