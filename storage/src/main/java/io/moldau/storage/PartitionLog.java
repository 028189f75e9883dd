package io.moldau.storage;

import io.moldau.environment.DiskFullException;
import io.moldau.records.InvalidBatchException;
import io.moldau.records.RecordBatch;
import io.moldau.records.RecordBatches;
import io.moldau.records.TimestampType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The log of one partition. One owner at a time changes it; [#view] and the reads are for anybody.
public final class PartitionLog {
    private final LogDirectory directory;
    private final PartitionId id;
    private final UuidBits topicId;
    private final Path path;
    private final SegmentList segments;
    private final LogSync sync;
    private final LogCompaction compaction;
    private final FlushIntervals flushes;
    final TailCache.Tail tail = new TailCache.Tail();
    // Changed under this object's monitor, read by anybody.
    private volatile LogSettings settings;
    private volatile Epochs epochs = Epochs.NONE;
    private volatile long logStart;
    private volatile long logEnd;
    private volatile long durableEnd;
    private volatile long lastStable;
    private volatile boolean deleted;
    private volatile @Nullable DurableListener listener;
    final ProducerStates producers = new ProducerStates();
    private final LogTransactions transactions = new LogTransactions(this, producers);
    private boolean unjournaledBytes;
    private boolean hasFolder;
    /// The next checkpoint is going to write this log down.
    private boolean noted;
    private Flusher.@Nullable Pending pending;

    PartitionLog(LogDirectory directory, PartitionId id, UuidBits topicId, LogSettings settings) {
        this.directory = directory;
        this.id = id;
        this.topicId = topicId;
        this.settings = settings;
        this.path = directory.path().resolve(id.toString());
        this.segments = new SegmentList(directory, path);
        this.sync = new LogSync(this);
        this.compaction = new LogCompaction(this);
        this.flushes = new FlushIntervals(this);
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

    /// All segments; a log at rest wakes.
    List<Segment> segments() throws IOException {
        wake();
        return segments.all();
    }

    /// More than the segment that is written to; known without waking the log.
    boolean hasClosedSegments() {
        var resting = segments.resting();
        return resting == null ? segments.all().size() > 1 : resting.sizeBytes() > resting.position();
    }

    /// A log that was not used since the node started knows where it starts and ends from the checkpoint, and nothing
    /// of its files. Whoever needs them calls this first.
    private void wake() throws IOException {
        if (segments.resting() == null) {
            return;
        }
        synchronized (this) {
            var line = segments.resting();
            if (line != null) {
                LogRecovery.wake(this, line);
                publishEnd(logEnd);
            }
        }
    }

    /// The next checkpoint has something to say about it. Under this log's monitor.
    void note() {
        if (!noted) {
            noted = true;
            directory.note(this);
        }
    }

    /// Under the log's monitor: whether the next checkpoint will look at it.
    void noted(boolean will) {
        noted = will;
    }

    LogSync sync() {
        return sync;
    }

    LogCompaction compaction() {
        return compaction;
    }

    /// To be changed under this log's monitor.
    SegmentList segmentList() {
        return segments;
    }

    Epochs epochs() {
        return epochs;
    }

    public LogTransactions transactions() {
        return transactions;
    }

    /// Where it is kept.
    public LogDirectory directory() {
        return directory;
    }

    // For the flusher, under its queue's lock.
    Flusher.@Nullable Pending pending() {
        return pending;
    }

    void setPending(Flusher.@Nullable Pending pending) {
        this.pending = pending;
    }

    /// Appends batches whose CRCs were checked before ([RecordBatches#split]). They are stamped in place and copied
    /// to wherever they go: the buffer is the caller's again afterwards, and may be filled with something else.
    ///
    /// @param leaderEpoch stamped into the batches, except those of [AppendOrigin#REPLICATION]
    public synchronized AppendResult append(ByteBuffer batches, int leaderEpoch, AppendOrigin origin) {
        var failure = directory.failure();
        if (failure.isPresent()) {
            return ProducedBatches.refused(AppendError.KAFKA_STORAGE_ERROR, failure.get());
        }
        if (deleted) {
            return ProducedBatches.refused(AppendError.KAFKA_STORAGE_ERROR, id + " is deleted");
        }
        int size = batches.remaining();
        if (!directory.flusher().hasRoomFor(size)) {
            return ProducedBatches.refused(
                    AppendError.REQUEST_TIMED_OUT, "too many bytes wait for the disk; try again");
        }
        var noRoom = directory.room().refusal(size, origin);
        if (noRoom != null) {
            return ProducedBatches.refused(AppendError.KAFKA_STORAGE_ERROR, noRoom);
        }
        try {
            wake();
            var views = RecordBatches.splitTrusted(batches);
            var checks = new ProducedBatches(
                    settings, producers, logStart, logEnd, directory.clock().wallMs());
            var answer = checks.check(views, size, origin);
            return answer != null ? answer : write(views, batches.slice(), leaderEpoch, origin);
        } catch (InvalidBatchException invalid) {
            return ProducedBatches.refused(AppendError.of(invalid.error()), String.valueOf(invalid.getMessage()));
        } catch (DiskFullException full) {
            directory.ranOut(full);
            var text = String.valueOf(directory.room().refusal(size, origin));
            return ProducedBatches.refused(AppendError.KAFKA_STORAGE_ERROR, text);
        } catch (IOException failed) {
            directory.fail("writing to the log of " + id, failed);
            return ProducedBatches.refused(
                    AppendError.KAFKA_STORAGE_ERROR, "writing to the log of " + id + " failed: " + failed);
        }
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
        note();
        makeFolder();
        var active = segments.activeFor(batches, bytes.remaining(), settings, logEnd);
        var before = active.end();
        try {
            for (var batch : batches) {
                active.append(batch);
            }
        } catch (DiskFullException full) {
            active.backTo(before);
            throw full;
        }
        // From here on the batches are in the log.
        for (var batch : batches) {
            observe(batch);
            directory.tails().add(tail, batch);
        }
        publishEnd(batches.getLast().nextOffset());
        if (settings.waitsForSync()) {
            directory.flusher().add(this, bytes, logEnd, unjournaledBytes);
            unjournaledBytes = false;
        } else {
            unjournaledBytes = true;
            durableEnd = logEnd;
            flushes.appended(batches.getLast().nextOffset() - batches.getFirst().baseOffset(), settings);
        }
        return new AppendResult.Appended(
                batches.getFirst().baseOffset(), batches.getLast().lastOffset(), appendTime, logStart);
    }

    private void makeFolder() throws IOException {
        if (!hasFolder) {
            directory.writeFolder(this);
            hasFolder = true;
        }
    }

    private void observe(RecordBatch batch) throws IOException {
        observe(segments.active(), batch);
    }

    private void observe(Segment segment, RecordBatch batch) throws IOException {
        epochs = epochs.assign(batch.partitionLeaderEpoch(), batch.baseOffset());
        var aborted = producers.update(batch);
        if (aborted != null) {
            segment.aborted().add(aborted);
        }
    }

    private void publishEnd(long end) {
        lastStable = producers.transactions().stableBelow(end);
        logEnd = end;
    }

    void publishStable() {
        publishEnd(logEnd);
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
        // The end is read after what it bounds.
        long durable = durableEnd;
        long stable = lastStable;
        long end = logEnd;
        long start = logStart;
        durable = Math.max(start, Math.min(durable, end));
        stable = Math.max(start, Math.min(stable, end));
        return new LogView(start, end, durable, epochs.latest(), stable);
    }

    /// True if [#read] from here finds what was written a moment ago, or nothing: it does not wait for the disk.
    public boolean isRecent(long fromOffset) {
        if (fromOffset >= logEnd) {
            return true;
        }
        var known = segments.all();
        return !known.isEmpty() && known.getLast().isRecent(fromOffset);
    }

    /// The same as [LogView#durableEndOffset], for those who need nothing else.
    public long durableEndOffset() {
        return Math.max(logStart, Math.min(durableEnd, logEnd));
    }

    public long sizeBytes() {
        return segments.sizeBytes();
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
        if (memory != null) {
            return LogSlice.of(fromOffset, memory);
        }
        var known = segments();
        try {
            return LogReader.read(known, fromOffset, maxBytes, below, atLeastOneBatch);
        } catch (IOException gone) {
            if (segments.all().equals(known)) {
                throw gone;
            }
            // Compaction or retention took the segments away under the reader, and their files were closed since.
            return LogReader.read(segments(), fromOffset, maxBytes, below, atLeastOneBatch);
        }
    }

    /// The first record whose time is `timestampMs` or later.
    public Optional<TimestampOffset> offsetForTimestamp(long timestampMs) throws IOException {
        return LogReader.offsetForTimestamp(segments(), logStart, timestampMs);
    }

    /// The first of the records with the latest time.
    public Optional<TimestampOffset> maxTimestampOffset() throws IOException {
        return LogReader.maxTimestampOffset(segments(), logStart);
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
            wake();
            moveStart(start);
            directory.flusher().add(new JournalItem.LogStart(topicId, id.partition(), start));
            dropSegmentsBelowStart();
        }
        return logStart;
    }

    private void moveStart(long start) {
        logStart = start;
        epochs = epochs.truncateStart(start);
        note();
    }

    /// Applies retention; true if segments went.
    synchronized boolean retain(long nowMs) throws IOException {
        var rules = settings;
        segments.rest();
        if (deleted || !rules.cleanupDelete()) {
            return false;
        }
        var resting = segments.resting();
        if (resting != null && !Retention.mayConcern(resting, rules, nowMs)) {
            return false;
        }
        long start = Retention.newStart(segments(), rules, logStart, logEnd, nowMs);
        segments.rest();
        if (resting != null && resting.oldestMs() < 0) {
            // The next start need not look again.
            note();
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
        if (!segments.isEmpty() && logStart == logEnd && segments.active().sizeBytes() > 0) {
            segments.roll(logEnd, settings);
        }
        var gone = segments.dropBelow(logStart);
        if (!gone.isEmpty()) {
            directory.discard(this, gone, settings.fileDeleteDelayMs());
        }
    }

    /// Cuts the log off at `offset`: what a follower does that went another way than its leader. Slow: waits for the
    /// disk, so that no trace of what was cut comes back after a crash.
    public void truncateTo(long offset) throws IOException {
        LogTruncation.cut(this, Math.max(offset, 0));
    }

    /// Called by [LogTruncation] when the files are cut.
    void truncated(List<Segment> left, long end) {
        segments.set(left);
        tail.clear();
        epochs = epochs.truncateEnd(end);
        logStart = Math.min(logStart, end);
        publishEnd(end);
        durableEnd = Math.min(durableEnd, end);
    }

    /// A new leader epoch starts at the log end.
    public synchronized void assignLeaderEpoch(int leaderEpoch) {
        var before = epochs;
        epochs = before.assign(leaderEpoch, logEnd);
        if (!epochs.equals(before)) {
            note();
        }
    }

    public synchronized void updateSettings(LogSettings settings) {
        this.settings = settings;
        segments.settingsChanged();
    }

    public synchronized List<ProducerView> producers() throws IOException {
        wake();
        return producers.view();
    }

    /// Forgets producers without an open transaction that were idle for the directory's producer expiry.
    public synchronized void expireProducers(long nowMs) {
        if (segments.resting() == null
                && producers.expire(nowMs - directory.settings().producerExpiryMs())) {
            note();
        }
    }

    /// Who hears on the flusher's thread that [LogView#durableEndOffset] advanced, or that the directory failed
    /// ([LogDirectory#failure]); in place of the listener before.
    public void onDurable(DurableListener listener) {
        this.listener = listener;
    }

    /// Makes everything that was appended before the call durable in the segments; what a checkpoint says about it.
    Checkpoint.Line syncDirty() throws IOException {
        return sync.forCheckpoint();
    }

    /// Makes everything that was appended before the call durable in the segments.
    void syncSegments() throws IOException {
        sync.withoutCheckpoint();
    }

    /// From now on nothing is written to the folder any more, so that it can be renamed.
    void markDeleted() {
        sync.exclusively(() -> {
            synchronized (this) {
                deleted = true;
                return true;
            }
        });
    }

    /// How far compaction is; for a topic that is compacted.
    public CompactionStatus compactionStatus() throws IOException {
        return compaction.status();
    }

    boolean isDeleted() {
        return deleted;
    }

    /// A checkpoint says that everything below `recoveryPoint` is on disk, and remembers the last snapshot.
    void checkpointed(long recoveryPoint) throws IOException {
        compaction.checkpointed(recoveryPoint);
        sync.forgetSnapshots();
    }

    /// Removes files of segments that left the log a while ago, unless their names belong to somebody else by now:
    /// to a log created anew under this one's name, or to a segment that starts where an old one did.
    synchronized void deleteFiles(List<Segment> old) throws IOException {
        if (!deleted) {
            segments.deleteFiles(old);
        }
    }

    void namesChanged() {
        segments.namesChanged();
    }

    // What recovery does, before anybody else sees the log.

    void restoreAtRest(Checkpoint.Line line, boolean withFolder) {
        compaction.checkpointed(line.recoveryPoint());
        restore(List.of(), line, withFolder);
        if (withFolder) {
            lastStable = line.lastStable();
            segments.rest(line);
        }
    }

    void awake(List<Segment> found) {
        segments.awake(found);
    }

    void restore(List<Segment> found, Checkpoint.Line line, boolean withFolder) {
        hasFolder = withFolder;
        segments.awake(found);
        epochs = line.epochs();
        logStart = line.logStart();
        publishEnd(line.recoveryPoint());
        durableEnd = logEnd;
    }

    /// @param producersKnow the snapshot was taken behind it
    void restoreBatch(Segment segment, RecordBatch batch, boolean producersKnow) throws IOException {
        if (producersKnow) {
            epochs = epochs.assign(batch.partitionLeaderEpoch(), batch.baseOffset());
        } else {
            observe(segment, batch);
        }
        publishEnd(batch.nextOffset());
        durableEnd = logEnd;
    }

    void restoreStart(long start) {
        moveStart(Math.min(start, logEnd));
        if (segments.resting() == null) {
            // At rest nothing is known of the producers but what the checkpoint said.
            publishStable();
        }
    }

    /// Appends a batch that the journal has and the segments lack.
    void replay(RecordBatch batch) throws IOException {
        note();
        makeFolder();
        var active = segments.activeFor(List.of(batch), batch.sizeBytes(), settings, logEnd);
        active.append(batch);
        restoreBatch(active, batch, false);
    }

    @Override
    public String toString() {
        return id + Arrays.toString(new long[] {logStart, durableEnd, logEnd});
    }
}
