package io.moldau.replication;

import io.moldau.environment.Strand;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.records.ControlRecord;
import io.moldau.storage.AbortedTransaction;
import io.moldau.storage.Append;
import io.moldau.storage.AppendOrigin;
import io.moldau.storage.AppendResult;
import io.moldau.storage.LogSlice;
import io.moldau.storage.LogView;
import io.moldau.storage.PartitionId;
import io.moldau.storage.PartitionLog;
import io.moldau.storage.ReadResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The leader's side of one partition. On a lone node the high watermark is the end of what the durability of the
/// topic promises; with followers it will also wait for them.
public final class Partition {
    /// Someone who waits until the high watermark has reached `endOffset`.
    private record Waiting(long endOffset, AppendOutcome outcome, AppendListener listener) {}

    private record Arrived(Append append, boolean awaitPromise, AppendListener listener) {}

    private static final Logger LOG = LoggerFactory.getLogger(Partition.class);

    private final PartitionId id;
    private final Uuid topicId;
    /// Written on the strand; see [#moveTo].
    private volatile PartitionLog log;
    private final Strand strand = new Strand();
    private final PriorityQueue<Waiting> waiting = new PriorityQueue<>(Comparator.comparingLong(Waiting::endOffset));
    private final ConcurrentLinkedQueue<Arrived> arrivals = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean appendDue = new AtomicBoolean();
    private final Set<Runnable> watchers = ConcurrentHashMap.newKeySet();
    private final int leaderEpoch;
    private volatile long highWatermark;
    private final Object logLock = new Object();
    /// No other log comes any more. Guarded by `logLock`.
    private boolean ended;
    private volatile Optional<AppendOutcome.Refused> gone = Optional.empty();

    Partition(PartitionId id, Uuid topicId, PartitionLog log, int leaderEpoch) {
        this.id = id;
        this.topicId = topicId;
        this.log = log;
        this.leaderEpoch = leaderEpoch;
        this.highWatermark = log.view().durableEndOffset();
        log.transactions().promised(highWatermark);
        log.assignLeaderEpoch(leaderEpoch);
        log.onDurable(advanced -> strand.execute(this::advance));
    }

    /// On the strand: the log is another one from now on, in another directory. False if the partition's life is over.
    boolean moveTo(PartitionLog next) {
        synchronized (logLock) {
            if (ended || gone.isPresent()) {
                return false;
            }
            log = next;
        }
        next.transactions().promised(highWatermark);
        next.onDurable(advanced -> strand.execute(this::advance));
        return true;
    }

    /// The log to be deleted with the partition: there will be no other.
    PartitionLog lastLog() {
        synchronized (logLock) {
            ended = true;
            return log;
        }
    }

    /// Runs `task` where the partition's changes happen.
    void execute(Runnable task) {
        strand.execute(task);
    }

    public PartitionId id() {
        return id;
    }

    public Uuid topicId() {
        return topicId;
    }

    public int leaderEpoch() {
        return leaderEpoch;
    }

    /// For look-ups (timestamps, epochs, producers); changes go through this class. Ask again each time: it is another
    /// one when the partition was moved to another directory.
    public PartitionLog log() {
        return log;
    }

    /// Why it refuses everything, if it does: its topic was deleted, or its log directory failed.
    public Optional<AppendOutcome.Refused> refusal() {
        return gone;
    }

    public long highWatermark() {
        return highWatermark;
    }

    public long logStartOffset() {
        return log.view().logStartOffset();
    }

    /// The end of what a read_committed reader may see: below every transaction that is open or whose marker is not
    /// promised yet.
    public long lastStableOffset() {
        return Math.min(highWatermark, log.view().lastStableOffset());
    }

    /// Appends whole batches, whose CRCs and headers were checked.
    ///
    /// @param awaitPromise false answers as soon as the batches are in the log (acks=0)
    public void append(Append append, AppendOrigin origin, boolean awaitPromise, AppendListener listener) {
        strand.execute(() -> {
            if (gone.isPresent()) {
                listener.done(gone.get());
                return;
            }
            answer(log.append(List.of(append), leaderEpoch, origin).getFirst(), awaitPromise, listener);
        });
    }

    /// The same with batches in memory that is not lent.
    public void append(ByteBuffer batches, AppendOrigin origin, boolean awaitPromise, AppendListener listener) {
        append(new Append(batches, null), origin, awaitPromise, listener);
    }

