package io.moldau.groups;

/// How far a group has read a partition.
///
/// @param leaderEpoch of the last record read, -1 if unknown
public record CommittedOffset(long offset, int leaderEpoch, String metadata, long commitTimestampMs) {}
