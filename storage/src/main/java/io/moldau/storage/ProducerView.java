package io.moldau.storage;

/// What a log knows of a producer (DescribeProducers).
///
/// @param currentTransactionStartOffset -1 without an open transaction
public record ProducerView(
        long producerId,
        short producerEpoch,
        int lastSequence,
        long lastTimestamp,
        int coordinatorEpoch,
        long currentTransactionStartOffset) {}
