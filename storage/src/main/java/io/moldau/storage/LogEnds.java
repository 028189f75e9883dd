package io.moldau.storage;

import org.jspecify.annotations.Nullable;

/// Where a log starts and ends, and how much of it is stable and durable.
///
/// Changed under the log's monitor, but for the durable end, which the flusher moves; read by anybody.
final class LogEnds {
    private final PartitionLog log;
    private volatile long start;
    private volatile long end;
    private volatile long durable;
    private volatile long stable;
    private volatile @Nullable DurableListener listener;
    private volatile boolean held;
    /// What the durable end would be. Guarded by this.
    private long heldDurable;

    LogEnds(PartitionLog log) {
        this.log = log;
    }

    long start() {
        return start;
    }

    long end() {
        return end;
    }

    void start(long offset) {
        start = offset;
    }

    /// @param stableEnd where the oldest transaction begins that is not over, else `logEnd`
    void end(long logEnd, long stableEnd) {
        stable = stableEnd;
        end = logEnd;
    }

    void stable(long stableEnd) {
        stable = stableEnd;
    }

    LogView view(int leaderEpoch) {
        // The end is read after what it bounds.
        long durableNow = durable;
        long stableNow = stable;
        long endNow = end;
        long startNow = start;
        return new LogView(
                startNow,
                endNow,
                Math.max(startNow, Math.min(durableNow, endNow)),
                leaderEpoch,
                Math.max(startNow, Math.min(stableNow, endNow)));
    }

    long durable() {
        return Math.max(start, Math.min(durable, end));
    }

    /// All of it is durable.
    void allDurable() {
        long all = end;
        if (!(held && holdBack(all))) {
            durable = all;
        }
    }

    /// The log was cut at its end.
    void cutDurable() {
        durable = Math.min(durable, end);
    }

    /// The flusher made everything below an offset durable, or the directory failed.
    void flushed(long endOffset, boolean well) {
        if (well) {
            raiseDurable(endOffset);
        }
        tell();
    }

    private void raiseDurable(long offset) {
        if (!(held && holdBack(offset)) && offset > durable) {
            durable = offset;
        }
    }

    private synchronized boolean holdBack(long offset) {
        if (held) {
            heldDurable = Math.max(heldDurable, offset);
        }
        return held;
    }

    /// From now on nothing more is called durable, until [#release]: another directory is about to answer for the log.
    /// What a flusher says at this very moment may still count; it speaks of records that were there before.
    synchronized void hold() {
        heldDurable = durable;
        held = true;
    }

    /// What became durable meanwhile counts after all.
    void release() {
        synchronized (this) {
            held = false;
            durable = Math.max(durable, heldDurable);
        }
        tell();
    }

    void listener(DurableListener next) {
        listener = next;
    }

    private void tell() {
        var told = listener;
        if (told != null) {
            told.durableAdvanced(log);
        }
    }
}
