package io.moldau.coordination;

import io.moldau.environment.Environment;
import io.moldau.environment.Strand;
import io.moldau.environment.Timers;
import io.moldau.protocol.ErrorCode;
import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import io.moldau.records.ControlRecord;
import io.moldau.records.RecordBatch;
import io.moldau.records.RecordBatches;
import io.moldau.replication.AppendOutcome;
import io.moldau.replication.Fetched;
import io.moldau.replication.Partition;
import io.moldau.replication.TransactionMarker;
import io.moldau.storage.AppendOrigin;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs one state machine on one partition: loads it from the log, then runs operations one at a time. An operation
/// reads the state and fills [Effects]; the coordinator replays the records at once and appends them, and tells the
/// one who asked when they are committed.
///
/// Why the replay comes before the commit: the next operation must see the change. If the append fails, the state
/// is thrown away and loaded again, and everybody who waits is told.
public final class Coordinator<S extends CoordinatedState> {
    private static final Logger LOG = LoggerFactory.getLogger(Coordinator.class);
    private static final int LOAD_BYTES = 1 << 20;

    private enum Phase {
        LOADING,
        ACTIVE,
        CLOSED
    }

    /// A timer under its name; the number tells it from an earlier one that fires late.
    private record Scheduled(long number, Timers.Timer timer) {}

    private final Partition partition;
    private final Environment environment;
    private final Function<CoordinatedState.Schedule, S> fresh;
    private final Strand strand = new Strand();
    private final Map<String, Scheduled> timers = new HashMap<>();
    private final ArrayDeque<Effects> uncommitted = new ArrayDeque<>();
    private final CoordinatedState.Schedule schedule = new StrandSchedule();
    private Optional<S> state = Optional.empty();
    private Phase phase = Phase.LOADING;
    private int life;
    private long timersStarted;

    public Coordinator(Partition partition, Environment environment, Function<CoordinatedState.Schedule, S> fresh) {
        this.partition = partition;
        this.environment = environment;
        this.fresh = fresh;
        strand.execute(this::load);
    }

    public Partition partition() {
        return partition;
    }

    /// Runs `operation` on the state; `refused` is told if there is none now.
    public void submit(BiConsumer<S, Effects> operation, Consumer<ErrorCode> refused) {
        strand.execute(() -> {
            if (phase != Phase.ACTIVE || state.isEmpty()) {
                refused.accept(
                        phase == Phase.LOADING ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : ErrorCode.NOT_COORDINATOR);
                return;
            }
            S current = state.get();
            var effects = new Effects();
            try {
                operation.accept(current, effects);
            } catch (RuntimeException failure) {
                refused.accept(ErrorCode.UNKNOWN_SERVER_ERROR);
                reload(failure);
                return;
            }
            commit(effects);
        });
    }

    /// Ends a producer's transaction, in the state and in the log alike.
    ///
    /// @param done told once, on any thread, when the marker keeps the topic's promise
    public void endTransaction(TransactionMarker marker, Consumer<AppendOutcome> done) {
        strand.execute(() -> {
            if (phase != Phase.ACTIVE || state.isEmpty()) {
                done.accept(refused(
                        phase == Phase.LOADING ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : ErrorCode.NOT_COORDINATOR));
                return;
            }
            var refusal = partition.refusal(marker);
            if (refusal.isPresent()) {
                done.accept(refusal.get());
                return;
            }
            var effects = new Effects();
            effects.whenFailed(error -> done.accept(refused(error)));
            uncommitted.add(effects);
            try {
                state.get().replayEnd(marker.producerId(), marker.commit());
            } catch (RuntimeException failure) {
                reload(failure);
                return;
            }
            int ofLife = life;
            partition.endTransaction(marker, outcome -> {
                effects.whenCommitted(() -> done.accept(outcome));
                strand.execute(() -> settled(ofLife, effects, outcome));
            });
        });
    }

    private AppendOutcome.Refused refused(ErrorCode error) {
        return new AppendOutcome.Refused(error, "the coordinator on " + partition.id() + " says: " + error.text());
    }

