package io.moldau.storage;

/// What an acknowledged record survives.
public enum Durability {
    /// A crash of the process only: the promise is met when the operating system has the bytes.
    MEMORY(false),
    /// Power loss of this node.
    DISK(true),
    /// Loss of all but one of the in-sync replicas; synced in the background.
    REPLICATED(false),
    /// Power loss on every in-sync replica at once.
    REPLICATED_DISK(true);

    private final boolean waitsForSync;

    Durability(boolean waitsForSync) {
        this.waitsForSync = waitsForSync;
    }

    public boolean waitsForSync() {
        return waitsForSync;
    }
}
