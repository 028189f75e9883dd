package io.moldau.client;

import java.util.List;

/// A transactional id as its coordinator describes it.
///
/// @param startMs when its transaction began, in milliseconds since the epoch; -1 without one
public record TransactionInfo(
        String id,
        String state,
        long producerId,
        short producerEpoch,
        int timeoutMs,
        long startMs,
        List<TopicPartition> partitions) {
    /// A line of the list of transactions.
    public record Listed(String id, long producerId, String state) {}

    /// A transaction that is open in a partition, as the partition's log knows it.
    ///
    /// @param lastMs when the producer wrote last, in milliseconds since the epoch
    public record Open(
            TopicPartition partition,
            long producerId,
            short producerEpoch,
            int coordinatorEpoch,
            long startOffset,
            long lastMs) {}

    /// What is asked of the list; empty lists and texts, and a negative duration, ask nothing.
    public record Filter(List<String> states, List<Long> producerIds, long durationMs, String pattern) {
        public static final Filter ALL = new Filter(List.of(), List.of(), -1, "");
    }
}
