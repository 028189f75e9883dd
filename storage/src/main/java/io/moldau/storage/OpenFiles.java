package io.moldau.storage;

import io.moldau.environment.Clock;
import io.moldau.environment.Disk;
import io.moldau.environment.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The disk as the logs of one directory see it: of their segment files only so many are open at once. One that was
/// not used lately is closed behind its user's back, and opened again when it is asked for something.
///
/// A file with unsynced bytes stays open: an error of the system's own write-back is told through open files only. When
/// too many are, `crowded` is told, who syncs them. Where that is too slow, whoever opens one more file than twice the
/// limit syncs the oldest first: a start after a power cut may have to write to every log.
///
/// A file that was deleted or replaced is never opened again under its old name. If it was open then, it stays so for
/// those who still read it, but the disk has no room for others meanwhile: at most [#LEAVING_NANOS], and all of them
/// together hold little more than [#LEAVING_BYTES].
final class OpenFiles implements Disk {
    private static final int TRIES = 8;
    private static final long LEAVING_NANOS = 60_000_000_000L;
    private static final long LEAVING_BYTES = 1L << 30;

    private record Leaving(Pooled file, long sinceNanos, long bytes) {}

    private final Disk disk;
    private final int limit;
    private final Clock clock;
    private final Runnable crowded;
    /// Those that are open, the next candidate for closing first.
    private final ArrayDeque<Pooled> open = new ArrayDeque<>();
    /// Gone from their folder and open still.
    private final ArrayDeque<Leaving> leaving = new ArrayDeque<>();
    private long leavingBytes;
    private final WeakHashMap<Pooled, Boolean> known = new WeakHashMap<>();

    OpenFiles(Disk disk, int limit, Clock clock, Runnable crowded) {
        this.disk = disk;
        this.limit = limit;
        this.clock = clock;
        this.crowded = crowded;
    }

    private static boolean isSegment(Path file) {
        var name = String.valueOf(file.getFileName());
        return name.endsWith(".log") || name.endsWith(SegmentSwap.CLEANED) || name.endsWith(SegmentSwap.SWAP);
    }

    synchronized int count() {
        return open.size() + leaving.size();
    }

    @Override
    public DiskFile open(Path file) throws IOException {
        if (!isSegment(file)) {
            return disk.open(file);
        }
        relieve();
        synchronized (this) {
            var pooled = new Pooled(file);
            known.put(pooled, true);
            pooled.enter(disk.open(file), 0);
            shrink();
            return pooled;
        }
    }

    /// True if the file was closed: it is open now, and the caller counts among its users, so that it stays so.
    private boolean reopen(Pooled pooled) throws IOException {
        relieve();
        synchronized (this) {
            if (pooled.users.get() >= 0) {
                return false;
            }
            if (pooled.gone || disk.sizeIfExists(pooled.path) < 0) {
                throw new IOException("the segment file " + pooled.path + " was deleted or replaced");
            }
            pooled.enter(disk.open(pooled.path), 1);
            shrink();
            return true;
        }
    }

    /// Not with the monitor: others go on while this one waits for the disk.
    private void relieve() throws IOException {
        for (int i = 0; i < TRIES; i++) {
            Pooled oldest;
            synchronized (this) {
                if (open.size() < 2 * limit) {
                    return;
                }
                oldest = open.removeFirst();
                open.addLast(oldest);
            }
            oldest.syncIfOpen();
            synchronized (this) {
                if (oldest.leave()) {
                    open.removeLastOccurrence(oldest);
                }
            }
        }
    }

    /// Down to the limit again, after a checkpoint has synced what was unsynced.
    synchronized void trim() throws IOException {
        for (int i = open.size(); i > 0 && open.size() > limit; i--) {
            var candidate = open.removeFirst();
            if (!candidate.leave()) {
                open.addLast(candidate);
            }
        }
    }

    private void shrink() throws IOException {
        for (int i = 0; i < TRIES && open.size() > limit; i++) {
            var candidate = open.removeFirst();
            if (candidate.used || !candidate.leave()) {
                candidate.used = false;
                open.addLast(candidate);
            }
        }
        if (open.size() > limit + limit / 8) {
            crowded.run();
        }
    }

    /// Closes what nobody used since the last call.
    synchronized void closeIdle() throws IOException {
        for (int i = open.size(); i > 0; i--) {
            var candidate = open.removeFirst();
            if (candidate.used || !candidate.leave()) {
                candidate.used = false;
                open.addLast(candidate);
            }
        }
        letGo();
    }

    private void letGo() throws IOException {
        for (int i = leaving.size(); i > 0; i--) {
            var first = leaving.getFirst();
            if (leavingBytes <= LEAVING_BYTES && clock.nanos() - first.sinceNanos <= LEAVING_NANOS) {
                return;
            }
            leaving.removeFirst();
            first.file.dirty = false;
            first.file.kept = false;
            if (first.file.users.get() < 0 || first.file.leave()) {
                leavingBytes -= first.bytes;
            } else {
                // Somebody is at it this moment.
                leaving.addLast(first);
            }
        }
    }

    /// Opens a segment file if it is not, and leaves it open: its name is about to be somebody else's.
    static void keep(DiskFile file) throws IOException {
        if (file instanceof Pooled pooled) {
            pooled.kept = true;
            pooled.sizeBytes();
        }
    }

