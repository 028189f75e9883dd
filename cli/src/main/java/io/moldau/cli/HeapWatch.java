package io.moldau.cli;

import java.util.function.LongSupplier;

/// Has the heap collected when it holds twice what it held after the last time, and at least [#LEAST_BYTES] more.
/// The serial collector extends the old generation up to the heap's limit before it collects there by itself, so
/// that a node which writes for hours would grow for hours (decision 40).
final class HeapWatch {
    static final long LEAST_BYTES = 16 << 20;

    private final LongSupplier used;
    private final Runnable collector;
    /// The least that was seen in use since the last collection.
    private long base;

    HeapWatch(LongSupplier used, Runnable collector) {
        this.used = used;
        this.collector = collector;
        this.base = used.getAsLong();
    }

    static HeapWatch ofThisProcess() {
        var process = Runtime.getRuntime();
        return new HeapWatch(() -> process.totalMemory() - process.freeMemory(), process::gc);
    }

    /// To be called now and then.
    void look() {
        long now = used.getAsLong();
        if (now - base > Math.max(LEAST_BYTES, base)) {
            collector.run();
            base = used.getAsLong();
        } else {
            base = Math.min(base, now);
        }
    }
}
