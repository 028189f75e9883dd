package io.moldau.shares;

import java.util.List;

/// What is kept of one share-partition.
///
/// @param snapshotEpoch counts the snapshots of this state in the log
/// @param stateEpoch counts its beginnings: the group that was created anew has a later one
/// @param leaderEpoch of the partition's leader that wrote or read last
/// @param startOffset all before it is done with; -1 if nobody has begun yet
/// @param deliveryCompleteCount offsets from the start on that are done with; -1 unknown (KIP-1226)
/// @param batches what is known of offsets from the start on
/// @param changes the part of it that came after the snapshot
/// @param updates records since the snapshot
public record ShareState(
        int snapshotEpoch,
        int stateEpoch,
        int leaderEpoch,
        long startOffset,
        int deliveryCompleteCount,
        long createdMs,
        List<StateBatch> batches,
        List<StateBatch> changes,
        int updates) {
    public static final long NOT_BEGUN = -1;

    static ShareState begin(int snapshotEpoch, int stateEpoch, long startOffset, long nowMs) {
        return new ShareState(
                snapshotEpoch,
                stateEpoch,
                -1,
                startOffset,
                startOffset == NOT_BEGUN ? -1 : 0,
                nowMs,
                List.of(),
                List.of(),
                0);
    }

    /// @param newStart -1 leaves it
    ShareState updated(int newLeaderEpoch, long newStart, int newCompleteCount, List<StateBatch> batches) {
        long start = newStart == NOT_BEGUN ? startOffset : newStart;
        return new ShareState(
                snapshotEpoch,
                stateEpoch,
                newLeaderEpoch,
                start,
                newCompleteCount,
                createdMs,
                StateBatch.merge(this.batches, batches, start),
                StateBatch.merge(changes, batches, start),
                updates + 1);
    }

    ShareState asSnapshot() {
        return new ShareState(
                snapshotEpoch + 1,
                stateEpoch,
                leaderEpoch,
                startOffset,
                deliveryCompleteCount,
                createdMs,
                batches,
                List.of(),
                0);
    }
}
