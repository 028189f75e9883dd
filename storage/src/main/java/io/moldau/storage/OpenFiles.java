package io.moldau.storage;

import io.moldau.environment.Clock;
import io.moldau.environment.Disk;
import io.moldau.environment.DiskFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.WeakHashMap;

/// The disk as the logs of one directory see it: of their segment files only so many are open at once. One that was
/// not used lately is closed behind its user's back, and opened again when it is asked for something.
///
/// A file with unsynced bytes stays open: an error of the system's own write-back is told through open files only. When
/// too many are, `crowded` is told, who syncs them. Where that is too slow, whoever opens one more file than twice the
/// limit syncs the oldest first: a start after a power cut may have to write to every log.
///
/// A file that was deleted or replaced is never opened again under its old name. If it was open then, it stays so for
/// those who still read it, but the disk has no room for others meanwhile ([LeavingFiles]).
final class OpenFiles implements Disk {
    private static final int TRIES = 8;

    private final Disk disk;
    private final int limit;
    private final Runnable crowded;
    /// Those that are open, the next candidate for closing first.
    private final ArrayDeque<PooledFile> open = new ArrayDeque<>();
    private final LeavingFiles leaving;
    /// By folder: a rename or deletion concerns those of one, and there may be ten thousand.
    private final HashMap<Path, Set<PooledFile>> known = new HashMap<>();

    OpenFiles(Disk disk, int limit, Clock clock, Runnable crowded) {
        this.disk = disk;
        this.limit = limit;
        this.leaving = new LeavingFiles(clock);
        this.crowded = crowded;
    }

    private static boolean isSegment(Path file) {
        var name = String.valueOf(file.getFileName());
        return name.endsWith(".log") || name.endsWith(SegmentSwap.CLEANED) || name.endsWith(SegmentSwap.SWAP);
    }

    /// How many files of a folder have a name there that they may be opened by.
    synchronized int named(Path folder) {
        return known.getOrDefault(folder, Set.of()).size();
    }

    synchronized int count() {
        return open.size() + leaving.count();
    }

    @Override
    public DiskFile open(Path file) throws IOException {
        if (!isSegment(file)) {
            return disk.open(file);
        }
        relieve();
        var pooled = new PooledFile(this, file);
        try (var closing = new ClosingFiles()) {
            synchronized (this) {
                knownIn(folderOf(file)).add(pooled);
                enter(pooled, disk.open(file), 0, closing);
            }
        }
        return pooled;
    }

    /// True if the file was closed: it is open now, and the caller counts among its users, so that it stays so.
    boolean reopen(PooledFile pooled) throws IOException {
        relieve();
        try (var closing = new ClosingFiles()) {
            synchronized (this) {
                if (pooled.users.get() >= 0) {
                    return false;
                }
                if (pooled.gone || disk.sizeIfExists(pooled.path) < 0) {
                    throw new IOException("the segment file " + pooled.path + " was deleted or replaced");
                }
                enter(pooled, disk.open(pooled.path), 1, closing);
                return true;
            }
        }
    }

    private void enter(PooledFile pooled, DiskFile opened, int usersNow, ClosingFiles closing) {
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
    void closed(PooledFile pooled) {
        try (var closing = new ClosingFiles()) {
            synchronized (this) {
                pooled.gone = true;
                var inFolder = known.get(folderOf(pooled.path));
                if (inFolder != null) {
                    inFolder.remove(pooled);
                }
                open.remove(pooled);
                pooled.dirty = false;
                pooled.kept = false;
                pooled.leave(closing);
            }
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
            try (var closing = new ClosingFiles()) {
                synchronized (this) {
                    if (oldest.leave(closing)) {
                        open.removeLastOccurrence(oldest);
                    }
                }
            }
        }
    }

    /// Down to the limit again, after a checkpoint has synced what was unsynced.
    void trim() {
        try (var closing = new ClosingFiles()) {
            synchronized (this) {
                for (int i = open.size(); i > 0 && open.size() > limit; i--) {
                    var candidate = open.removeFirst();
                    if (!candidate.leave(closing)) {
                        open.addLast(candidate);
                    }
                }
                leaving.letGo(closing);
            }
        }
    }

    /// Closes what nobody used since the last call.
    void closeIdle() {
        try (var closing = new ClosingFiles()) {
            synchronized (this) {
                for (int i = open.size(); i > 0; i--) {
                    closeUnlessUsed(open.removeFirst(), closing);
                }
                leaving.letGo(closing);
            }
        }
    }

    private void closeUnlessUsed(PooledFile candidate, ClosingFiles closing) {
        if (candidate.used || !candidate.leave(closing)) {
            candidate.used = false;
            open.addLast(candidate);
        }
    }

    /// Closes files without a name that were open for long enough, or hold too much.
    void letGo() {
        try (var closing = new ClosingFiles()) {
            synchronized (this) {
                leaving.letGo(closing);
            }
        }
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

    /// Nobody opens the file of this path any more.
    private void forget(Path path) throws IOException {
        var inFolder = known.getOrDefault(folderOf(path), Set.of());
        for (var files = inFolder.iterator(); files.hasNext(); ) {
            var pooled = files.next();
            if (pooled.path.equals(path)) {
                // Not left to the collector, which may not come for hours: all of them are looked through each time.
                files.remove();
                pooled.gone = true;
                if (open.remove(pooled)) {
                    leaving.add(pooled);
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
