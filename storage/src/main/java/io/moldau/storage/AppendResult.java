package io.moldau.storage;

/// What became of the batches offered to a partition's log.
public sealed interface AppendResult {
    /// In the log, and on its way to the disk: durable when [LogView#durableEndOffset] is above `lastOffset`.
    ///
    /// @param logAppendTimeMs -1 if the records keep their producer's times
    record Appended(long baseOffset, long lastOffset, long logAppendTimeMs, long logStartOffset)
            implements AppendResult {}

    /// The producer sent this batch before and it is in the log: answer as if it were new (KIP-98), when
    /// `lastOffset` is durable.
    record Duplicate(long baseOffset, long lastOffset, long logAppendTimeMs, long logStartOffset)
            implements AppendResult {}

    record Refused(AppendError error, String reason) implements AppendResult {}
}
