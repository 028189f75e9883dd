package io.moldau.storage;

import io.moldau.environment.Clock;
import io.moldau.environment.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// How much a log directory may still write. Producers are refused before the disk is full: the rest, the reserve, is
/// for what must go on (group commits, checkpoints, the metadata, the journal's last growth).
///
/// The system is asked once a second or once in 16 MiB, not for every append, and at every append that would have to be
/// refused: so writing goes on by itself when there is room.
final class DiskRoom {
    private static final Logger LOG = LoggerFactory.getLogger(DiskRoom.class);
    private static final long LOOK_NANOS = 1_000_000_000L;
    private static final long LOOK_BYTES = 16L << 20;
    private static final long MOST_RESERVE_BYTES = 1L << 30;
    private static final long LEAST_RESERVE_BYTES = 16L << 20;
    private static final long AMPLE_BYTES = 1L << 30;

    private final Disk disk;
    private final Path path;
    private final Clock clock;
    private final long reserveBytes;
    /// What may be written before the next look.
    private final AtomicLong left = new AtomicLong();
    private volatile long usableBytes;
    private volatile long nextLookNanos;
    private volatile boolean full;

    /// @param reserveBytes -1: 1 % of the volume, at most 1 GiB and at least 16 MiB, or a quarter of a small volume
    DiskRoom(Disk disk, Path path, Clock clock, long reserveBytes) throws IOException {
        this.disk = disk;
        this.path = path;
        this.clock = clock;
        long total = disk.totalBytes(path);
        this.reserveBytes = reserveBytes >= 0
                ? reserveBytes
                : Math.max(Math.min(total / 100, MOST_RESERVE_BYTES), Math.min(total / 4, LEAST_RESERVE_BYTES));
        this.nextLookNanos = clock.nanos();
    }

    /// Why so many bytes may not be written now; null if they may, and then they count as written.
    @Nullable
    String refusal(int bytes, AppendOrigin origin) {
        if (full || clock.nanos() - nextLookNanos >= 0) {
            look(bytes);
        }
        boolean allowed = switch (origin) {
            case CLIENT, REPLICATION -> take(bytes);
            case COORDINATOR -> takeReserve(bytes);
        };
        return allowed ? null : text();
    }

    /// Others take too: what a look allowed may be gone before it is taken, which does not mean that the disk is full.
    private boolean take(int bytes) {
        while (!full) {
            long allowed = left.get();
            if (allowed < bytes) {
                look(bytes);
            } else if (left.compareAndSet(allowed, allowed - bytes)) {
                return true;
            }
        }
        return false;
    }

    private boolean takeReserve(int bytes) {
        if (left.addAndGet(-bytes) < 0) {
            look(bytes);
        }
        return usableBytes > reserveBytes / 4;
    }

    private String text() {
        return "the disk of " + path.toAbsolutePath().normalize() + " is nearly full: " + mebi(usableBytes)
                + " are free, and " + mebi(reserveBytes)
                + " are kept in reserve (log.dir.reserve.bytes); delete topics or"
                + " records, shorten retention, or make room: writing goes on by itself then";
    }

    private static String mebi(long bytes) {
        return bytes < 10 << 20 ? (bytes >> 10) + " KiB" : (bytes >> 20) + " MiB";
    }

    private void look(int bytes) {
        long now = clock.nanos();
        if (full && now - nextLookNanos < 0 && usableBytes == 0) {
            // A write failed for want of room, whatever the system says: not at once again.
            return;
        }
        nextLookNanos = now + LOOK_NANOS;
        long usable;
        try {
            usable = disk.usableBytes(path);
        } catch (IOException unknown) {
            // Whether the disk is well is found out by writing.
            left.set(LOOK_BYTES + bytes);
            return;
        }
        usableBytes = usable;
        long room = usable - reserveBytes;
        // Once full, a little more than nothing must be free, so that it is not now this, now that.
        long margin = full ? Math.min(reserveBytes / 8, LOOK_BYTES) : 0;
        boolean nowFull = room < bytes + margin;
        left.set(nowFull ? 0 : Math.min(room, Math.max(LOOK_BYTES, bytes)));
        tell(nowFull);
    }

    private void tell(boolean nowFull) {
        boolean changed;
        synchronized (this) {
            changed = full != nowFull;
            full = nowFull;
        }
        if (changed && nowFull) {
            LOG.warn("Producers are refused: {}", text());
        } else if (changed) {
            LOG.info("There is room again on the disk of {}: producers are served", path);
        }
    }

    /// Whether so many bytes may be taken before they are needed: a GiB is left for producers all the same. Asks the
    /// system.
    boolean isAmpleFor(long bytes) {
        try {
            return !full && disk.usableBytes(path) - bytes >= reserveBytes + AMPLE_BYTES;
        } catch (IOException unknown) {
            return false;
        }
    }

    /// Producers are refused.
    boolean isOut() {
        return full;
    }

    /// A write failed for want of room.
    void ranOut() {
        usableBytes = 0;
        left.set(0);
        nextLookNanos = clock.nanos() + LOOK_NANOS;
        tell(true);
    }
}
