package io.moldau.storage;

/// A log as it was at one moment.
///
/// @param durableEndOffset everything below meets the durability that the topic promises (for
///        [Durability#MEMORY] and [Durability#REPLICATED] that is the log end)
/// @param leaderEpoch the newest epoch in the log, -1 in an empty one
/// @param lastStableOffset first offset of the oldest transaction that is open or whose marker is not promised
///        yet ([LogTransactions#promised]), else the log end
public record LogView(
        long logStartOffset, long logEndOffset, long durableEndOffset, int leaderEpoch, long lastStableOffset) {}
