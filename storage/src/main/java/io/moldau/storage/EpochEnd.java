package io.moldau.storage;

/// Where an epoch ends in a log (KIP-320): the largest known epoch at or below the one asked for, and the offset
/// after its last record. Both -1 if there is none.
public record EpochEnd(int leaderEpoch, long endOffset) {
    public static final EpochEnd UNKNOWN = new EpochEnd(-1, -1);
}
