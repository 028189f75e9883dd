package io.moldau.storage;

/// Told on the flusher's thread, once a group for each log whose durable end advanced. Must not block.
public interface DurableListener {
    void durableAdvanced(PartitionLog log);
}
