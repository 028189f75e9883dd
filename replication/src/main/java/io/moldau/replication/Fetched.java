package io.moldau.replication;

import io.moldau.protocol.ErrorCode;
import io.moldau.storage.AbortedTransaction;
import io.moldau.storage.LogSlice;
import java.util.List;
import java.util.Optional;

/// What a reader gets from one partition.
public sealed interface Fetched {
    /// @param slice whole batches, none if there is nothing new
    /// @param diverging where the reader's history leaves the log's (KIP-320)
    /// @param aborted for readers of committed records: whose records in the slice they pass over
    record Read(
            long logStartOffset,
            long highWatermark,
            long lastStableOffset,
            Optional<LogSlice> slice,
            Optional<Diverging> diverging,
            List<AbortedTransaction> aborted)
            implements Fetched {
        public Read(
                long logStartOffset,
                long highWatermark,
                long lastStableOffset,
                Optional<LogSlice> slice,
                Optional<Diverging> diverging) {
            this(logStartOffset, highWatermark, lastStableOffset, slice, diverging, List.of());
        }

        public int sizeBytes() {
            return slice.map(LogSlice::sizeBytes).orElse(0);
        }
    }

    /// The last epoch the reader shares with the log, and where it ends.
    record Diverging(int epoch, long endOffset) {}

    record Refused(ErrorCode error, String reason) implements Fetched {}
}