    /// The same for a client's batches, some time later: with what else arrives until [#appendArrived] is called, which
    /// whoever is told true must see to. What came together is written together.
    public boolean arrive(Append append, boolean awaitPromise, AppendListener listener) {
        arrivals.add(new Arrived(append, awaitPromise, listener));
        return appendDue.compareAndSet(false, true);
    }

    /// Appends what has arrived.
    public void appendArrived() {
        strand.execute(() -> {
            appendDue.set(false);
            var arrived = new ArrayList<Arrived>();
            var appends = new ArrayList<Append>();
            for (var one = arrivals.poll(); one != null; one = arrivals.poll()) {
                arrived.add(one);
                appends.add(one.append());
            }
            if (gone.isPresent()) {
                arrived.forEach(one -> one.listener().done(gone.get()));
                return;
            }
            var results = log.append(appends, leaderEpoch, AppendOrigin.CLIENT);
            for (int i = 0; i < results.size(); i++) {
                var one = arrived.get(i);
                answer(results.get(i), one.awaitPromise(), one.listener());
            }
        });
    }

    private void answer(AppendResult result, boolean awaitPromise, AppendListener listener) {
        switch (result) {
            case AppendResult.Appended(long base, long last, long timeMs, long start) ->
                acknowledge(
                        last + 1, new AppendOutcome.Acknowledged(base, last, timeMs, start), awaitPromise, listener);
            case AppendResult.Duplicate(long base, long last, long timeMs, long start) ->
                acknowledge(
                        last + 1, new AppendOutcome.Acknowledged(base, last, timeMs, start), awaitPromise, listener);
            case AppendResult.Refused refused -> listener.done(refused(refused));
        }
    }

    private static AppendOutcome.Refused refused(AppendResult.Refused refused) {
        return new AppendOutcome.Refused(ErrorCodes.of(refused.error()), refused.reason());
    }

    /// Writes the marker that ends a producer's transaction, whether or not it has one open here.
    ///
    /// @param done told once, on any thread, when the marker keeps the partition's promise; must not block
    public void endTransaction(TransactionMarker marker, Consumer<AppendOutcome> done) {
        strand.execute(() -> {
            if (gone.isPresent()) {
                done.accept(gone.get());
                return;
            }
            var type = marker.commit() ? ControlRecord.Type.COMMIT : ControlRecord.Type.ABORT;
            var result = log.transactions()
                    .end(
                            marker.producerId(),
                            marker.producerEpoch(),
                            marker.transactionVersion(),
                            new ControlRecord(type, marker.coordinatorEpoch()),
                            leaderEpoch);
            answer(result, true, done::accept);
        });
    }

    /// Why [#endTransaction] would refuse this marker now. For the only one who writes to the partition.
    public Optional<AppendOutcome.Refused> refusal(TransactionMarker marker) {
        return log.transactions()
                .refusal(
                        marker.producerId(),
                        marker.producerEpoch(),
                        marker.transactionVersion(),
                        marker.coordinatorEpoch())
                .map(Partition::refused);
    }

    /// Why a coordinator's batch of this producer would be refused now. For the only one who writes to the partition.
    public Optional<AppendOutcome.Refused> refusal(long producerId, short producerEpoch) {
        return log.transactions().refusal(producerId, producerEpoch).map(Partition::refused);
    }

    /// Whether this producer has an open transaction here in this epoch (then a batch of it needs no admission). After
    /// a start it may say no until the partition is used.
    public boolean inTransaction(long producerId, short producerEpoch) {
        return log.transactions().isOpen(producerId, producerEpoch);
    }

    private void acknowledge(long endOffset, AppendOutcome outcome, boolean awaitPromise, AppendListener listener) {
        advance();
        if (!awaitPromise || endOffset <= highWatermark) {
            listener.done(outcome);
        } else {
            waiting.add(new Waiting(endOffset, outcome, listener));
        }
    }

    private void advance() {
        long promised = log.durableEndOffset();
        if (promised <= highWatermark) {
            return;
        }
        highWatermark = promised;
        log.transactions().promised(promised);
        Waiting first;
        while ((first = waiting.peek()) != null && first.endOffset() <= promised) {
            waiting.poll();
            first.listener().done(first.outcome());
        }
        watchers.forEach(Runnable::run);
    }

    /// Ends the partition's life on this node: everybody who waits is told `error`.
    void retire(ErrorCode error, String reason) {
        strand.execute(() -> {
            var refusal = new AppendOutcome.Refused(error, reason);
            gone = Optional.of(refusal);
            var left = new ArrayList<>(waiting);
            waiting.clear();
            left.forEach(one -> one.listener().done(refusal));
            watchers.forEach(Runnable::run);
        });
    }

