package io.moldau.replication;

import io.moldau.protocol.ErrorCode;
import java.util.List;

/// What a producer is told about the batches it sent to one partition.
public sealed interface AppendOutcome {
    /// The promise is kept.
    ///
    /// @param logAppendTimeMs -1 unless the topic stamps records with the time of their arrival
    record Acknowledged(long baseOffset, long lastOffset, long logAppendTimeMs, long logStartOffset)
            implements AppendOutcome {}

    /// @param records those that are to blame, if it is known (KIP-467)
    record Refused(ErrorCode error, String reason, List<RecordError> records) implements AppendOutcome {
        public Refused(ErrorCode error, String reason) {
            this(error, reason, List.of());
        }
    }

    /// @param index in the batch, from 0
    record RecordError(int index, String message) {}
}
