package io.moldau.storage;

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
    private final LogEnds ends = new LogEnds(this);
    final ProducerStates producers = new ProducerStates();
    final TailCache.Tail tail = new TailCache.Tail();
    private final LogWriter writer;
    private final LogTrim trim;
    private final LogSync sync;
    private final LogCompaction compaction;
    private final LogTransactions transactions = new LogTransactions(this, producers);
    // Changed under this object's monitor, read by anybody.
    private volatile LogSettings settings;
    private volatile Epochs epochs = Epochs.NONE;
    private volatile boolean deleted;
    private volatile int moves;
    private volatile @Nullable LogMove move;
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
        this.writer = new LogWriter(this);
        this.trim = new LogTrim(this);
        this.sync = new LogSync(this);
        this.compaction = new LogCompaction(this);
    }

    public PartitionId id() {
        return id;
    }

    public UuidBits topicId() {
        return topicId;
    }

    LogKey key() {
        return new LogKey(topicId, id.partition());
    }

    public LogSettings settings() {
        return settings;
    }

    Path path() {
        return path;
    }

    /// Where it is kept.
    public LogDirectory directory() {
        return directory;
    }

    public LogTransactions transactions() {
        return transactions;
    }

    // The parts of the log, for this room.

    /// To be changed under this log's monitor.
    SegmentList segmentList() {
        return segments;
    }

    LogEnds ends() {
        return ends;
    }

    LogWriter writer() {
        return writer;
    }

    LogTrim trim() {
        return trim;
    }

    LogSync sync() {
        return sync;
    }

    LogCompaction compaction() {
        return compaction;
    }

    Epochs epochs() {
        return epochs;
    }

    void epochs(Epochs now) {
        epochs = now;
    }

    /// How often it was moved to another directory: of two logs of one partition the one that was moved more often
    /// is the right one.
    int moves() {
        return moves;
    }

    void moves(int count) {
        moves = count;
    }

    /// The way to another directory that it is on, if it is.
    @Nullable
    LogMove move() {
        return move;
    }

    void move(@Nullable LogMove now) {
        move = now;
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
    void wake() throws IOException {
        if (segments.resting() == null) {
            return;
        }
        synchronized (this) {
            var line = segments.resting();
            if (line != null) {
                LogRecovery.wake(this, line);
                publishStable();
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
        return append(List.of(new Append(batches, null)), leaderEpoch, origin).getFirst();
    }

    /// The same for what came together, in order; the results in that order. What can be written with one call is.
    public synchronized List<AppendResult> append(List<Append> appends, int leaderEpoch, AppendOrigin origin) {
        return writer.append(appends, leaderEpoch, origin);
    }

    void publishStable() {
        ends.stable(producers.transactions().stableBelow(ends.end()));
    }

    /// The flusher made everything below `endOffset` durable, or the directory failed.
    void flushed(long endOffset, boolean well) {
        ends.flushed(endOffset, well);
    }

    public LogView view() {
        return ends.view(epochs.latest());
    }

    /// True if [#read] of so much from here waits for no disk: there is nothing to read, it was written a moment ago,
    /// or the system has it in memory. Of sending, [LogSlice#isAtHand] tells.
    public boolean isAtHand(long fromOffset, int maxBytes) {
        if (fromOffset >= ends.end()) {
            return true;
        }
        try {
            return LogReader.isAtHand(segments.all(), fromOffset, maxBytes);
        } catch (IOException unknown) {
            return false;
        }
    }

    /// The same as [LogView#durableEndOffset], for those who need nothing else.
    public long durableEndOffset() {
        return ends.durable();
    }

    public long sizeBytes() {
        return segments.sizeBytes();
    }

    /// Batches from the one that holds `fromOffset` on, all below `belowOffset`, at most `maxBytes`; with
    /// `atLeastOneBatch` the first one even if it is larger. Empty where there is nothing to read yet.
    public ReadResult read(long fromOffset, int maxBytes, long belowOffset, boolean atLeastOneBatch)
            throws IOException {
        long end = ends.end();
        if (fromOffset < ends.start() || fromOffset > end) {
            return new ReadResult.OffsetOutOfRange(fromOffset, ends.start(), end);
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
        return LogReader.offsetForTimestamp(segments(), ends.start(), timestampMs);
    }

    /// The first of the records with the latest time.
    public Optional<TimestampOffset> maxTimestampOffset() throws IOException {
        return LogReader.maxTimestampOffset(segments(), ends.start());
    }

    public EpochEnd endOffsetForEpoch(int leaderEpoch) {
        return epochs.end(leaderEpoch, ends.end());
    }

    /// The epoch in which the record at this offset was written, -1 if not known.
    public int epochForOffset(long offset) {
        return epochs.epochOf(offset);
    }

    /// DeleteRecords: nothing below `offset` is readable any more; the new log start. Never goes back or past the end.
    public synchronized long advanceLogStartTo(long offset) throws IOException {
        return trim.advanceTo(offset);
    }

    /// Applies retention; true if segments went.
    synchronized boolean retain(long nowMs) throws IOException {
        return trim.retain(nowMs);
    }

    /// Cuts the log off at `offset`: what a follower does that went another way than its leader. Slow: waits for the
    /// disk, so that no trace of what was cut comes back after a crash.
    public void truncateTo(long offset) throws IOException {
        LogTruncation.cut(this, Math.max(offset, 0));
    }

    /// A new leader epoch starts at the log end.
    public synchronized void assignLeaderEpoch(int leaderEpoch) {
        var before = epochs;
        epochs = before.assign(leaderEpoch, ends.end());
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
        ends.listener(listener);
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

    /// How far the pass is that is under way; asks nothing but memory.
    public Optional<CompactionProgress> compactionUnderWay() {
        return compaction.progress();
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
    void deleteFiles(List<Segment> old) throws IOException {
        List<Path> retired;
        synchronized (this) {
            retired = deleted ? List.of() : segments.retire(old);
        }
        directory.delete(retired);
    }

    void namesChanged() {
        segments.namesChanged();
    }

    @Override
    public String toString() {
        return id + Arrays.toString(new long[] {ends.start(), durableEndOffset(), ends.end()});
    }
}
