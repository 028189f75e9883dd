package io.moldau.replication;

import io.moldau.protocol.ErrorCode;

/// What a producer is told about the batches it sent to one partition.
public sealed interface AppendOutcome {
    /// The promise is kept.
    ///
    /// @param logAppendTimeMs -1 unless the topic stamps records with the time of their arrival
    record Acknowledged(long baseOffset, long lastOffset, long logAppendTimeMs, long logStartOffset)
            implements AppendOutcome {}

    record Refused(ErrorCode error, String reason) implements AppendOutcome {}
}
