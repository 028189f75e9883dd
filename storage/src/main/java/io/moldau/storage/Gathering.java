package io.moldau.storage;

import io.moldau.environment.Clock;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// How long a flusher lets the next group gather before it goes to the disk.
///
/// Clients that wait for answers come in two halves: one waits for the sync under way, the other for the next. With a
/// short wait after each sync for those who were just answered, all of them share the next one: half as many syncs,
/// wake-ups and small writes for the same requests (decision 40). It ends as soon as as much has come as was answered,
/// and is left out for a while where that does not happen.
final class Gathering {
    private static final long MOST_NANOS = 500_000;
    private static final long LEAST_NANOS = 20_000;
    /// Smaller groups are of clients who are not that many.
    private static final int FROM_APPENDS = 8;
    private static final int MOST_LEFT_OUT = 256;

    private final Clock clock;
    private final LongSupplier gatheredBytes;
    private volatile long wantedBytes = Long.MAX_VALUE;
    private volatile @Nullable Thread waiter;
    private int leaveOut;
    private int nextLeaveOut = 1;

    /// @param gatheredBytes what has come for the next group, may be asked by any thread
    Gathering(Clock clock, LongSupplier gatheredBytes) {
        this.clock = clock;
        this.gatheredBytes = gatheredBytes;
    }

    /// Something has come.
    void grew(long bytes) {
        if (bytes >= wantedBytes) {
            wantedBytes = Long.MAX_VALUE;
            LockSupport.unpark(waiter);
        }
    }

    /// By the flusher, after a group.
    ///
    /// @param bytes that were answered
    /// @param appends so many
    /// @param tookNanos the disk's time for it: the wait is at most half of that
    @SuppressWarnings("ThreadPriorityCheck")
    void await(long bytes, int appends, long tookNanos) {
        long most = Math.min(MOST_NANOS, tookNanos / 2);
        if (appends < FROM_APPENDS || most < LEAST_NANOS) {
            Thread.yield();
            return;
        }
        if (leaveOut > 0) {
            leaveOut--;
            Thread.yield();
            return;
        }
        long until = clock.nanos() + most;
        long wanted = gatheredBytes.getAsLong() + bytes;
        waiter = Thread.currentThread();
        wantedBytes = wanted;
        long left = most;
        while (gatheredBytes.getAsLong() < wanted && left > 0) {
            LockSupport.parkNanos(this, left);
            left = until - clock.nanos();
        }
        wantedBytes = Long.MAX_VALUE;
        if (gatheredBytes.getAsLong() >= wanted) {
            nextLeaveOut = 1;
        } else {
            leaveOut = nextLeaveOut;
            nextLeaveOut = Math.min(MOST_LEFT_OUT, nextLeaveOut * 2);
        }
    }
}
