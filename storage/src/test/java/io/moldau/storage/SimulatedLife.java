package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.records.Compression;
import io.moldau.records.ControlRecord;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// What may happen to logs, one step after the other, as luck has it; and a [LogModel] of each, which must hold after
/// every restart and at the end. The order in which luck is asked makes the seeds what they are.
///
/// `-Dmoldau.seed=N` runs one life, step by step.
abstract class SimulatedLife {
    private static final long ONLY = Long.getLong("moldau.seed", -1);
    private static final int STEPS = 80;
    private static final long PLENTY_BYTES = 1L << 40;

    interface Birth<L extends SimulatedLife> {
        L of(long seed) throws IOException;
    }

    interface Witness<L extends SimulatedLife> {
        void of(L life) throws IOException;
    }

    /// @return false if only one life was asked for: then there is nothing to be said about all of them
    static <L extends SimulatedLife> boolean live(LongStream seeds, Birth<L> birth, Witness<L> witness) {
        for (long seed : (ONLY < 0 ? seeds : LongStream.of(ONLY)).toArray()) {
            var trace = List.<String>of();
            try {
                var life = birth.of(seed);
                trace = life.trace;
                life.run();
                witness.of(life);
            } catch (Throwable failure) {
                throw new AssertionError(
                        "seed " + seed + ", step " + trace.size() + " (" + String.join(" ", trace) + "): " + failure,
                        failure);
            }
        }
        return ONLY < 0;
    }

    final long seed;
    final SimulatedWorld world;
    final Map<PartitionId, LogModel> models = new HashMap<>();
    long counter;
    /// Steps until the crash that ends a time of disk errors; -1 while all is well.
    int untilCrash = -1;
    boolean full;
    final List<String> trace = new ArrayList<>();
    private final int scarceBytes;
    private long idempotent = 7;
    private @Nullable Cleaner cleaner;

    /// @param scarceBytes on a full disk less than this is free
    SimulatedLife(long seed, int scarceBytes) {
        this.seed = seed;
        this.scarceBytes = scarceBytes;
        this.world = SimulatedWorld.of(seed);
    }

    abstract void open() throws IOException;

    abstract void close() throws IOException;

    abstract Collection<LogDirectory> directories();

    /// The log in service.
    abstract PartitionLog log(LogModel model);

    abstract Compression compression();

    abstract void step() throws IOException;

    /// After a restart: what is there must fit to the models.
    abstract void look(boolean powerCut) throws IOException;

    /// The end of a life, whatever state it is in.
    abstract void settle() throws IOException;

    abstract void checkAtTheEnd() throws IOException;

    /// What the owner of a partition does when it hears that bytes are durable.
    abstract void promise(LogModel model);

    /// The node is down after a crash.
    void whileDown(boolean powerCut) throws IOException {}

    final int luck(int bound) {
        return world.randomness().nextInt(bound);
    }

    final long nowMs() {
        return world.clock().wallMs();
    }

    final void note(String what, Supplier<?> state) {
        trace.add(what);
        if (ONLY >= 0) {
            System.out.println(what + " " + state.get());
        }
    }

    final void startCleaner(Supplier<Collection<PartitionLog>> logs, CleanerSettings settings) {
        var started = new Cleaner(world.environment(), logs, () -> settings, (id, what) -> {});
        started.start();
        cleaner = started;
    }

    final void run() throws IOException {
        for (int step = 0; step < STEPS; step++) {
            step();
        }
        settle();
        world.timers().advance(10_000);
        world.threads().runAll();
        for (var model : models.values()) {
            compare(model);
        }
        checkAtTheEnd();
    }

    final @Nullable LogModel any() {
        var all = List.copyOf(models.values());
        return all.isEmpty() ? null : all.get(luck(all.size()));
    }

    /// One batch, or several that came together.
    final void append(LogModel model) {
        if (log(model).directory().failure().isEmpty()) {
            model.nothingElseIsThere();
        }
        var sent = new ArrayList<LogModel.Batch>();
        var sequences = new HashMap<Long, Integer>();
        for (int count = luck(3) == 0 ? 2 + luck(4) : 1; count > 0; count--) {
            var batch = batch(model, sent.isEmpty() ? model.end : sent.getLast().last() + 1, sequences);
            sent.add(batch);
            if (batch.producer() == idempotent && luck(8) == 0) {
                sent.add(batch);
            }
        }
        var appends = sent.stream()
                .map(batch -> new Append(Batches.of(batch, compression()), null))
                .toList();
        var results = log(model).append(appends, model.epoch, AppendOrigin.CLIENT);
        var written = new HashMap<LogModel.Batch, LogModel.Batch>();
        var gaps = new HashSet<Long>();
        var lost = new HashSet<LogModel.Batch>();
        for (int i = 0; i < results.size(); i++) {
            var batch = sent.get(i);
            var result = results.get(i);
            var earlier = written.get(batch);
            if (lost(result) || outOfOrder(result) && gaps.contains(batch.producer())) {
                gaps.add(batch.producer());
                if (earlier == null && lost.add(batch)) {
                    model.mayBeThere(batch);
                }
            } else if (earlier != null) {
                assertThat(result)
                        .isEqualTo(new AppendResult.Duplicate(earlier.base(), earlier.last(), -1, model.logStart));
            } else {
                // Those before it may have found no room.
                var there = batch.movedTo(model.end);
                assertThat(result).isEqualTo(new AppendResult.Appended(there.base(), there.last(), -1, model.logStart));
                model.add(there);
                written.put(batch, there);
            }
        }
    }

