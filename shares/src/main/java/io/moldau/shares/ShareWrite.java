package io.moldau.shares;

import java.util.List;

/// Changes to a share state, by the partition's leader.
///
/// @param startOffset -1 leaves it
/// @param deliveryCompleteCount offsets from the start on that are done with; -1 if the writer does not count
public record ShareWrite(
        int stateEpoch, int leaderEpoch, long startOffset, int deliveryCompleteCount, List<StateBatch> batches) {}
