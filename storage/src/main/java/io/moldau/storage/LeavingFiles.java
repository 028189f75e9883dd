package io.moldau.storage;

import io.moldau.environment.Clock;
import java.io.IOException;
import java.util.ArrayDeque;

/// Files that left their log and that some may still read: they stay open for at most [#STAY_NANOS], and all of them
/// together hold little more than [#STAY_BYTES]. Used with the monitor of [OpenFiles].
final class LeavingFiles {
    private static final long STAY_NANOS = 60_000_000_000L;
    private static final long STAY_BYTES = 1L << 30;

    private record Leaving(PooledFile file, long sinceNanos, long bytes) {}

    private final Clock clock;
    private final ArrayDeque<Leaving> all = new ArrayDeque<>();
    private long bytes;

    LeavingFiles(Clock clock) {
        this.clock = clock;
    }

    void add(PooledFile file) throws IOException {
        var leaving = new Leaving(file, clock.nanos(), file.sizeBytes());
        all.add(leaving);
        bytes += leaving.bytes;
    }

    /// How many are open.
    int count() {
        return all.size();
    }

    /// Lets go of those that were open for long enough, or hold too much.
    void letGo(ClosingFiles closing) {
        for (int i = all.size(); i > 0; i--) {
            var first = all.getFirst();
            if (bytes <= STAY_BYTES && clock.nanos() - first.sinceNanos <= STAY_NANOS) {
                return;
            }
            all.removeFirst();
            first.file.dirty = false;
            first.file.kept = false;
            if (first.file.users.get() < 0 || first.file.leave(closing)) {
                bytes -= first.bytes;
            } else {
                // Somebody is at it this moment.
                all.addLast(first);
            }
        }
    }
}