    private LogModel.Batch batch(LogModel model, long base, Map<Long, Integer> sequences) {
        int kind = luck(4);
        long producer = kind == 0 ? 100L + luck(2) : kind == 1 ? idempotent : -1;
        int sequence = producer < 0 ? -1 : sequences.computeIfAbsent(producer, model::nextSequence);
        var entries = new ArrayList<LogModel.Entry>();
        for (int count = 1 + luck(4); count > 0; count--) {
            var value = luck(6) == 0 ? null : "v" + counter++ + "x".repeat(luck(10) == 0 ? 150 : luck(30));
            entries.add(new LogModel.Entry(base + entries.size(), "k" + luck(12), value, nowMs()));
        }
        sequences.put(producer, sequence + entries.size());
        return new LogModel.Batch(
                base,
                base + entries.size() - 1,
                producer,
                model.producerEpoch(producer),
                sequence,
                kind == 0,
                null,
                nowMs(),
                List.copyOf(entries));
    }

    private static boolean outOfOrder(AppendResult result) {
        return result instanceof AppendResult.Refused(var error, var reason)
                && error == AppendError.OUT_OF_ORDER_SEQUENCE_NUMBER;
    }

    private boolean lost(AppendResult result) {
        return (full || untilCrash >= 0)
                && result instanceof AppendResult.Refused(var error, var reason)
                && error == AppendError.KAFKA_STORAGE_ERROR;
    }

    final void endTransaction(LogModel model) {
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
            model.add(new LogModel.Batch(model.end, model.end, producer, epoch, -1, true, type, nowMs(), List.of()));
        }
    }

    final void sendAgain(LogModel model) {
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

    /// A few of the tasks that wait are run.
    final void runSome(int most) {
        for (int count = luck(most); count > 0; count--) {
            world.threads().runOne();
        }
        acknowledge();
    }

    final void acknowledge() {
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

    final void deleteRecords(LogModel model) throws IOException {
        long to = Math.max(model.logStart, Math.min(model.acknowledged, model.logStart + luck(20)));
        assertThat(log(model).advanceLogStartTo(to)).isEqualTo(to);
        model.logStart = to;
    }

    final void change(LogModel model, LogSettings settings) {
        model.changed(settings);
        log(model).updateSettings(settings);
    }

    /// A follower never cuts what is promised.
    final void truncate(LogModel model) throws IOException {
        long least = Math.max(model.acknowledged, log(model).view().durableEndOffset());
        if (least > model.end || full) {
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

    final void compare(LogModel model) throws IOException {
        model.compare(log(model), nowMs());
    }

    /// What failed may have deleted records before.
    final void someStartsMayHaveMoved() {
        models.values()
                .forEach(model -> model.logStart =
                        Math.max(model.logStart, log(model).view().logStartOffset()));
    }

    /// Another program takes what room there is, or gives it back.
    final void fill(boolean now) {
        full = now;
        world.disk().capacity(now ? world.disk().usedBytes() + luck(scarceBytes) : PLENTY_BYTES);
        world.timers().advance(1001);
    }

    final void makeRoom() {
        if (full) {
            fill(false);
        }
    }

    final void crash(boolean powerCut) throws IOException {
        makeRoom();
        if (powerCut) {
            world.powerCut();
        } else {
            world.kill();
        }
        whileDown(powerCut);
        open();
        untilCrash = -1;
        look(powerCut);
    }

    final void stop() throws IOException {
        makeRoom();
        var running = cleaner;
        if (running != null) {
            running.close();
        }
        close();
        world.kill();
        open();
        directories().forEach(it -> assertThat(it.recovery().clean()).isTrue());
        look(false);
    }

    /// A log that no directory has any more had nothing that was acknowledged.
    final void isGone(LogModel model) {
        assertThat(model.acknowledged > model.logStart
                        && model.settings.durability().waitsForSync())
                .as("%s is gone with %s acknowledged", model.id, model.acknowledged)
                .isFalse();
        models.remove(model.id);
    }

    final void survived(LogModel model, PartitionLog log, boolean powerCut) throws IOException {
        log.updateSettings(model.settings);
        var view = log.view();
        if (!powerCut || model.settings.durability().waitsForSync()) {
            assertThat(view.logEndOffset()).as("end of %s", log).isGreaterThanOrEqualTo(model.acknowledged);
        }
        model.adopt(view.logEndOffset());
        assertThat(view.logEndOffset()).isLessThanOrEqualTo(model.end);
        assertThat(view.logStartOffset()).isLessThanOrEqualTo(model.logStart);
        model.cut(view.logEndOffset());
        model.logStart = view.logStartOffset();
        model.acknowledged = view.durableEndOffset();
        promise(model);
        compare(model);
    }
}
