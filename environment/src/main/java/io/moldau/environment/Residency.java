package io.moldau.environment;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// Whether the system has parts of a file in memory, asked for much at once and remembered for a moment: a question
/// is three system calls, and a reader that catches up had three of them for each piece that it was sent.
final class Residency {
    static final long AHEAD_BYTES = 4 << 20;
    static final long MOMENT_NANOS = 50_000_000;

    /// What it is about.
    interface Asked {
        boolean allInMemory(long from, long count) throws IOException;

        long sizeBytes() throws IOException;
    }

    /// Nothing from `from` to `to` was missing, or it was if they are the same.
    private record Answer(long from, long to, long nanos) {}

    private volatile @Nullable Answer last;

    /// @param nowNanos counts from anywhere
    boolean isResident(long position, long count, long nowNanos, Asked file) throws IOException {
        var known = last;
        if (known != null && nowNanos - known.nanos >= MOMENT_NANOS) {
            known = null;
        }
        if (known != null && known.from <= position && position + count <= known.to) {
            return true;
        }
        boolean someWereMissing = known != null && known.from == known.to;
        long end = someWereMissing ? 0 : Math.min(file.sizeBytes(), position + AHEAD_BYTES);
        if (position + count >= end) {
            return file.allInMemory(position, count);
        }
        boolean all = file.allInMemory(position, end - position);
        last = new Answer(position, all ? end : position, nowNanos);
        return all || file.allInMemory(position, count);
    }
}
