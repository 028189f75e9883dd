package io.moldau.storage;

import io.moldau.environment.Disk;
import io.moldau.environment.DiskFullException;
import io.moldau.records.RecordBatch;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// The sparse index of one segment, and the timestamps that come with it: read from its files and completed from the
/// segment when somebody asks, grown by whoever appends, let go of when nobody asks any more. Its files are a cache:
/// they are not synced, and can be made anew.
final class SegmentIndex {
    private final Segment segment;
    private final Disk disk;
    private final int intervalBytes;
    private volatile @Nullable OffsetIndex index;
    private volatile long maxTimestamp = RecordBatch.NO_TIMESTAMP;
    private volatile boolean timesKnown;
    private long firstTimestamp = RecordBatch.NO_TIMESTAMP;
    private int bytesSinceEntry;
    private int entriesOnDisk;

    SegmentIndex(Segment segment, Disk disk, int intervalBytes) {
        this.segment = segment;
        this.disk = disk;
        this.intervalBytes = intervalBytes;
    }

    /// Of a segment without a byte.
    void begin() {
        index = new OffsetIndex();
        timesKnown = true;
    }

    /// How many bytes of a segment lie between two entries.
    int intervalBytes() {
        return intervalBytes;
    }

    /// Null if it would have to be read.
    @Nullable
    OffsetIndex inMemory() {
        return index;
    }

    OffsetIndex get() throws IOException {
        var known = index;
        return known != null ? known : load();
    }

    private synchronized OffsetIndex load() throws IOException {
        var known = index;
        if (known != null) {
            return known;
        }
        int size = segment.sizeBytes();
        long baseOffset = segment.baseOffset();
        var loaded = files().read(size);
        int from = 0;
        long newest = RecordBatch.NO_TIMESTAMP;
        int last = loaded.count() - 1;
        if (last >= 0) {
            var header = BatchHeader.read(segment.file(), loaded.position(last), size);
            if (header != null && header.baseOffset() == baseOffset + loaded.relativeOffset(last)) {
                from = loaded.position(last);
                newest = loaded.timestamp(last);
            } else {
                loaded = new OffsetIndex();
            }
        }
        entriesOnDisk = loaded.count();
        boolean entryKnown = loaded.count() > 0;
        int since = entryKnown ? 0 : intervalBytes;
        var scan = new SegmentScan(segment.file(), from, size);
        for (var batch = scan.next(); batch != null; batch = scan.next()) {
            newest = Math.max(newest, batch.maxTimestamp());
            if (!entryKnown && since >= intervalBytes) {
                loaded.add((int) (batch.baseOffset() - baseOffset), (int) scan.position() - batch.sizeBytes(), newest);
                since = 0;
            }
            entryKnown = false;
            since += batch.sizeBytes();
        }
        var first = BatchHeader.read(segment.file(), 0, size);
        firstTimestamp = first == null ? RecordBatch.NO_TIMESTAMP : first.maxTimestamp();
        bytesSinceEntry = since;
        maxTimestamp = newest;
        index = loaded;
        timesKnown = true;
        return loaded;
    }

    /// A batch was appended at a position.
    void appended(OffsetIndex known, RecordBatch batch, int at) {
        maxTimestamp = Math.max(maxTimestamp, batch.maxTimestamp());
        if (at == 0) {
            firstTimestamp = batch.maxTimestamp();
        }
        if (bytesSinceEntry >= intervalBytes || at == 0) {
            known.add((int) (batch.baseOffset() - segment.baseOffset()), at, maxTimestamp);
            bytesSinceEntry = 0;
        }
        bytesSinceEntry += batch.sizeBytes();
    }

    /// So many more batches might make the larger of the two index files larger than `mostBytes`. One always fits.
    boolean isFull(int mostBytes, int batches) throws IOException {
        int count = get().count();
        boolean entryDue = batches > 1 || bytesSinceEntry >= intervalBytes;
        return entryDue && (count + batches) * OffsetIndex.ENTRY_BYTES > mostBytes;
    }

    long maxTimestamp() throws IOException {
        if (!timesKnown) {
            get();
        }
        return maxTimestamp;
    }

    /// -1 if it is not known without reading files.
    long knownMaxTimestamp() {
        return timesKnown ? maxTimestamp : RecordBatch.NO_TIMESTAMP;
    }

    long firstTimestamp() throws IOException {
        if (!timesKnown) {
            get();
        }
        return firstTimestamp;
    }

    /// To come back to.
    record End(int sizeBytes, long maxTimestamp, long firstTimestamp, int bytesSinceEntry) {}

    End end() throws IOException {
        get();
        return new End(segment.sizeBytes(), maxTimestamp, firstTimestamp, bytesSinceEntry);
    }

    void backTo(End end) throws IOException {
        maxTimestamp = end.maxTimestamp;
        firstTimestamp = end.firstTimestamp;
        bytesSinceEntry = end.bytesSinceEntry;
        var known = get();
        known.truncateTo(end.sizeBytes);
        entriesOnDisk = Math.min(entriesOnDisk, known.count());
    }

    /// Writes what the files lack. A full disk is no harm.
    synchronized void write() throws IOException {
        var known = index;
        if (known == null) {
            return;
        }
        int count = known.count();
        try {
            if (count > entriesOnDisk) {
                files().write(known, entriesOnDisk, count);
                entriesOnDisk = count;
            }
        } catch (DiskFullException full) {
            entriesOnDisk = 0;
        }
    }

    /// Lets go of it: whoever looks something up reads it again.
    void forget() {
        index = null;
    }

    /// The same if its files have all of it.
    synchronized void forgetIfWritten() {
        var known = index;
        if (known != null && known.count() == entriesOnDisk) {
            index = null;
        }
    }

    interface Cut {
        void run() throws IOException;
    }

    /// Cuts the segment. What was known is forgotten, on the disk too, and made anew.
    synchronized void anewAfter(Cut cut) throws IOException {
        cut.run();
        index = null;
        timesKnown = false;
        maxTimestamp = RecordBatch.NO_TIMESTAMP;
        entriesOnDisk = 0;
        files().delete();
    }

    IndexFiles files() {
        return new IndexFiles(disk, segment.path(".index"), segment.path(".timeindex"));
    }
}
