package io.moldau.storage;

import io.moldau.environment.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The aborted transactions whose markers lie in one segment, in the markers' order: the file `.txnindex`, which has
/// Kafka's format. There is no file where there are none.
///
/// A segment alone does not tell where its transactions began, so the file cannot be made anew from it: checkpoints
/// sync it, and what a recovery reads behind the recovery point is added again.
///
/// The log's owner adds; anybody reads. An entry becomes visible with the new count.
final class AbortedTransactions {
    static final String SUFFIX = ".txnindex";
    static final int ENTRY_BYTES = 34;
    private static final short VERSION = 0;
    private static final int FIELDS = 4;
    private static final long NONE = Long.MAX_VALUE;

    private final Disk disk;
    private final Path directory;
    private final long segmentBase;
    /// Null: in the file only.
    private volatile long @Nullable [] entries = new long[0];
    private volatile int count;
    /// Where the first of these transactions begins, once they were read.
    private volatile long lowestFirst = NONE;
    private volatile boolean used;
    private boolean hasFile;
    private int synced;
    private boolean cut;

    AbortedTransactions(Disk disk, Path directory, long segmentBase) {
        this.disk = disk;
        this.directory = directory;
        this.segmentBase = segmentBase;
    }

    private Path path() {
        return directory.resolve(Segment.fileName(segmentBase, SUFFIX));
    }

    /// A recovery found the file.
    void found() {
        hasFile = true;
        entries = null;
    }

    boolean isEmpty() {
        return count == 0 && entries != null;
    }

    private long[] load() throws IOException {
        used = true;
        var known = entries;
        return known != null ? known : read();
    }

    private synchronized long[] read() throws IOException {
        var known = entries;
        if (known != null) {
            return known;
        }
        var all = read(disk, path());
        var target = new long[all.size() * FIELDS];
        int taken = 0;
        long lowest = NONE;
        for (var one : all) {
            if (one.lastOffset() < segmentBase) {
                break;
            }
            put(target, taken++, one);
            lowest = Math.min(lowest, one.firstOffset());
        }
        lowestFirst = lowest;
        synced = taken;
        entries = target;
        count = taken;
        return target;
    }

    /// The entries of a file, up to the first that does not follow the one before.
    static List<AbortedTransaction> read(Disk disk, Path file) throws IOException {
        var in = ByteBuffer.wrap(AtomicFile.read(disk, file));
        var all = new ArrayList<AbortedTransaction>(in.remaining() / ENTRY_BYTES);
        long marker = -1;
        while (in.remaining() >= ENTRY_BYTES && in.getShort() == VERSION) {
            var one = new AbortedTransaction(in.getLong(), in.getLong(), in.getLong(), in.getLong());
            if (one.lastOffset() <= marker || one.firstOffset() > one.lastOffset()) {
                break;
            }
            all.add(one);
            marker = one.lastOffset();
        }
        return all;
    }

    private static void put(long[] target, int at, AbortedTransaction one) {
        target[at * FIELDS] = one.producerId();
        target[at * FIELDS + 1] = one.firstOffset();
        target[at * FIELDS + 2] = one.lastOffset();
        target[at * FIELDS + 3] = one.lastStableOffset();
    }

    private static AbortedTransaction get(long[] source, int at) {
        return new AbortedTransaction(
                source[at * FIELDS], source[at * FIELDS + 1], source[at * FIELDS + 2], source[at * FIELDS + 3]);
    }

    /// Adds what is not there yet. Under the log's monitor.
    synchronized void add(AbortedTransaction one) throws IOException {
        var target = load();
        int at = count;
        if (at > 0 && target[(at - 1) * FIELDS + 2] >= one.lastOffset()) {
            return;
        }
        if ((at + 1) * FIELDS > target.length) {
            target = Arrays.copyOf(target, Math.max(FIELDS * 4, target.length * 2));
        }
        put(target, at, one);
        lowestFirst = Math.min(lowestFirst, one.firstOffset());
        entries = target;
        count = at + 1;
    }

    /// Takes over the entry of a marker that compaction left in the log.
    void takeOver(AbortedTransactions old, long markerOffset) throws IOException {
        int size = old.isEmpty() ? 0 : old.size();
        var source = old.load();
        for (int at = firstAtOrAfter(source, size, markerOffset); at < size; at++) {
            var one = get(source, at);
            if (one.lastOffset() == markerOffset) {
                add(one);
            }
            return;
        }
    }

    private int size() throws IOException {
        load();
        return count;
    }

    private static int firstAtOrAfter(long[] source, int size, long markerOffset) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (source[middle * FIELDS + 2] < markerOffset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /// Adds those that concern offsets in [from, below) to `target`; true if there are no more behind this segment.
    boolean collect(long from, long below, List<AbortedTransaction> target) throws IOException {
        if (isEmpty() || (entries == null && lowestFirst != NONE && lowestFirst >= below)) {
            return false;
        }
        int size = size();
        var source = load();
        for (int at = firstAtOrAfter(source, size, from); at < size; at++) {
            if (source[at * FIELDS + 1] < below) {
                target.add(get(source, at));
            }
            if (source[at * FIELDS + 3] >= below) {
                return true;
            }
        }
        return false;
    }

    /// Forgets those whose markers lie at or above an offset: the log was cut, or knows better.
    synchronized void cut(long offset) throws IOException {
        if (isEmpty()) {
            return;
        }
        int size = size();
        int left = firstAtOrAfter(load(), size, offset);
        if (hasFile) {
            try (var file = disk.open(path())) {
                // More than is understood may lie in it.
                if (file.sizeBytes() > (long) left * ENTRY_BYTES) {
                    file.truncate((long) left * ENTRY_BYTES);
                    cut = true;
                }
            }
        }
        count = left;
        synced = Math.min(synced, left);
    }

    /// Entries to be written; a checkpoint says that the log is on disk as far as they go.
    record Unsynced(AbortedTransactions of, int count, boolean newFile) {}

    /// What is not on disk, if anything. Under the log's monitor.
    @Nullable
    Unsynced unsynced() {
        return entries != null && (cut || count > synced) ? new Unsynced(this, count, !hasFile) : null;
    }

    /// While nothing else happens to the log's files.
    void write(Unsynced work) throws IOException {
        var source = load();
        int from = synced;
        var out = bytes(source, from, work.count);
        try (var file = disk.open(path())) {
            file.write(out, (long) from * ENTRY_BYTES);
            file.sync();
        }
        saved(work.count);
    }

    private synchronized void saved(int entries) {
        hasFile = true;
        synced = entries;
        cut = false;
    }

    /// Writes all of them into a file that is going to get this one's name.
    void writeTo(Path file) throws IOException {
        try (var open = disk.open(file)) {
            open.truncate(0);
            open.write(bytes(load(), 0, count), 0);
            open.sync();
        }
        saved(count);
    }

    private static ByteBuffer bytes(long[] source, int from, int to) {
        var out = ByteBuffer.allocate((to - from) * ENTRY_BYTES);
        for (int at = from; at < to; at++) {
            out.putShort(VERSION);
            for (int field = 0; field < FIELDS; field++) {
                out.putLong(source[at * FIELDS + field]);
            }
        }
        return out.flip();
    }

    /// Keeps them in memory: the file is about to be replaced.
    void pin() throws IOException {
        if (!isEmpty()) {
            load();
        }
    }

    /// Lets go of what nobody asked for since the last call.
    synchronized void rest() {
        if (!used && hasFile && !cut && synced == count) {
            entries = null;
        }
        used = false;
    }

    void delete() throws IOException {
        disk.deleteIfExists(path());
    }
}
