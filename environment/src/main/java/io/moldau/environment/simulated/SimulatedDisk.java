package io.moldau.environment.simulated;

import io.moldau.environment.Disk;
import io.moldau.environment.DiskFile;
import io.moldau.environment.DiskFullException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A disk in memory that keeps its promises and nothing more: at [#powerCut] what was not synced may be lost, torn or
/// reordered; names (creations, renames, deletions) count as synced only after [#syncDirectory]. A file's content
/// that was synced is found again only if its name was synced too.
public final class SimulatedDisk implements Disk {
    private static final long CAPACITY_BYTES = 1L << 40;
    private static final long ROOMY_BYTES = CAPACITY_BYTES / 2;

    /// A folder: the names that are seen, those on the platter, and the changes between the two, in order.
    private static final class Folder {
        Map<String, Object> seen = new TreeMap<>();
        Map<String, Object> platter = new TreeMap<>();
        List<Map<String, Object>> unsynced = new ArrayList<>();

        void changed() {
            unsynced.add(new TreeMap<>(seen));
        }
    }

    private final SeededRandomness luck;
    private final Folder root = new Folder();
    private final Set<Path> locks = new HashSet<>();
    private int boot;
    private int syncs;
    private int writesUntilFailure = -1;
    private long capacity = CAPACITY_BYTES;
    private @Nullable Path broken;

    public SimulatedDisk(SeededRandomness luck) {
        this.luck = luck;
    }

    /// The process ends; the operating system and its page cache live on.
    public synchronized void kill() {
        boot++;
        locks.clear();
        writesUntilFailure = -1;
        broken = null;
    }

    /// The machine loses power.
    public synchronized void powerCut() {
        kill();
        powerCut(root);
    }

    private void powerCut(Folder folder) {
        // The file system's own journal keeps the order of names: some number of the changes made it.
        int kept = luck.nextInt(folder.unsynced.size() + 1);
        if (kept > 0) {
            folder.platter = folder.unsynced.get(kept - 1);
        }
        folder.unsynced = new ArrayList<>();
        folder.seen = new TreeMap<>(folder.platter);
        for (var node : folder.seen.values()) {
            switch (node) {
                case Folder child -> powerCut(child);
                case SimulatedFile file -> file.powerCut(luck);
                default -> throw new IllegalStateException("a node of " + node.getClass());
            }
        }
    }

    /// From the write after `count` more on, every write fails as a broken disk's does; until the next crash.
    public synchronized void failAfterWrites(int count) {
        writesUntilFailure = count;
    }

    /// From now on the disk holds this much and no more; what it holds already stays.
    public synchronized void capacity(long bytes) {
        capacity = bytes;
    }

    /// Bytes that the files take, as the operating system shows them, and those that are reserved for them.
    public synchronized long usedBytes() {
        return used(root);
    }

    /// Bytes that are reserved for a file behind its end.
    public synchronized long reservedBytes(Path path) {
        return find(path) instanceof SimulatedFile file ? file.takenBytes() - file.size() : 0;
    }

    private static long used(Folder folder) {
        long sum = 0;
        for (var node : folder.seen.values()) {
            sum += node instanceof Folder child ? used(child) : ((SimulatedFile) node).takenBytes();
        }
        return sum;
    }

    /// Everything below this folder fails to be opened, written or synced, until the next crash.
    public synchronized void breakFolder(Path folder) {
        broken = folder.toAbsolutePath().normalize();
    }

    private void well(Path path) throws IOException {
        var bad = broken;
        if (bad != null && path.toAbsolutePath().normalize().startsWith(bad)) {
            throw new IOException("simulated disk error");
        }
    }

    /// How many of the bytes that a file is to grow by have room.
    synchronized long room(long growth) {
        return capacity > ROOMY_BYTES ? growth : Math.clamp(capacity - used(root), 0, growth);
    }

    /// How many times a file was synced.
    public synchronized int syncs() {
        return syncs;
    }

    synchronized int boot() {
        return boot;
    }

    synchronized void countSync(Path path) throws IOException {
        well(path);
        syncs++;
        if (writesUntilFailure == 0) {
            throw new IOException("simulated disk error");
        }
    }

    synchronized void countWrite(Path path) throws IOException {
        well(path);
        if (writesUntilFailure == 0) {
            throw new IOException("simulated disk error");
        }
        if (writesUntilFailure > 0) {
            writesUntilFailure--;
        }
    }

    private @Nullable Object find(Path path) {
        Object node = root;
        for (var name : path.toAbsolutePath().normalize()) {
            if (!(node instanceof Folder folder)) {
                return null;
            }
            node = folder.seen.get(name.toString());
        }
        return node;
    }

    private Folder folder(@Nullable Path path) throws IOException {
        if (path != null && find(path) instanceof Folder folder) {
            return folder;
        }
        throw new NoSuchFileException(String.valueOf(path));
    }

    private Folder parent(Path path) throws IOException {
        return folder(path.toAbsolutePath().getParent());
    }

    private static String name(Path path) {
        return String.valueOf(path.getFileName());
    }

    @Override
    public synchronized DiskFile open(Path path) throws IOException {
        well(path);
        var node = find(path);
        if (node == null) {
            countWrite(path);
            if (room(1) < 1) {
                throw new DiskFullException(path, new IOException("simulated"));
            }
            var folder = parent(path);
            node = new SimulatedFile();
            folder.seen.put(name(path), node);
            folder.changed();
        }
        if (node instanceof SimulatedFile file) {
            return new SimulatedFile.Handle(file, this, path);
        }
        throw new IOException(path + " is a directory");
    }

    @Override
    public synchronized void reserve(Path path, long from, long bytes) {
        if (find(path) instanceof SimulatedFile file) {
            long growth = Math.max(0, from + bytes - file.takenBytes());
            if (room(growth) == growth) {
                file.reserve(from + bytes);
            }
        }
    }

    @Override
    public synchronized boolean exists(Path path) {
        return find(path) != null;
    }

    @Override
    public synchronized long sizeBytes(Path path) throws IOException {
        if (find(path) instanceof SimulatedFile file) {
            return file.size();
        }
        throw new NoSuchFileException(path.toString());
    }

    @Override
    public synchronized long sizeIfExists(Path path) {
        return find(path) instanceof SimulatedFile file ? file.size() : -1;
    }

    @Override
    public synchronized List<String> list(Path directory) throws IOException {
        well(directory);
        return List.copyOf(folder(directory).seen.keySet());
    }

    @Override
    public synchronized void createDirectories(Path directory) throws IOException {
        well(directory);
        var folder = root;
        for (var name : directory.toAbsolutePath().normalize()) {
            var node = folder.seen.get(name.toString());
            if (node == null) {
                node = new Folder();
                folder.seen.put(name.toString(), node);
                folder.changed();
            }
            if (!(node instanceof Folder next)) {
                throw new IOException(directory + " is not a directory");
            }
            folder = next;
        }
    }

    @Override
    public synchronized void rename(Path from, Path to) throws IOException {
        countWrite(to);
        var folder = parent(from);
        if (folder != parent(to)) {
            throw new IOException("renaming between directories is not simulated");
        }
        var node = folder.seen.remove(name(from));
        if (node == null) {
            throw new NoSuchFileException(from.toString());
        }
        folder.seen.put(name(to), node);
        folder.changed();
    }

    @Override
    public synchronized void deleteIfExists(Path path) throws IOException {
        if (find(path) instanceof Folder folder && !folder.seen.isEmpty()) {
            throw new java.nio.file.DirectoryNotEmptyException(path.toString());
        }
        if (find(path) != null) {
            var folder = parent(path);
            folder.seen.remove(name(path));
            folder.changed();
        }
    }

    @Override
    public synchronized void syncDirectory(Path directory) throws IOException {
        well(directory);
        var folder = folder(directory);
        folder.platter = new TreeMap<>(folder.seen);
        folder.unsynced = new ArrayList<>();
    }

    @Override
    public synchronized long usableBytes(Path directory) {
        return Math.max(0, capacity - used(root));
    }

    @Override
    public synchronized long totalBytes(Path directory) {
        return capacity;
    }

    @Override
    public synchronized AutoCloseable lock(Path file) throws IOException {
        open(file);
        if (!locks.add(file)) {
            throw new IOException("another process holds the lock " + file);
        }
        int mine = boot;
        return () -> {
            synchronized (this) {
                if (boot == mine) {
                    locks.remove(file);
                }
            }
        };
    }
}
