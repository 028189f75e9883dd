package io.moldau.storage;

import io.moldau.environment.Disk;
import io.moldau.environment.DiskFile;
import io.moldau.environment.DiskFullException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The circular file in which a group of appends of many logs becomes durable with one sync.
///
/// It is written over and over in place: zero-filled before its first use, so that a sync moves no file-system
/// metadata. Entries start at multiples of a page, so that a page that was synced is never written again while it
/// counts. Live entries lie between the tail (moved by checkpoints) and the head. One flusher writes at a time;
/// [#head] and [#release] may come from the checkpoint's thread.
final class Journal {
    static final String FILE = "journal";
    static final int PAGE_BYTES = Disk.BLOCK_BYTES;
    private static final int ZEROS_BYTES = 1 << 20;

    /// Where live entries begin, and the sequence number of the first of them.
    record Mark(long position, long sequence) {}

    /// Takes what was read back.
    interface Reader {
        void entry(JournalEntry entry) throws IOException;
    }

    private final Disk disk;
    private final Path directory;
    private final long firstBytes;
    private final long limitBytes;
    private final long generation;
    private @Nullable DiskFile file;
    private long capacity;
    /// Where the live entries lie, oldest first.
    private final ArrayDeque<Mark> live = new ArrayDeque<>();
    private long head;
    /// Zeros are being written behind the capacity: nothing else may be.
    private boolean growing;
    private boolean growthAsked;
    private long nextSequence = 1;

    Journal(Disk disk, Path directory, long firstBytes, long limitBytes, long generation) {
        this.disk = disk;
        this.directory = directory;
        this.firstBytes = Math.max(PAGE_BYTES, firstBytes);
        this.limitBytes = limitBytes;
        this.generation = generation;
    }

    long generation() {
        return generation;
    }

    synchronized Mark head() {
        return new Mark(head, nextSequence);
    }

    /// Goes on behind entries of earlier runs, which still count.
    synchronized void resume(Mark end, List<Mark> entries) {
        head = end.position;
        nextSequence = end.sequence;
        live.addAll(entries);
    }

    /// Entries of a process that was killed may be in the page cache only, and recovery relies on them.
    synchronized void syncLive() throws IOException {
        if (!live.isEmpty()) {
            sync();
        }
    }

    /// Everything before the mark is in synced segments.
    synchronized void release(Mark mark) {
        while (!live.isEmpty() && live.getFirst().sequence < mark.sequence) {
            live.removeFirst();
        }
    }

    synchronized long liveBytes() {
        if (live.isEmpty()) {
            return 0;
        }
        long tail = live.getFirst().position;
        return tail < head ? head - tail : capacity - tail + head;
    }

