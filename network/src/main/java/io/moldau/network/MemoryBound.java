package io.moldau.network;

import java.util.concurrent.atomic.AtomicLong;

/// Counts the bytes of requests that are read but not answered.
final class MemoryBound {
    private final long limitBytes;
    private final AtomicLong heldBytes = new AtomicLong();

    MemoryBound(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    boolean tryHold(int bytes) {
        long held;
        do {
            held = heldBytes.get();
            if (held + bytes > limitBytes) {
                return false;
            }
        } while (!heldBytes.compareAndSet(held, held + bytes));
        return true;
    }

    void release(int bytes) {
        heldBytes.addAndGet(-bytes);
    }

    long heldBytes() {
        return heldBytes.get();
    }
}
