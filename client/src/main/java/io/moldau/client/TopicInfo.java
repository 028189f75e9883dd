package io.moldau.client;

import io.moldau.protocol.Uuid;
import java.util.List;

/// What a cluster says of a topic.
public record TopicInfo(String name, Uuid id, boolean internal, List<PartitionInfo> partitions) {
    /// One partition; `leader` is -1 if there is none.
    public record PartitionInfo(
            int partition, int leader, int leaderEpoch, List<Integer> replicas, List<Integer> inSync) {}
}
