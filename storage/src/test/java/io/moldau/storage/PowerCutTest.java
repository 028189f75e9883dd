package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.records.ControlRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Random lives of a log directory against a simple model: whatever crash comes, every acknowledged record is there,
/// once, in order, and nothing that was never written.
class PowerCutTest {
    private static final int SEEDS = Integer.getInteger("moldau.seeds", 4000);
    private static final Path DATA = Path.of("/data");
    private static final LogDirectorySettings SMALL =
            new LogDirectorySettings(64 << 10, 8 << 10, 1 << 20, 16 << 10, 2048, 1_000_000);
    private static final LogDirectorySettings LARGE =
            new LogDirectorySettings(1 << 20, 128 << 10, 4 << 20, 16 << 10, 128 << 10, 1_000_000);
    private static final LentMemory MEMORY = new LentMemory(4 << 20);

    private static final class Life {
        final SimulatedWorld world;
        final long seed;
        final Map<PartitionId, PartitionModel> models = new HashMap<>();

        @Nullable
        LogDirectory opened;

        long counter;
        int last;

        /// Batches are lent, and some of them are so large that the journal is written from where they lie.
        final boolean large;

        Life(long seed, boolean large) throws IOException {
            this.seed = seed;
            this.large = large;
            MEMORY.clear();
            world = SimulatedWorld.of(seed);
            open();
        }

        int luck(int bound) {
            return world.randomness().nextInt(bound);
        }

        LogDirectory directory() {
            var directory = opened;
            if (directory == null) {
                throw new AssertionError("closed");
            }
            return directory;
        }

        PartitionLog log(PartitionModel model) {
            return directory().log(model.id).orElseThrow();
        }

        void open() throws IOException {
            opened = LogDirectory.open(world.environment(), DATA, large ? LARGE : SMALL);
        }

        LogSettings randomSettings() {
            return LogSettings.DEFAULTS.with(it -> it.segmentBytes((luck(3) == 0 ? 100_000 : 3000) * (large ? 20 : 1))
                    .indexIntervalBytes(luck(2) == 0 ? 100 : 1000)
                    .retentionMs(50_000)
                    .fileDeleteDelayMs(luck(2) * 1000L)
                    .durability(luck(8) == 0 ? Durability.MEMORY : Durability.DISK));
        }

        void create() throws IOException {
            var id = new PartitionId("t" + luck(3), luck(2));
            if (models.containsKey(id)) {
                return;
            }
            var model = new PartitionModel(id, new UuidBits(seed, ++counter), randomSettings());
            directory().create(id, model.topicId, model.settings);
            models.put(id, model);
        }

        @Nullable
        PartitionModel any() {
            var all = List.copyOf(models.values());
            return all.isEmpty() ? null : all.get(luck(all.size()));
        }

        void append(PartitionModel model) {
            var values = new ArrayList<String>();
            int count = 1 + luck(3);
            for (int i = 0; i < count; i++) {
                values.add(model.id + "#" + counter++ + "x".repeat(luck(12) == 0 ? 700 : luck(40) * (large ? 500 : 1)));
            }
            var array = values.toArray(new String[0]);
            int kind = luck(4);
            boolean idempotent = kind < 2;
            boolean transactional = kind == 2;
            int sequence = idempotent ? model.nextSequence : transactional ? model.nextTransactionalSequence() : -1;
            ByteBuffer batch = idempotent
                    ? Batches.of(7, 0, sequence, world.clock().wallMs(), array)
                    : transactional
                            ? Batches.transactional(9, sequence, world.clock().wallMs(), array)
                            : Batches.plain(world.clock().wallMs(), array);
            var result = append(model, batch);
            assertThat(result).isInstanceOf(AppendResult.Appended.class);
            var appended = (AppendResult.Appended) result;
            assertThat(appended.baseOffset()).isEqualTo(model.end);
            model.batches.add(new PartitionModel.Written(
                    appended.baseOffset(), appended.lastOffset(), sequence, transactional, null, values));
            model.end = appended.lastOffset() + 1;
            if (idempotent) {
                model.nextSequence += count;
            }
        }

