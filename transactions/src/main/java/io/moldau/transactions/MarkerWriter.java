package io.moldau.transactions;

import io.moldau.protocol.ErrorCode;
import io.moldau.replication.TransactionMarker;
import io.moldau.storage.PartitionId;
import java.util.function.Consumer;

/// Writes the end of a transaction to one of its partitions.
public interface MarkerWriter {
    /// @param done told once, on any thread: NONE when the marker keeps the partition's promise,
    ///     UNKNOWN_TOPIC_OR_PARTITION if the partition is gone for good, INVALID_PRODUCER_EPOCH if the
    ///     partition knows that this transaction is over; anything else asks for another try
    void write(PartitionId partition, TransactionMarker marker, Consumer<ErrorCode> done);
}