    /// Reads whole batches from `fromOffset` up to the high watermark or, for read_committed, the last stable offset.
    ///
    /// @param lastFetchedEpoch the epoch of the record before `fromOffset` as the reader has it, or -1
    /// @param atLeastOneBatch gives the first batch even if it is larger than `maxBytes`
    public Fetched read(
            long fromOffset, int maxBytes, boolean committedOnly, int lastFetchedEpoch, boolean atLeastOneBatch) {
        var refusal = gone;
        if (refusal.isPresent()) {
            return new Fetched.Refused(refusal.get().error(), refusal.get().reason());
        }
        var log = this.log;
        LogView view = log.view();
        long watermark = highWatermark;
        long stable = Math.min(watermark, view.lastStableOffset());
        if (lastFetchedEpoch >= 0) {
            var end = log.endOffsetForEpoch(lastFetchedEpoch);
            if (end.endOffset() >= 0 && (end.endOffset() < fromOffset || end.leaderEpoch() < lastFetchedEpoch)) {
                return new Fetched.Read(
                        view.logStartOffset(),
                        watermark,
                        stable,
                        Optional.empty(),
                        Optional.of(new Fetched.Diverging(end.leaderEpoch(), end.endOffset())));
            }
        }
        if (fromOffset < view.logStartOffset() || fromOffset > view.logEndOffset()) {
            return new Fetched.Refused(
                    ErrorCode.OFFSET_OUT_OF_RANGE,
                    "offset " + fromOffset + " is outside " + view.logStartOffset() + " to " + watermark);
        }
        long below = committedOnly ? stable : watermark;
        if (fromOffset >= below) {
            return new Fetched.Read(view.logStartOffset(), watermark, stable, Optional.empty(), Optional.empty());
        }
        ReadResult result;
        List<AbortedTransaction> aborted = List.of();
        try {
            result = log.read(fromOffset, maxBytes, below, atLeastOneBatch);
            if (committedOnly && result instanceof LogSlice slice) {
                aborted = log.transactions().aborted(slice, below);
            }
        } catch (IOException failure) {
            if (log != this.log) {
                // It was moved under the reader, and the files of then are gone.
                return read(fromOffset, maxBytes, committedOnly, lastFetchedEpoch, atLeastOneBatch);
            }
            LOG.error("Reading {} at offset {} failed", id, fromOffset, failure);
            return new Fetched.Refused(
                    ErrorCode.KAFKA_STORAGE_ERROR, "reading the log failed: " + failure.getMessage());
        }
        return switch (result) {
            case LogSlice slice ->
                new Fetched.Read(
                        view.logStartOffset(),
                        watermark,
                        stable,
                        slice.sizeBytes() == 0 ? Optional.empty() : Optional.of(slice),
                        Optional.empty(),
                        aborted);
            case ReadResult.OffsetOutOfRange outOfRange ->
                new Fetched.Refused(
                        ErrorCode.OFFSET_OUT_OF_RANGE,
                        "offset " + fromOffset + " is outside " + view.logStartOffset() + " to " + watermark);
        };
    }

    /// Calls `watcher` (on any thread; it must not block) whenever a read might give something else than before.
    public void watch(Runnable watcher) {
        watchers.add(watcher);
    }

    public void unwatch(Runnable watcher) {
        watchers.remove(watcher);
    }

    /// Forgets everything below `offset` (-1: below the high watermark); `done` gets the new log start offset.
    public void deleteBefore(long offset, LongConsumer done, Consumer<AppendOutcome.Refused> refused) {
        strand.execute(() -> {
            if (gone.isPresent()) {
                refused.accept(gone.get());
                return;
            }
            long target = offset == -1 ? highWatermark : offset;
            if (target < 0 || target > highWatermark) {
                refused.accept(new AppendOutcome.Refused(
                        ErrorCode.OFFSET_OUT_OF_RANGE,
                        "offset " + offset + " is beyond the high watermark " + highWatermark));
                return;
            }
            long start;
            try {
                start = log.advanceLogStartTo(target);
            } catch (IOException failure) {
                refused.accept(new AppendOutcome.Refused(
                        ErrorCode.KAFKA_STORAGE_ERROR, "moving the log start failed: " + failure.getMessage()));
                return;
            }
            done.accept(start);
            watchers.forEach(Runnable::run);
        });
    }

    /// Runs `change` as the owner of the log.
    void change(Consumer<PartitionLog> change) {
        strand.execute(() -> {
            if (gone.isEmpty()) {
                change.accept(log);
                watchers.forEach(Runnable::run);
            }
        });
    }
}
