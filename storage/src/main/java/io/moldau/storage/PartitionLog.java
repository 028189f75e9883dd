package io.moldau.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/// The log of one partition.
@SuppressWarnings({"DoNotCallSuggester", "UnusedVariable"})
public final class PartitionLog {
    PartitionLog() {}

    private static UnsupportedOperationException soon() {
        return new UnsupportedOperationException();
    }

    public PartitionId id() {
        throw soon();
    }

    public UuidBits topicId() {
        throw soon();
    }

    public LogSettings settings() {
        throw soon();
    }
    /// Appends and stamps in place; the buffer belongs to the log from now on and must not change any more.
    /// The CRCs were checked before (RecordBatches.split).
    public AppendResult append(ByteBuffer batches, int leaderEpoch, AppendOrigin origin) {
        throw soon();
    }

    public LogView view() {
        throw soon();
    }
    /// Empty slice at the end of what may be read.
    public ReadResult read(long fromOffset, int maxBytes, long belowOffset, boolean atLeastOneBatch)
            throws IOException {
        throw soon();
    }
    /// First record at or after the time.
    public Optional<TimestampOffset> offsetForTimestamp(long timestampMs) throws IOException {
        throw soon();
    }

    public Optional<TimestampOffset> maxTimestampOffset() throws IOException {
        throw soon();
    }

    public EpochEnd endOffsetForEpoch(int leaderEpoch) {
        throw soon();
    }
    /// DeleteRecords; the new log start.
    public long advanceLogStartTo(long offset) throws IOException {
        throw soon();
    }

    public void truncateTo(long offset) throws IOException {
        throw soon();
    }

    public void assignLeaderEpoch(int leaderEpoch) {
        throw soon();
    }

    public void updateSettings(LogSettings settings) {
        throw soon();
    }

    public List<ProducerView> producers() {
        throw soon();
    }

    public void expireProducers(long nowMs) {
        throw soon();
    }
    /// Replaces the listener of this log.
    public void onDurable(DurableListener listener) {
        throw soon();
    }
}
