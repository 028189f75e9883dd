package io.moldau.network;

import java.nio.ByteBuffer;

/// A piece of an event loop's direct memory, in use as long as somebody holds it. On its loop only.
final class Lease {
    private final Leases owner;
    private final ByteBuffer memory;
    private final boolean ofBlock;
    private int holders;
    private boolean forfeited;

    Lease(Leases owner, ByteBuffer memory, boolean ofBlock) {
        this.owner = owner;
        this.memory = memory;
        this.ofBlock = ofBlock;
    }

    /// All of it; the caller's positions and limits are its own.
    ByteBuffer memory() {
        return memory.duplicate();
    }

    int sizeBytes() {
        return memory.capacity();
    }

    boolean isOfBlock() {
        return ofBlock;
    }

    int holders() {
        return holders;
    }

    void hold() {
        holders++;
    }

    /// The last holder gives the memory back.
    void release() {
        holders--;
        if (holders == 0 && !forfeited) {
            owner.takeBack(this);
        }
    }

    /// Somebody may use it for who knows how long: it is never lent again.
    void forfeit() {
        if (!forfeited) {
            forfeited = true;
            owner.writeOff(this);
        }
        release();
    }

    boolean forfeited() {
        return forfeited;
    }
}
