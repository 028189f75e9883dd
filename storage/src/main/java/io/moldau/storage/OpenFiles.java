package io.moldau.storage;

import io.moldau.environment.Clock;
import io.moldau.environment.Disk;
import io.moldau.environment.DiskFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.WeakHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
    private static final Logger LOG = LoggerFactory.getLogger(OpenFiles.class);
    private static final int TRIES = 8;
    private static final long LEAVING_NANOS = 60_000_000_000L;
    private static final long LEAVING_BYTES = 1L << 30;

    private record Leaving(PooledFile file, long sinceNanos, long bytes) {}

    private interface Change<T> {
        /// @param closing takes the handles that are let go of
        T make(List<DiskFile> closing) throws IOException;
    }

    private final Disk disk;
    private final int limit;
    private final Clock clock;
    private final Runnable crowded;
    /// Those that are open, the next candidate for closing first.
    private final ArrayDeque<PooledFile> open = new ArrayDeque<>();
    /// Gone from their folder and open still.
    private final ArrayDeque<Leaving> leaving = new ArrayDeque<>();
    private long leavingBytes;
    /// By folder: a rename or deletion concerns those of one, and there may be ten thousand.
    private final HashMap<Path, Set<PooledFile>> known = new HashMap<>();

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
        var pooled = new PooledFile(this, file);
        return changing(closing -> {
            knownIn(folderOf(file)).add(pooled);
            enter(pooled, disk.open(file), 0, closing);
            return pooled;
        });
    }

    /// True if the file was closed: it is open now, and the caller counts among its users, so that it stays so.
    boolean reopen(PooledFile pooled) throws IOException {
        relieve();
        return changing(closing -> {
            if (pooled.users.get() >= 0) {
                return false;
            }
            if (pooled.gone || disk.sizeIfExists(pooled.path) < 0) {
                throw new IOException("the segment file " + pooled.path + " was deleted or replaced");
            }
            enter(pooled, disk.open(pooled.path), 1, closing);
            return true;
        });
    }

    private void enter(PooledFile pooled, DiskFile opened, int usersNow, List<DiskFile> closing) {
        open.addLast(pooled);
        pooled.opened(opened, usersNow);
        for (int i = 0; i < TRIES && open.size() > limit; i++) {
            closeUnlessUsed(open.removeFirst(), closing);
        }
        if (open.size() > limit + limit / 8) {
            crowded.run();
        }
    }

    /// Nobody needs it any more.
    void closed(PooledFile pooled) throws IOException {
        changing(closing -> {
            pooled.gone = true;
            open.remove(pooled);
            pooled.dirty = false;
            pooled.kept = false;
            return pooled.leave(closing);
        });
    }

    /// Makes a change with the monitor and closes handles without it: the last to close a file that has no name any
    /// more waits while its blocks are given back.
    private <T> T changing(Change<T> change) throws IOException {
        var closing = new ArrayList<DiskFile>();
        try {
            synchronized (this) {
                return change.make(closing);
            }
        } finally {
            closing.forEach(OpenFiles::close);
        }
    }

    /// Whoever asked for something else is not to suffer from it: nothing in the file is unsynced, or wanted any more.
    private static void close(DiskFile file) {
        try {
            file.close();
        } catch (IOException failed) {
            LOG.warn("closing a segment file failed, which loses nothing: {}", failed.toString());
        }
    }

    /// Not with the monitor: others go on while this one waits for the disk.
    private void relieve() throws IOException {
        for (int i = 0; i < TRIES; i++) {
            PooledFile oldest;
            synchronized (this) {
                if (open.size() < 2 * limit) {
                    return;
                }
                oldest = open.removeFirst();
                open.addLast(oldest);
            }
            oldest.syncIfOpen();
            changing(closing -> oldest.leave(closing) && open.removeLastOccurrence(oldest));
        }
    }

    /// Down to the limit again, after a checkpoint has synced what was unsynced.
    void trim() throws IOException {
        changing(closing -> {
            for (int i = open.size(); i > 0 && open.size() > limit; i--) {
                var candidate = open.removeFirst();
                if (!candidate.leave(closing)) {
                    open.addLast(candidate);
                }
            }
            return letGo(closing);
        });
    }

    /// Closes what nobody used since the last call.
    void closeIdle() throws IOException {
        changing(closing -> {
            for (int i = open.size(); i > 0; i--) {
                closeUnlessUsed(open.removeFirst(), closing);
            }
            return letGo(closing);
        });
    }

    private void closeUnlessUsed(PooledFile candidate, List<DiskFile> closing) {
        if (candidate.used || !candidate.leave(closing)) {
            candidate.used = false;
            open.addLast(candidate);
        }
    }

    /// Closes files without a name that were open for long enough, or hold too much.
    void letGo() throws IOException {
        changing(this::letGo);
    }

    /// True if none is left.
    private boolean letGo(List<DiskFile> closing) {
        for (int i = leaving.size(); i > 0; i--) {
            var first = leaving.getFirst();
            if (leavingBytes <= LEAVING_BYTES && clock.nanos() - first.sinceNanos <= LEAVING_NANOS) {
                return false;
            }
            leaving.removeFirst();
            first.file.dirty = false;
            first.file.kept = false;
            if (first.file.users.get() < 0 || first.file.leave(closing)) {
                leavingBytes -= first.bytes;
            } else {
                // Somebody is at it this moment.
                leaving.addLast(first);
            }
        }
        return leaving.isEmpty();
    }

    /// Opens a segment file if it is not, and leaves it open: its name is about to be somebody else's.
    static void keep(DiskFile file) throws IOException {
        if (file instanceof PooledFile pooled) {
            pooled.kept = true;
            pooled.sizeBytes();
        }
    }

    private static Path folderOf(Path file) {
        return Objects.requireNonNull(file.getParent());
    }

    private Set<PooledFile> knownIn(Path folder) {
        return known.computeIfAbsent(folder, _ -> Collections.newSetFromMap(new WeakHashMap<>(2)));
    }

    private void forget(Path path) throws IOException {
        for (var pooled : known.getOrDefault(folderOf(path), Set.of())) {
            if (!pooled.gone && pooled.path.equals(path)) {
                pooled.gone = true;
                if (open.remove(pooled)) {
                    long bytes = pooled.sizeBytes();
                    leaving.add(new Leaving(pooled, clock.nanos(), bytes));
                    leavingBytes += bytes;
                }
            }
        }
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        synchronized (this) {
            disk.rename(from, to);
            if (isSegment(to)) {
                forget(to);
            }
            if (isSegment(from)) {
                if (isSegment(to)) {
                    renamed(from, to);
                } else {
                    forget(from);
                }
                return;
            }
            var inside = known.remove(from);
            if (inside != null) {
                for (var pooled : inside) {
                    pooled.path = to.resolve(pooled.path.getFileName());
                }
                knownIn(to).addAll(inside);
            }
        }
    }

    /// From a name to another in the same folder.
    private void renamed(Path from, Path to) {
        for (var pooled : known.getOrDefault(folderOf(from), Set.of())) {
            if (pooled.path.equals(from)) {
                pooled.path = to;
            }
        }
    }

    @Override
    public void deleteIfExists(Path path) throws IOException {
        if (!isSegment(path)) {
            disk.deleteIfExists(path);
            synchronized (this) {
                known.remove(path);
            }
            return;
        }
        synchronized (this) {
            forget(path);
        }
        disk.deleteIfExists(path);
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
}
