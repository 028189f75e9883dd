package io.moldau.storage;

/// A partition by name; also the name of its folder, `topic-partition`.
public record PartitionId(String topic, int partition) {
    @Override
    public String toString() {
        return topic + "-" + partition;
    }
}
