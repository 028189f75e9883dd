package io.moldau.storage;

/// An answer to a read.
public sealed interface ReadResult permits LogSlice, ReadResult.OffsetOutOfRange {
    /// The offset is not in the log, which holds [logStartOffset, logEndOffset).
    record OffsetOutOfRange(long offset, long logStartOffset, long logEndOffset) implements ReadResult {}
}
