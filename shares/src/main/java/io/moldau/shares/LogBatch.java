package io.moldau.shares;

/// The offsets of one batch of the log, as it was read.
///
/// @param offered false for batches that nobody shall see: control batches, and aborted ones for readers of committed
///        records
public record LogBatch(long first, long last, boolean offered) {}