    /// A bug left the state half changed: what the log says counts.
    private void reload(RuntimeException failure) {
        LOG.error("An operation on the state kept in {} failed; it is loaded again", partition.id(), failure);
        end(ErrorCode.COORDINATOR_NOT_AVAILABLE);
        load();
    }

    private void commit(Effects effects) {
        var entries = effects.entries();
        if (entries.isEmpty()) {
            if (uncommitted.isEmpty()) {
                effects.committed().forEach(Runnable::run);
            } else {
                // What it answers may rest on changes that are not committed yet.
                uncommitted.getLast().whenCommitted(() -> effects.committed().forEach(Runnable::run));
                uncommitted.getLast().whenFailed(error -> effects.failed().forEach(action -> action.accept(error)));
            }
            return;
        }
        var refusal = effects.producer().flatMap(producer -> partition.refusal(producer.id(), producer.epoch()));
        if (refusal.isPresent()) {
            effects.failed().forEach(action -> action.accept(refusal.get().error()));
            return;
        }
        uncommitted.add(effects);
        S current = state.orElseThrow();
        try {
            entries.forEach(entry -> replay(current, effects.producer(), entry));
        } catch (RuntimeException failure) {
            reload(failure);
            return;
        }
        int ofLife = life;
        partition.append(
                batch(effects),
                AppendOrigin.COORDINATOR,
                true,
                outcome -> strand.execute(() -> settled(ofLife, effects, outcome)));
    }

    private void settled(int ofLife, Effects effects, AppendOutcome outcome) {
        if (ofLife != life) {
            return;
        }
        switch (outcome) {
            case AppendOutcome.Acknowledged acknowledged -> {
                uncommitted.remove(effects);
                effects.committed().forEach(Runnable::run);
            }
            case AppendOutcome.Refused(var error, var reason, var records) -> {
                LOG.error("Writing to {} failed ({}: {}); its state is loaded again", partition.id(), error, reason);
                end(ErrorCode.COORDINATOR_NOT_AVAILABLE);
                if (error == ErrorCode.KAFKA_STORAGE_ERROR || error == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) {
                    phase = Phase.CLOSED;
                } else {
                    load();
                }
            }
        }
    }

    private void replay(S state, Optional<Effects.Producer> producer, Entry entry) {
        if (producer.isPresent()) {
            state.replayPending(producer.get().id(), entry);
        } else {
            state.replay(entry);
        }
    }

    /// In a transaction every batch has sequence number 0, as Kafka's have: nobody checks those of a coordinator.
    private ByteBuffer batch(Effects effects) {
        var builder = new BatchBuilder(Compression.NONE);
        effects.producer()
                .ifPresent(producer ->
                        builder.producer(producer.id(), producer.epoch(), 0).transactional());
        long now = environment.clock().wallMs();
        for (var entry : effects.entries()) {
            var value = entry.value();
            builder.append(now, entry.key().duplicate(), value == null ? null : value.duplicate(), List.of());
        }
        return builder.build();
    }

    /// What is in the log and not promised yet will be in time: a state without it would differ from the log.
    private void load() {
        phase = Phase.LOADING;
        int ofLife = ++life;
        long end = partition.log().view().logEndOffset();
        if (end == partition.logStartOffset()) {
            activate(ofLife, fresh.apply(schedule));
            return;
        }
        var begun = new AtomicBoolean();
        var watcher = new Runnable() {
            @Override
            public void run() {
                if (isPromised(end) && begun.compareAndSet(false, true)) {
                    partition.unwatch(this);
                    strand.execute(() -> read(ofLife));
                }
            }
        };
        partition.watch(watcher);
        watcher.run();
    }

    /// Also true of a partition that is gone, which reading then finds out.
    private boolean isPromised(long end) {
        long watermark = partition.highWatermark();
        return watermark >= end || partition.read(watermark, 1, false, -1, true) instanceof Fetched.Refused;
    }

