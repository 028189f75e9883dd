package io.moldau.storage;

/// A transaction whose records nobody shall see.
///
/// @param lastOffset of its marker
/// @param lastStableOffset the first offset of the oldest transaction that was open when the marker was written, else
///        the offset after it: every transaction that begins below has its marker here or before
public record AbortedTransaction(long producerId, long firstOffset, long lastOffset, long lastStableOffset) {}
