package io.moldau.storage;

import io.moldau.records.Compression;
import io.moldau.records.InvalidBatchException;
import io.moldau.records.RecordBatch;
import io.moldau.records.RecordBatches;
import io.moldau.records.TimestampType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The log of one partition. One owner at a time changes it; [#view] and the reads are for anybody.
public final class PartitionLog {
    private final LogDirectory directory;
    private final PartitionId id;
    private final UuidBits topicId;
    private final Path path;
    /// Syncs of this log come one after the other, so that "nothing is dirty" means "it is synced".
    private final ReentrantLock syncLock = new ReentrantLock();

    final TailCache.Tail tail = new TailCache.Tail();
    // Changed under this object's monitor, read by anybody.
    private volatile LogSettings settings;
    private volatile List<Segment> segments = List.of();
    private volatile Epochs epochs = Epochs.NONE;
    private volatile long logStart;
    private volatile long logEnd;
    private volatile long durableEnd;
    private volatile long lastStable;
    private volatile boolean deleted;
    private volatile boolean namesChanged;
    private volatile @Nullable DurableListener listener;
    final ProducerStates producers = new ProducerStates();
    private boolean snapshotWritten;
    /// Left the log unsynced: synced all the same, since recovery goes through them until a checkpoint forgets them.
    private final List<Segment> dropped = new ArrayList<>();
    private boolean metadataSynced;
    private boolean unjournaledBytes;
    private long segmentJitterMs;
    private long rollClockMs;
    private Flusher.@Nullable Pending pending;

    PartitionLog(LogDirectory directory, PartitionId id, UuidBits topicId, LogSettings settings) {
        this.directory = directory;
        this.id = id;
        this.topicId = topicId;
        this.settings = settings;
        this.path = directory.path().resolve(id.toString());
    }

    public PartitionId id() {
        return id;
    }

    public UuidBits topicId() {
        return topicId;
    }

    public LogSettings settings() {
        return settings;
    }

    Path path() {
        return path;
    }

    List<Segment> segments() {
        return segments;
    }

    Epochs epochs() {
        return epochs;
    }

    LogDirectory directory() {
        return directory;
    }

    // For the flusher, under its queue's lock.
    Flusher.@Nullable Pending pending() {
        return pending;
    }

    void setPending(Flusher.@Nullable Pending pending) {
        this.pending = pending;
    }

    /// Appends batches whose CRCs were checked before ([RecordBatches#split]). The buffer belongs to the log from now
    /// on: it is stamped in place, kept for readers, and must not change any more.
    ///
    /// @param leaderEpoch stamped into the batches, except those of [AppendOrigin#REPLICATION]
    public synchronized AppendResult append(ByteBuffer batches, int leaderEpoch, AppendOrigin origin) {
        var failure = directory.failure();
        if (failure.isPresent()) {
            return refused(AppendError.KAFKA_STORAGE_ERROR, failure.get());
        }
        if (deleted) {
            return refused(AppendError.KAFKA_STORAGE_ERROR, id + " is deleted");
        }
        int size = batches.remaining();
        if (!directory.flusher().hasRoomFor(size)) {
            return refused(AppendError.REQUEST_TIMED_OUT, "too many bytes wait for the disk; try again");
        }
        try {
            var views = RecordBatches.splitTrusted(batches);
            var answer = check(views, size, origin);
            return answer != null ? answer : write(views, batches.slice(), leaderEpoch, origin);
        } catch (InvalidBatchException invalid) {
            return refused(AppendError.of(invalid.error()), String.valueOf(invalid.getMessage()));
        } catch (IOException failed) {
            directory.fail("writing to the log of " + id, failed);
            return refused(AppendError.KAFKA_STORAGE_ERROR, "writing to the log of " + id + " failed: " + failed);
        }
    }

    private static AppendResult refused(AppendError error, String reason) {
        return new AppendResult.Refused(error, reason);
    }

    private @Nullable AppendResult check(List<RecordBatch> batches, int size, AppendOrigin origin) {
        if (batches.isEmpty()) {
            return refused(AppendError.INVALID_RECORD, "no record batch");
        }
        var rules = settings;
        if (size > rules.segmentBytes() && origin != AppendOrigin.REPLICATION) {
            return refused(
                    AppendError.RECORD_LIST_TOO_LARGE,
                    size + " bytes do not fit into a segment of " + rules.segmentBytes() + " bytes");
        }
        if (origin == AppendOrigin.REPLICATION) {
            return batches.getFirst().baseOffset() >= logEnd
                    ? null
                    : refused(
                            AppendError.OFFSET_OUT_OF_RANGE,
                            "offset " + batches.getFirst().baseOffset() + " is below the log end " + logEnd);
        }
        for (var batch : batches) {
            if (batch.recordCount() < 1 || batch.lastOffsetDelta() < 0) {
                return refused(AppendError.INVALID_RECORD, "a batch without records");
            }
            if (origin == AppendOrigin.CLIENT) {
                var answer = checkProduced(batch, batches.size(), rules);
                if (answer != null) {
                    return answer;
                }
            }
        }
        return null;
    }

    private @Nullable AppendResult checkProduced(RecordBatch batch, int batchCount, LogSettings rules) {
        if (batch.sizeBytes() > rules.maxMessageBytes()) {
            return refused(
                    AppendError.MESSAGE_TOO_LARGE,
                    "the record batch has " + batch.sizeBytes() + " bytes, max.message.bytes is "
                            + rules.maxMessageBytes());
        }
        Compression.ofId(batch.attributes() & 7);
        if (batch.isControl()) {
            return refused(AppendError.INVALID_RECORD, "a client may not write control records");
        }
        if (rules.timestampType() == TimestampType.CREATE_TIME) {
            long now = directory.clock().wallMs();
            if (batch.timestampType() == TimestampType.LOG_APPEND_TIME
                    || (rules.timestampAfterMaxMs() < Long.MAX_VALUE
                            && batch.maxTimestamp() - now > rules.timestampAfterMaxMs())) {
                return refused(
                        AppendError.INVALID_TIMESTAMP,
                        "timestamp " + batch.maxTimestamp() + " is too far after the broker's time " + now);
            }
            if (rules.timestampBeforeMaxMs() < Long.MAX_VALUE) {
                try (var records = batch.records()) {
                    for (int index = 0; records.hasNext(); index++) {
                        long timestamp = records.next().timestamp();
                        if (now - timestamp > rules.timestampBeforeMaxMs()) {
                            var text = "timestamp " + timestamp + " is too far before the broker's time " + now;
                            return new AppendResult.Refused(
                                    AppendError.INVALID_TIMESTAMP,
                                    text,
                                    List.of(new AppendResult.RecordError(index, text)));
                        }
                    }
                }
            }
        }
        if (!batch.hasProducerId()) {
            return null;
        }
        if (batchCount > 1) {
            return refused(AppendError.INVALID_RECORD, "an idempotent producer sends one batch a partition");
        }
        var known = producers.duplicateOf(batch);
        if (known != null) {
            boolean appendTime = rules.timestampType() == TimestampType.LOG_APPEND_TIME;
            return new AppendResult.Duplicate(
                    known.baseOffset(), known.lastOffset(), appendTime ? known.timestamp() : -1, logStart);
        }
        return producers.check(batch);
    }

    private AppendResult write(List<RecordBatch> batches, ByteBuffer bytes, int leaderEpoch, AppendOrigin origin)
            throws IOException {
        boolean replicated = origin == AppendOrigin.REPLICATION;
        long appendTime = !replicated && settings.timestampType() == TimestampType.LOG_APPEND_TIME
                ? directory.clock().wallMs()
                : -1;
        if (!replicated) {
            long next = logEnd;
            for (var batch : batches) {
                if (appendTime >= 0) {
                    batch.stampLogAppendTime(appendTime);
                }
                batch.stamp(next, leaderEpoch);
                next = batch.nextOffset();
            }
        }
        var active = activeFor(batches, bytes.remaining());
        for (var batch : batches) {
            active.append(batch);
        }
        // From here on the batches are in the log.
        for (var batch : batches) {
            observe(batch);
            directory.tails().add(tail, batch);
        }
        publishEnd(batches.getLast().nextOffset());
        if (settings.durability().waitsForSync()) {
            directory.flusher().add(this, bytes, logEnd, unjournaledBytes);
            unjournaledBytes = false;
        } else {
            unjournaledBytes = true;
            durableEnd = logEnd;
        }
        return new AppendResult.Appended(
                batches.getFirst().baseOffset(), batches.getLast().lastOffset(), appendTime, logStart);
    }

    /// The segment to write to, a new one if the active one is full or too old.
    private Segment activeFor(List<RecordBatch> batches, int size) throws IOException {
        var known = segments;
        if (known.isEmpty()) {
            return roll(batches.getFirst().baseOffset());
        }
        var active = known.getLast();
        var rules = settings;
        boolean full = active.sizeBytes() > 0
                && ((long) active.sizeBytes() + size > rules.segmentBytes()
                        || batches.getLast().lastOffset() - active.baseOffset() > Integer.MAX_VALUE
                        || tooOld(active, batches.getLast().maxTimestamp()));
        return full ? roll(logEnd) : active;
    }

    private boolean tooOld(Segment active, long newest) throws IOException {
        if (settings.segmentMs() == Long.MAX_VALUE || newest < rollClockMs) {
            return false;
        }
        long first = active.firstTimestamp();
        long limit = settings.segmentMs() - segmentJitterMs;
        rollClockMs = first + limit;
        return first >= 0 && newest - first > limit;
    }

    private Segment roll(long baseOffset) throws IOException {
        var known = segments;
        if (!known.isEmpty()) {
            known.getLast().writeIndex();
        }
        var segment = Segment.create(directory.disk(), path, baseOffset, settings.indexIntervalBytes());
        var next = new ArrayList<>(known);
        next.add(segment);
        segments = List.copyOf(next);
        namesChanged = true;
        rollClockMs = 0;
        long jitter = Math.min(settings.segmentJitterMs(), settings.segmentMs());
        segmentJitterMs = jitter <= 0 ? 0 : Math.floorMod(directory.randomness().nextLong(), jitter);
        return segment;
    }

    private void observe(RecordBatch batch) {
        epochs = epochs.assign(batch.partitionLeaderEpoch(), batch.baseOffset());
        producers.update(batch);
    }

    private void publishEnd(long end) {
        lastStable = producers.lastStableOffset(end);
        logEnd = end;
    }

    /// The flusher made everything below `endOffset` durable, or the directory failed.
    void flushed(long endOffset, boolean well) {
        if (well && endOffset > durableEnd) {
            durableEnd = endOffset;
        }
        var told = listener;
        if (told != null) {
            told.durableAdvanced(this);
        }
    }

    public LogView view() {
        long durable = durableEnd;
        long stable = lastStable;
        long end = logEnd;
        long start = logStart;
        long size = 0;
        for (var segment : segments) {
            size += segment.sizeBytes();
        }
        return new LogView(
                start,
                end,
                Math.max(start, Math.min(durable, end)),
                epochs.latest(),
                size,
                Math.max(start, Math.min(stable, end)));
    }

    /// Batches from the one that holds `fromOffset` on, all below `belowOffset`, at most `maxBytes`; with
    /// `atLeastOneBatch` the first one even if it is larger. Empty where there is nothing to read yet.
    public ReadResult read(long fromOffset, int maxBytes, long belowOffset, boolean atLeastOneBatch)
            throws IOException {
        long end = logEnd;
        if (fromOffset < logStart || fromOffset > end) {
            return new ReadResult.OffsetOutOfRange(fromOffset, logStart, end);
        }
        long below = Math.min(end, belowOffset);
        if (fromOffset >= below) {
            return LogSlice.empty(fromOffset);
        }
        var memory = tail.read(fromOffset, maxBytes, below, atLeastOneBatch);
        return memory != null
                ? LogSlice.of(fromOffset, memory)
                : LogReader.read(segments, fromOffset, maxBytes, below, atLeastOneBatch);
    }

    /// The first record whose time is `timestampMs` or later.
    public Optional<TimestampOffset> offsetForTimestamp(long timestampMs) throws IOException {
        return LogReader.offsetForTimestamp(segments, logStart, timestampMs);
    }

    /// The first of the records with the latest time.
    public Optional<TimestampOffset> maxTimestampOffset() throws IOException {
        return LogReader.maxTimestampOffset(segments, logStart);
    }

    public EpochEnd endOffsetForEpoch(int leaderEpoch) {
        return epochs.end(leaderEpoch, logEnd);
    }

    /// The epoch in which the record at this offset was written, -1 if not known.
    public int epochForOffset(long offset) {
        return epochs.epochOf(offset);
    }

    /// DeleteRecords: nothing below `offset` is readable any more; the new log start. Never goes back or past the end.
    public synchronized long advanceLogStartTo(long offset) throws IOException {
        long start = Math.min(offset, logEnd);
        if (start > logStart) {
            moveStart(start);
            directory.flusher().add(new JournalItem.LogStart(topicId, id.partition(), start));
            dropSegmentsBelowStart();
        }
        return logStart;
    }

    private void moveStart(long start) {
        logStart = start;
        epochs = epochs.truncateStart(start);
    }

    /// Applies retention; true if segments went.
    synchronized boolean retain(long nowMs) throws IOException {
        var rules = settings;
        if (deleted || !rules.cleanupDelete()) {
            return false;
        }
        long total = 0;
        for (var segment : segments) {
            total += segment.sizeBytes();
        }
        long start = logStart;
        for (var segment : segments) {
            boolean active = segment == segments.getLast();
            long end = active
                    ? logEnd
                    : segments.get(segments.indexOf(segment) + 1).baseOffset();
            boolean tooMuch =
                    rules.retentionBytes() >= 0 && !active && total - segment.sizeBytes() >= rules.retentionBytes();
            boolean tooOld = rules.retentionMs() >= 0
                    && segment.sizeBytes() > 0
                    && segment.maxTimestamp() >= 0
                    && nowMs - segment.maxTimestamp() > rules.retentionMs();
            if (!tooMuch && !tooOld) {
                break;
            }
            total -= segment.sizeBytes();
            start = end;
        }
        for (var segment : segments) {
            if (segment != segments.getLast()) {
                segment.rest();
            }
        }
        if (start <= logStart) {
            return false;
        }
        moveStart(start);
        dropSegmentsBelowStart();
        return true;
    }

    /// Segments wholly below the start leave the log; their files go once a checkpoint remembers that.
    private void dropSegmentsBelowStart() throws IOException {
        var known = segments;
        if (!known.isEmpty() && logStart == logEnd && known.getLast().sizeBytes() > 0) {
            roll(logEnd);
            known = segments;
        }
        int first = 0;
        while (first + 1 < known.size() && known.get(first + 1).baseOffset() <= logStart) {
            first++;
        }
        if (first > 0) {
            dropped.addAll(known.subList(0, first));
            segments = List.copyOf(known.subList(first, known.size()));
            directory.discard(this, known.subList(0, first), settings.fileDeleteDelayMs());
        }
    }

    /// Cuts the log off at `offset`: what a follower does that went another way than its leader. Slow: waits for the
    /// disk, so that no trace of what was cut comes back after a crash.
    public void truncateTo(long offset) throws IOException {
        directory.flusher().flushNow();
        synchronized (this) {
            if (offset >= logEnd) {
                return;
            }
            LogTruncation.cut(this, Math.max(offset, 0));
        }
        directory.checkpoint(false);
    }

    /// Called by [LogTruncation] when the files are cut.
    void truncated(List<Segment> left, long end) {
        segments = List.copyOf(left);
        tail.clear();
        epochs = epochs.truncateEnd(end);
        logStart = Math.min(logStart, end);
        namesChanged = true;
        publishEnd(end);
        durableEnd = Math.min(durableEnd, end);
    }

    /// A new leader epoch starts at the log end.
    public synchronized void assignLeaderEpoch(int leaderEpoch) {
        epochs = epochs.assign(leaderEpoch, logEnd);
    }

    public synchronized void updateSettings(LogSettings settings) {
        this.settings = settings;
    }

    public synchronized List<ProducerView> producers() {
        return producers.view();
    }

    /// Forgets producers without an open transaction that were idle for the directory's producer expiry.
    public synchronized void expireProducers(long nowMs) {
        producers.expire(nowMs - directory.settings().producerExpiryMs());
    }

    /// Who hears on the flusher's thread that [LogView#durableEndOffset] advanced, or that the directory failed
    /// ([LogDirectory#failure]); in place of the listener before.
    public void onDurable(DurableListener listener) {
        this.listener = listener;
    }

    /// Makes everything that was appended before the call durable in the segments; what a checkpoint says about it.
    Checkpoint.Line syncDirty() throws IOException {
        syncLock.lock();
        try {
            Checkpoint.Line line;
            var dirty = new ArrayList<Segment>();
            boolean names;
            byte @Nullable [] snapshot;
            synchronized (this) {
                var known = segments;
                boolean none = known.isEmpty();
                line = new Checkpoint.Line(
                        id,
                        topicId,
                        logStart,
                        logEnd,
                        none ? logEnd : known.getLast().baseOffset(),
                        none ? 0 : known.getLast().sizeBytes(),
                        epochs);
                dropped.addAll(known);
                for (var segment : dropped) {
                    if (segment.takeDirty()) {
                        dirty.add(segment);
                    }
                }
                dropped.clear();
                names = namesChanged;
                namesChanged = false;
                snapshot = producers.takeChanged() ? producers.snapshot() : null;
            }
            if (deleted) {
                return line;
            }
            for (var segment : dirty) {
                segment.sync();
                segment.writeIndex();
            }
            if (names && !metadataSynced) {
                PartitionMetadata.sync(directory.disk(), path);
                metadataSynced = true;
            }
            if (snapshot != null) {
                Snapshots.write(directory.disk(), path, line.recoveryPoint(), snapshot);
                snapshotWritten = true;
            } else if (names) {
                directory.disk().syncDirectory(path);
            }
            return line;
        } finally {
            syncLock.unlock();
        }
    }

    /// From now on nothing is written to the folder any more, so that it can be renamed.
    void markDeleted() {
        syncLock.lock();
        try {
            synchronized (this) {
                deleted = true;
            }
        } finally {
            syncLock.unlock();
        }
    }

    /// A checkpoint remembers the snapshot at or below `recoveryPoint`: older ones may go.
    void forgetSnapshots(long recoveryPoint) throws IOException {
        syncLock.lock();
        try {
            if (snapshotWritten && !deleted) {
                snapshotWritten = false;
                Snapshots.deleteOlder(directory.disk(), path, recoveryPoint);
            }
        } finally {
            syncLock.unlock();
        }
    }

    /// Removes files of segments that left the log a while ago, unless their names belong to somebody else by now:
    /// to a log created anew under this one's name, or to a segment that starts where an old one did.
    synchronized void deleteFiles(List<Segment> old) throws IOException {
        for (var segment : old) {
            boolean taken = deleted;
            for (var current : segments) {
                taken |= current.baseOffset() == segment.baseOffset();
            }
            if (!taken) {
                segment.delete();
            }
        }
    }

    void namesChanged() {
        namesChanged = true;
    }

    // What recovery does, before anybody else sees the log.

    void restore(List<Segment> found, Checkpoint.Line line) {
        segments = List.copyOf(found);
        epochs = line.epochs();
        logStart = line.logStart();
        publishEnd(line.recoveryPoint());
        durableEnd = logEnd;
    }

    void restoreSegments(List<Segment> left) {
        segments = List.copyOf(left);
        namesChanged = true;
    }

    void restoreBatch(RecordBatch batch) {
        observe(batch);
        publishEnd(batch.nextOffset());
        durableEnd = logEnd;
    }

    void restoreStart(long start) {
        moveStart(Math.min(start, logEnd));
        lastStable = producers.lastStableOffset(logEnd);
    }

    /// Appends a batch that the journal has and the segments lack.
    void replay(RecordBatch batch) throws IOException {
        activeFor(List.of(batch), batch.sizeBytes()).append(batch);
        restoreBatch(batch);
    }

    @Override
    public String toString() {
        return id + Arrays.toString(new long[] {logStart, durableEnd, logEnd});
    }
}