    /// Reads the log on a thread that may block.
    private void read(int ofLife) {
        if (ofLife != life) {
            return;
        }
        S loading = fresh.apply(schedule);
        environment.threads().blocking().execute(() -> {
            try {
                replayAll(loading);
                strand.execute(() -> activate(ofLife, loading));
            } catch (IOException | RuntimeException failure) {
                LOG.error("Loading the state kept in {} failed; its groups are unavailable", partition.id(), failure);
                strand.execute(() -> {
                    if (ofLife == life) {
                        phase = Phase.CLOSED;
                    }
                });
            }
        });
    }

    private void replayAll(S loading) throws IOException {
        long offset = partition.logStartOffset();
        long end = partition.highWatermark();
        while (offset < end) {
            switch (partition.read(offset, LOAD_BYTES, false, -1, true)) {
                case Fetched.Read read -> {
                    if (read.slice().isEmpty()) {
                        return;
                    }
                    for (var batch :
                            RecordBatches.splitTrusted(read.slice().get().buffer())) {
                        if (batch.lastOffset() >= offset) {
                            replay(loading, batch);
                        }
                        offset = batch.lastOffset() + 1;
                    }
                }
                case Fetched.Refused(var error, var reason) ->
                    throw new IllegalStateException("reading " + partition.id() + " failed: " + error + ", " + reason);
            }
        }
    }

    private void replay(S loading, RecordBatch batch) {
        if (batch.isControl()) {
            // Compaction leaves markers without their record, when nothing is left that they decided about.
            if (batch.recordCount() > 0) {
                boolean commit = batch.controlRecord().type() == ControlRecord.Type.COMMIT;
                loading.replayEnd(batch.producerId(), commit);
            }
            return;
        }
        var producer = batch.isTransactional()
                ? Optional.of(new Effects.Producer(batch.producerId(), batch.producerEpoch()))
                : Optional.<Effects.Producer>empty();
        try (var records = batch.records()) {
            while (records.hasNext()) {
                var record = records.next();
                var key = record.key();
                if (key != null) {
                    replay(loading, producer, new Entry(key, record.value()));
                }
            }
        }
    }

    private void activate(int ofLife, S loaded) {
        if (ofLife != life || phase == Phase.CLOSED) {
            return;
        }
        state = Optional.of(loaded);
        phase = Phase.ACTIVE;
        var effects = new Effects();
        loaded.loaded(schedule, effects);
        commit(effects);
    }

    /// Ends this coordinator: everybody who waits is told, timers stop.
    public void close() {
        strand.execute(() -> {
            end(ErrorCode.NOT_COORDINATOR);
            phase = Phase.CLOSED;
        });
    }

    private void end(ErrorCode error) {
        life++;
        state.ifPresent(lost -> lost.discarded(error));
        state = Optional.empty();
        timers.values().forEach(scheduled -> scheduled.timer().cancel());
        timers.clear();
        var lost = new ArrayList<>(uncommitted);
        uncommitted.clear();
        lost.forEach(effects -> effects.failed().forEach(action -> action.accept(error)));
    }

    private void runDue(Consumer<Effects> operation) {
        var effects = new Effects();
        try {
            operation.accept(effects);
        } catch (RuntimeException failure) {
            reload(failure);
            return;
        }
        commit(effects);
    }

    private final class StrandSchedule implements CoordinatedState.Schedule {
        @Override
        public void after(String name, long delayMs, Consumer<Effects> operation) {
            int ofLife = life;
            var previous = timers.remove(name);
            if (previous != null) {
                previous.timer().cancel();
            }
            long number = ++timersStarted;
            var timer = environment
                    .timers()
                    .schedule(
                            delayMs,
                            () -> strand.execute(() -> {
                                var due = timers.get(name);
                                if (ofLife == life && due != null && due.number() == number) {
                                    timers.remove(name);
                                    runDue(operation);
                                }
                            }));
            timers.put(name, new Scheduled(number, timer));
        }

        @Override
        public void cancel(String name) {
            var timer = timers.remove(name);
            if (timer != null) {
                timer.timer().cancel();
            }
        }

        @Override
        public long nowMs() {
            return environment.clock().wallMs();
        }
    }
}