        private AppendResult append(PartitionModel model, ByteBuffer batch) {
            if (!large) {
                return log(model).append(batch, model.epoch, AppendOrigin.CLIENT);
            }
            var piece = MEMORY.lend(batch, luck(5000));
            try {
                return log(model)
                        .append(List.of(piece.append()), model.epoch, AppendOrigin.CLIENT)
                        .getFirst();
            } finally {
                piece.release();
            }
        }

        void endTransaction(PartitionModel model) {
            if (model.open().isEmpty()) {
                return;
            }
            var type = luck(2) == 0 ? ControlRecord.Type.ABORT : ControlRecord.Type.COMMIT;
            var marker = new ControlRecord(type, 0);
            var result = log(model).transactions().end(9, (short) 0, 1, marker, model.epoch);
            assertThat(result).isInstanceOf(AppendResult.Appended.class);
            model.batches.add(new PartitionModel.Written(model.end, model.end, -1, true, type, List.of()));
            model.end++;
        }

        void sendAgain(PartitionModel model) {
            var mine = model.batches.stream()
                    .filter(b -> b.sequence() >= 0 && !b.transactional() && b.baseOffset() >= model.logStart)
                    .toList();
            if (mine.isEmpty()) {
                return;
            }
            var again = mine.get(Math.max(0, mine.size() - 1 - luck(5)));
            var batch = Batches.of(
                    7,
                    0,
                    again.sequence(),
                    world.clock().wallMs(),
                    again.values().toArray(new String[0]));
            var result = append(model, batch);
            assertThat(result).isInstanceOf(AppendResult.Duplicate.class);
            var duplicate = (AppendResult.Duplicate) result;
            assertThat(duplicate.baseOffset()).isEqualTo(again.baseOffset());
            assertThat(duplicate.lastOffset()).isEqualTo(again.lastOffset());
        }

        void acknowledge() {
            for (var model : models.values()) {
                var view = log(model).view();
                assertThat(view.logEndOffset()).isEqualTo(model.end);
                assertThat(view.durableEndOffset())
                        .isGreaterThanOrEqualTo(Math.min(model.acknowledged, view.logEndOffset()));
                if (view.durableEndOffset() > view.logStartOffset()) {
                    // At the log start there is nothing left that could have been acknowledged.
                    model.acknowledged = view.durableEndOffset();
                }
            }
        }

        /// Reads a log as a consumer would and compares.
        void compare(PartitionModel model, int maxBytes) throws IOException {
            var log = log(model);
            var view = log.view();
            long expected = -1;
            var byOffset = new HashMap<Long, PartitionModel.Written>();
            model.batches.forEach(b -> byOffset.put(b.baseOffset(), b));
            for (var batch : Batches.read(log, view.logStartOffset(), view.logEndOffset(), maxBytes)) {
                assertThat(expected < 0 || batch.baseOffset() == expected)
                        .as("%s has offset %s after %s", log, batch.baseOffset(), expected)
                        .isTrue();
                expected = batch.nextOffset();
                var written = byOffset.get(batch.baseOffset());
                if (written == null) {
                    throw new AssertionError("a batch at " + batch.baseOffset() + " of " + log);
                }
                if (written.marker() == null) {
                    assertThat(Batches.values(batch)).isEqualTo(written.values());
                } else {
                    assertThat(batch.controlRecord().type()).isEqualTo(written.marker());
                }
            }
            long stable = view.lastStableOffset();
            // A log that was cut may know of its transactions only what its batches say that are left.
            long least = model.stable(0, view.logStartOffset());
            long most = model.cut ? model.stable(view.logStartOffset(), view.logStartOffset()) : least;
            assertThat(stable).isBetween(least, Math.max(least, most));
            var committed = CommittedReader.read(log, view.logStartOffset(), maxBytes).stream()
                    .map(record -> Batches.string(record.value()))
                    .toList();
            assertThat(committed).isEqualTo(model.committed(stable));
        }

