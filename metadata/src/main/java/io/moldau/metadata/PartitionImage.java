package io.moldau.metadata;

import java.util.List;

/// The facts of one partition. `partitionEpoch` counts its changes, `leaderEpoch` its leaders.
public record PartitionImage(
        int index, List<Integer> replicas, List<Integer> isr, int leader, int leaderEpoch, int partitionEpoch) {
    public PartitionImage {
        replicas = List.copyOf(replicas);
        isr = List.copyOf(isr);
    }
}
