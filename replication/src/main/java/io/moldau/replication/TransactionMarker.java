package io.moldau.replication;

/// The end of a producer's transaction, to be written to a partition as a control batch.
///
/// @param coordinatorEpoch of the transaction coordinator that decided
/// @param transactionVersion 0 and 1: the producer keeps its epoch; 2: it has the next one (KIP-890)
public record TransactionMarker(
        long producerId, short producerEpoch, int coordinatorEpoch, boolean commit, int transactionVersion) {}
