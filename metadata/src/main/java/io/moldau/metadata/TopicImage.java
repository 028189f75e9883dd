package io.moldau.metadata;

import io.moldau.protocol.Uuid;
import java.util.List;
import java.util.Optional;

/// The facts of one topic; partition `i` stands at index `i`.
public record TopicImage(String name, Uuid id, List<PartitionImage> partitions) {
    public TopicImage {
        partitions = List.copyOf(partitions);
    }

    public Optional<PartitionImage> partition(int index) {
        return index >= 0 && index < partitions.size() ? Optional.of(partitions.get(index)) : Optional.empty();
    }

    /// Topics that the platform keeps for itself; clients see them marked.
    public boolean internal() {
        return isInternal(name);
    }

    public static boolean isInternal(String name) {
        return name.equals("__consumer_offsets")
                || name.equals("__transaction_state")
                || name.equals("__share_group_state");
    }
}