    private void forget(Path path) throws IOException {
        for (var pooled : known.keySet()) {
            if (!pooled.gone && pooled.path.equals(path)) {
                pooled.gone = true;
                if (open.remove(pooled)) {
                    long bytes = pooled.sizeBytes();
                    leaving.add(new Leaving(pooled, clock.nanos(), bytes));
                    leavingBytes += bytes;
                }
            }
        }
        letGo();
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        synchronized (this) {
            disk.rename(from, to);
            if (isSegment(to)) {
                forget(to);
            }
            for (var pooled : known.keySet()) {
                if (pooled.path.equals(from)) {
                    pooled.path = to;
                } else if (from.equals(pooled.path.getParent())) {
                    pooled.path = to.resolve(pooled.path.getFileName());
                }
            }
        }
    }

    @Override
    public void deleteIfExists(Path path) throws IOException {
        if (!isSegment(path)) {
            disk.deleteIfExists(path);
            return;
        }
        synchronized (this) {
            disk.deleteIfExists(path);
            forget(path);
        }
    }

    @Override
    public boolean exists(Path path) throws IOException {
        return disk.exists(path);
    }

    @Override
    public long sizeBytes(Path file) throws IOException {
        return disk.sizeBytes(file);
    }

    @Override
    public long sizeIfExists(Path file) throws IOException {
        return disk.sizeIfExists(file);
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        return disk.list(directory);
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        disk.createDirectories(directory);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        disk.syncDirectory(directory);
    }

    @Override
    public long usableBytes(Path directory) throws IOException {
        return disk.usableBytes(directory);
    }

    @Override
    public long totalBytes(Path directory) throws IOException {
        return disk.totalBytes(directory);
    }

    @Override
    public long mostOpenFiles() {
        return disk.mostOpenFiles();
    }

    @Override
    public AutoCloseable lock(Path file) throws IOException {
        return disk.lock(file);
    }

    private interface Operation<T> {
        T on(DiskFile file) throws IOException;
    }

    /// A segment file, open or not.
    private final class Pooled implements DiskFile {
        volatile Path path;
        volatile boolean gone;
        volatile boolean used;
        volatile boolean dirty;
        volatile boolean kept;
        private volatile @Nullable DiskFile file;
        /// How many operations are under way; -1 while the file is closed.
        final AtomicInteger users = new AtomicInteger(-1);

        Pooled(Path path) {
            this.path = path;
        }

        /// With the pool's monitor, like [#leave].
        void enter(DiskFile opened, int usersNow) {
            file = opened;
            used = true;
            open.addLast(this);
            users.set(usersNow);
        }

        /// Closes the file if nobody is at it and nothing in it is unsynced.
        boolean leave() throws IOException {
            if (dirty || kept || !users.compareAndSet(0, -1)) {
                return false;
            }
            if (dirty) {
                // Written to between the two looks.
                users.set(0);
                return false;
            }
            var last = file;
            file = null;
            if (last != null) {
                last.close();
            }
            return true;
        }

        private <T> T with(Operation<T> operation) throws IOException {
            while (true) {
                int count = users.get();
                if (count < 0) {
                    if (reopen(this)) {
                        break;
                    }
                } else if (users.compareAndSet(count, count + 1)) {
                    break;
                }
            }
            try {
                if (!used) {
                    used = true;
                }
                var opened = file;
                if (opened == null) {
                    throw new IllegalStateException(path + " is in use and closed");
                }
                return operation.on(opened);
            } finally {
                users.decrementAndGet();
            }
        }

        @Override
        public boolean isResident(long position, long count) throws IOException {
            return with(opened -> opened.isResident(position, count));
        }

        @Override
        public void load(long position, int count) throws IOException {
            with(opened -> {
                opened.load(position, count);
                return count;
            });
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return with(opened -> opened.read(target, position));
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            with(opened -> {
                dirty = true;
                opened.write(source, position);
                return true;
            });
        }

        @Override
        public void write(ByteBuffer[] sources, long position) throws IOException {
            with(opened -> {
                dirty = true;
                opened.write(sources, position);
                return true;
            });
        }

        @Override
        public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
            return with(opened -> opened.transferTo(position, count, target));
        }

        @Override
        public void sync() throws IOException {
            with(this::sync);
        }

        private boolean sync(DiskFile opened) throws IOException {
            dirty = false;
            try {
                opened.sync();
            } catch (IOException failed) {
                dirty = true;
                throw failed;
            }
            return true;
        }

        void syncIfOpen() throws IOException {
            int count = users.get();
            while (count >= 0 && !users.compareAndSet(count, count + 1)) {
                count = users.get();
            }
            if (count < 0) {
                return;
            }
            try {
                var opened = file;
                if (dirty && opened != null) {
                    sync(opened);
                }
            } finally {
                users.decrementAndGet();
            }
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            with(opened -> {
                dirty = true;
                opened.truncate(sizeBytes);
                return true;
            });
        }

        @Override
        public long sizeBytes() throws IOException {
            return with(DiskFile::sizeBytes);
        }

        @Override
        public void close() throws IOException {
            synchronized (OpenFiles.this) {
                gone = true;
                open.remove(this);
                dirty = false;
                kept = false;
                leave();
            }
        }
    }
}