        void afterCrash(boolean powerCut) throws IOException {
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
                model.cutTo(view.logEndOffset());
                model.logStart = view.logStartOffset();
                model.acknowledged = view.durableEndOffset();
                assertThat(model.acknowledged).isEqualTo(model.end);
                compare(model, 1 + luck(5000));
            }
            for (var log : directory().logs()) {
                if (!models.containsKey(log.id())) {
                    // Deleted a moment before the crash.
                    directory().delete(log);
                }
            }
        }

        void step() throws IOException {
            int dice = luck(100);
            last = dice;
            var model = any();
            if (model == null || dice < 3) {
                create();
            } else if (dice < 49) {
                append(model);
            } else if (dice < 55) {
                endTransaction(model);
            } else if (dice < 70) {
                world.threads().runOne();
                acknowledge();
            } else if (dice < 74) {
                world.threads().runAll();
                acknowledge();
            } else if (dice < 80) {
                compare(model, 1 + luck(5000));
            } else if (dice < 84) {
                sendAgain(model);
            } else if (dice < 86) {
                long to = model.logStart + luck((int) (model.end - model.logStart) + 1);
                // The high watermark bounds DeleteRecords.
                to = Math.max(model.logStart, Math.min(to, model.acknowledged));
                assertThat(log(model).advanceLogStartTo(to)).isEqualTo(to);
                model.logStart = to;
            } else if (dice < 88) {
                world.timers().advance(luck(60_000));
                directory().retain();
                models.values().forEach(m -> m.logStart = log(m).view().logStartOffset());
                acknowledge();
            } else if (dice == 88) {
                truncate(model);
            } else if (dice == 89) {
                directory().delete(log(model));
                models.remove(model.id);
            } else if (dice == 90) {
                model.settings = randomSettings().with(it -> it.durability(model.settings.durability()));
                log(model).updateSettings(model.settings);
            } else if (dice == 91) {
                model.epoch++;
            } else if (dice < 94) {
                directory().close();
                world.kill();
                open();
                assertThat(directory().recovery().clean()).isTrue();
                models.values().forEach(m -> m.acknowledged = m.end);
                afterCrash(false);
            } else if (dice < 97) {
                world.kill();
                open();
                afterCrash(false);
            } else {
                world.powerCut();
                open();
                afterCrash(true);
            }
        }

        void truncate(PartitionModel model) throws IOException {
            long to = model.logStart + luck((int) (model.end - model.logStart) + 1);
            log(model).truncateTo(to);
            // A truncated follower's producer state is whatever its log says.
            model.cutTo(to);
            model.cut = true;
            long end = log(model).view().logEndOffset();
            assertThat(end).isLessThanOrEqualTo(to);
            model.end = end;
            model.logStart = Math.min(model.logStart, end);
            model.acknowledged = Math.min(model.acknowledged, end);
            compare(model, 1 + luck(5000));
        }
    }

    /// Seed 15804: a late deletion removed a segment of a log created anew under the same name.
    @Test
    void seedsThatFoundBugsStayGreen() throws IOException {
        var life = new Life(15804, false);
        for (int step = 0; step < 60; step++) {
            life.step();
        }
    }

    @Test
    void everyAcknowledgedRecordIsThereOnceInOrderAfterAnyCrash() {
        live(SEEDS, false);
    }

    @Test
    void theSameWhereTheJournalIsWrittenFromLentMemory() {
        live(SEEDS / 4, true);
    }

    private static void live(int seeds, boolean large) {
        long only = Long.getLong("moldau.seed", -1);
        for (long seed = only < 0 ? 0 : only; seed < (only < 0 ? seeds : only + 1); seed++) {
            int step = 0;
            try {
                var life = new Life(seed, large);
                for (; step < 60; step++) {
                    life.step();
                    if (only >= 0) {
                        System.out.println(
                                step + " " + life.last + " " + life.directory().logs() + " "
                                        + life.directory().recovery().summary());
                    }
                }
            } catch (Throwable failure) {
                throw new AssertionError("seed " + seed + ", step " + step + ": " + failure, failure);
            }
        }
    }
}