    static long pages(long bytes) {
        return (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    }

    /// Writes one entry, without a sync; false if there is no room until a checkpoint.
    boolean write(JournalGroup.Entry entry) throws IOException {
        var place = reserve(entry.sizeBytes());
        if (place == null) {
            return false;
        }
        var pieces = entry.complete(generation, place.sequence);
        try {
            if (pieces.length == 1) {
                opened().write(pieces[0], place.position);
            } else {
                opened().write(pieces, place.position);
            }
        } catch (IOException failed) {
            // Nothing follows a gap: the next entry takes this one's place.
            synchronized (this) {
                live.removeLast();
                head = place.position;
                nextSequence = place.sequence;
            }
            throw failed;
        }
        return true;
    }

    void sync() throws IOException {
        opened().sync();
    }

    /// A place for the next entry; null if live entries are in the way.
    private synchronized @Nullable Mark reserve(long bytes) throws IOException {
        opened();
        long tail = live.isEmpty() ? -1 : live.getFirst().position;
        boolean wrapped = tail >= head;
        while (!wrapped && head + bytes > capacity && capacity < limitBytes && !roomAtFront(tail, bytes)) {
            try {
                grow();
            } catch (DiskFullException full) {
                // What there is must do; a checkpoint frees it.
                if (bytes > capacity) {
                    throw full;
                }
                break;
            }
        }
        long at = head;
        if (!wrapped && at + bytes > capacity) {
            // Start again at the front: the sequence number tells the laps apart.
            at = 0;
        }
        long end = at == head && !wrapped ? capacity : tail < 0 ? capacity : tail;
        if (at + bytes > end) {
            if (tail < 0) {
                throw new IOException("a journal entry of " + bytes + " bytes in a journal of " + capacity);
            }
            return null;
        }
        head = at + bytes;
        var place = new Mark(at, nextSequence++);
        live.add(place);
        return place;
    }

    private synchronized void awaitGrowth() throws IOException {
        try {
            while (growing) {
                wait();
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the journal grew", interrupted);
        }
    }

    private boolean roomAtFront(long tail, long bytes) {
        return tail < 0 ? bytes <= capacity : bytes <= tail;
    }

    synchronized boolean isHalfFull() {
        return liveBytes() > capacity / 2;
    }

    /// True once for each doubling: more is written between two checkpoints than fits well.
    synchronized boolean wantsToGrow() {
        boolean wanted = capacity < limitBytes && !growthAsked;
        growthAsked |= wanted;
        return wanted;
    }

    /// Doubles the journal while the flusher goes on in the part that there is.
    void growAhead() throws IOException {
        try {
            long from;
            synchronized (this) {
                opened();
                from = capacity;
                growing = true;
            }
            long target = Math.min(limitBytes, from * 2);
            var zeros = Disk.blocks((int) Math.min(ZEROS_BYTES, target - from));
            for (long at = from; at < target; at += zeros.capacity()) {
                zeros.clear().limit((int) Math.min(zeros.capacity(), target - at));
                opened().write(zeros, at);
                // In small pieces: a group that is synced meanwhile waits for them too.
                opened().sync();
            }
            synchronized (this) {
                capacity = target;
            }
        } finally {
            synchronized (this) {
                growing = false;
                growthAsked = false;
                notifyAll();
            }
        }
    }

    /// Called under the monitor by [#reserve].
    private void grow() throws IOException {
        if (growing) {
            awaitGrowth();
            return;
        }
        long target = Math.min(limitBytes, capacity == 0 ? firstBytes : capacity * 2);
        var zeros = Disk.blocks((int) Math.min(ZEROS_BYTES, target - capacity));
        for (long at = capacity; at < target; at += zeros.capacity()) {
            zeros.clear().limit((int) Math.min(zeros.capacity(), target - at));
            opened().write(zeros, at);
        }
        opened().sync();
        capacity = target;
    }

    private DiskFile opened() throws IOException {
        var open = file;
        if (open == null) {
            open = disk.openForBlocks(directory.resolve(FILE));
            file = open;
            disk.syncDirectory(directory);
            // A file left by an earlier run is as good as a new one: generations tell its entries apart.
            long size = open.sizeBytes() / PAGE_BYTES * PAGE_BYTES;
            capacity = Math.max(capacity, live.isEmpty() ? Math.min(size, limitBytes) : size);
        }
        return open;
    }

    void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }

    /// What was replayed counts as durable: a process that was killed between a write and its sync left it in the page
    /// cache only.
    static void syncFile(Disk disk, Path directory) throws IOException {
        var path = directory.resolve(FILE);
        if (disk.exists(path)) {
            try (var file = disk.open(path)) {
                file.sync();
            }
        }
    }

    /// Reads the entries from a checkpoint's mark on, until the first that is not whole; where that is. `entries` gets
    /// where they lie.
    static Mark replay(Disk disk, Path directory, long generation, Mark from, List<Mark> entries, Reader reader)
            throws IOException {
        var path = directory.resolve(FILE);
        if (!disk.exists(path)) {
            return from;
        }
        try (var file = disk.open(path)) {
            long position = from.position;
            long sequence = from.sequence;
            boolean wrapped = false;
            while (true) {
                var entry = read(file, position, generation, sequence);
                if (entry == null && !wrapped && position > 0) {
                    entry = read(file, 0, generation, sequence);
                    if (entry != null) {
                        wrapped = true;
                        position = 0;
                    }
                }
                if (entry == null) {
                    return new Mark(position, sequence);
                }
                entries.add(new Mark(position, sequence));
                position += entry.header().sizeBytes();
                sequence++;
                reader.entry(entry);
            }
        }
    }

    private static @Nullable JournalEntry read(DiskFile file, long position, long generation, long sequence)
            throws IOException {
        var first = ByteBuffer.allocate(JournalEntry.HEADER_BYTES);
        if (file.read(first, position) < JournalEntry.HEADER_BYTES) {
            return null;
        }
        var header = JournalEntry.Header.read(first, 0, file.sizeBytes() - position);
        if (header == null || header.generation() != generation || header.sequence() != sequence) {
            return null;
        }
        var whole = ByteBuffer.allocate((int) header.sizeBytes());
        file.read(whole, position);
        return JournalEntry.of(whole, 0);
    }
}
