package io.moldau.storage;

import io.moldau.environment.Disk;
import io.moldau.environment.DiskFile;
import io.moldau.environment.DiskFullException;
import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// One file of a log and its sparse index, both opened at their first use.
///
/// The owner appends; anybody reads what lies below [#sizeBytes]. A handle is never closed while somebody may read
/// through it: dropping it leaves closing to the garbage collector, so that slices outlive deletion.
final class Segment {
    private final Disk disk;
    private final Path directory;
    private final long baseOffset;
    private static final int RECENT_BYTES = 8 << 20;
    private final int indexIntervalBytes;
    private final int writtenFrom;
    private final AbortedTransactions aborted;
    private volatile int size;
    private volatile @Nullable DiskFile file;
    private volatile @Nullable OffsetIndex index;
    private volatile boolean dirty;
    private volatile boolean used;
    private volatile boolean pinned;
    private volatile long maxTimestamp = RecordBatch.NO_TIMESTAMP;
    private volatile boolean timesKnown;
    private long firstTimestamp = RecordBatch.NO_TIMESTAMP;
    private int bytesSinceIndexEntry;
    private int indexEntriesOnDisk;

    Segment(Disk disk, Path directory, long baseOffset, int sizeBytes, int indexIntervalBytes) {
        this.disk = disk;
        this.directory = directory;
        this.baseOffset = baseOffset;
        this.size = sizeBytes;
        this.writtenFrom = sizeBytes;
        this.indexIntervalBytes = indexIntervalBytes;
        this.aborted = new AbortedTransactions(disk, directory, baseOffset);
    }

    /// A file that is not there yet.
    static Segment create(Disk disk, Path directory, long baseOffset, int indexIntervalBytes) throws IOException {
        var segment = new Segment(disk, directory, baseOffset, 0, indexIntervalBytes);
        segment.file().truncate(0);
        segment.index = new OffsetIndex();
        segment.timesKnown = true;
        segment.dirty = true;
        return segment;
    }

    /// A file under another name, to be renamed, which is not in any log yet.
    static Segment over(Disk disk, Path directory, long baseOffset, DiskFile file, int indexIntervalBytes) {
        var segment = new Segment(disk, directory, baseOffset, 0, indexIntervalBytes);
        segment.file = file;
        segment.index = new OffsetIndex();
        segment.maxTimestamp = RecordBatch.NO_TIMESTAMP;
        segment.timesKnown = true;
        return segment;
    }

    /// The same in another folder: its files were moved there, and nothing of them is unsynced.
    Segment movedTo(Path folder) {
        var moved = new Segment(disk, folder, baseOffset, size, indexIntervalBytes);
        if (!aborted.isEmpty()) {
            moved.aborted.found();
        }
        return moved;
    }

    static String fileName(long offset, String suffix) {
        return String.format(Locale.ROOT, "%020d", offset) + suffix;
    }

    Path path(String suffix) {
        return directory.resolve(fileName(baseOffset, suffix));
    }

    long baseOffset() {
        return baseOffset;
    }

    int sizeBytes() {
        return size;
    }

    AbortedTransactions aborted() {
        return aborted;
    }

    DiskFile file() throws IOException {
        used = true;
        var open = file;
        return open != null ? open : openFile();
    }

    private synchronized DiskFile openFile() throws IOException {
        var open = file;
        if (open == null) {
            open = disk.open(path(".log"));
            file = open;
        }
        return open;
    }

    /// Lets go of the handle and index if nobody asked for them since the last call.
    void rest() {
        if (!used && !dirty && !pinned) {
            file = null;
            index = null;
        }
        used = false;
        aborted.rest();
    }

    /// Its names will be somebody else's: keeps what they stand for open for those who still read it.
    void pin() throws IOException {
        pinned = true;
        OpenFiles.keep(file());
        index();
        aborted.pin();
    }

    /// True if what lies there was written by this process a moment ago: the system has it in memory still.
    boolean isRecent(int position) {
        return position >= writtenFrom && size - position <= RECENT_BYTES;
    }

    /// True if finding what a read of at most `maxBytes` from this offset on gives waits for no disk.
    boolean isAtHand(long offset, int maxBytes) throws IOException {
        var known = index;
        if (known == null || file == null || offset < baseOffset) {
            return false;
        }
        int from = known.positionAtOrBelow(offset - baseOffset);
        // It looks at headers behind an index entry, and at those before the first batch that does not fit any more.
        int around = (int) Math.min(Integer.MAX_VALUE, 2L * indexIntervalBytes + RecordBatch.HEADER_BYTES);
        int end = size;
        int last = (int) Math.max(from, Math.min(end, (long) from + maxBytes) - indexIntervalBytes);
        return isAtHand(from, Math.min(end - from, around)) && isAtHand(last, Math.min(end - last, around));
    }

    /// The same of a region.
    boolean isAtHand(int position, int bytes) throws IOException {
        return isRecent(position) || file().isResident(position, bytes);
    }

    void append(List<RecordBatch> batches) throws IOException {
        var known = index();
        dirty = true;
        if (batches.size() == 1) {
            file().write(batches.getFirst().buffer(), size);
        } else {
            file().write(batches.stream().map(RecordBatch::buffer).toArray(ByteBuffer[]::new), size);
        }
        for (var batch : batches) {
            appended(known, batch);
        }
    }

    /// Appends batches that lie one behind the other in a buffer, with one write.
    void append(ByteBuffer run, List<RecordBatch> batches) throws IOException {
        var known = index();
        dirty = true;
        file().write(run, size);
        for (var batch : batches) {
            appended(known, batch);
        }
    }

    private void appended(OffsetIndex known, RecordBatch batch) {
        int at = size;
        maxTimestamp = Math.max(maxTimestamp, batch.maxTimestamp());
        if (at == 0) {
            firstTimestamp = batch.maxTimestamp();
        }
        if (bytesSinceIndexEntry >= indexIntervalBytes || at == 0) {
            known.add((int) (batch.baseOffset() - baseOffset), at, maxTimestamp);
            bytesSinceIndexEntry = 0;
        }
        bytesSinceIndexEntry += batch.sizeBytes();
        size = at + batch.sizeBytes();
    }

    /// So many more batches might make the larger of the two index files larger than `mostBytes`. One always fits.
    boolean isIndexFull(int mostBytes, int batches) throws IOException {
        int count = index().count();
        boolean entryDue = batches > 1 || bytesSinceIndexEntry >= indexIntervalBytes;
        return entryDue && (count + batches) * OffsetIndex.ENTRY_BYTES > mostBytes;
    }

    /// True once: there was something to sync.
    boolean takeDirty() {
        boolean was = dirty;
        dirty = false;
        return was;
    }

    /// Counts as unsynced.
    void touch() {
        dirty = true;
    }

    void sync() throws IOException {
        file().sync();
    }

    long maxTimestamp() throws IOException {
        if (!timesKnown) {
            index();
        }
        return maxTimestamp;
    }

    /// -1 if it is not known without reading files.
    long knownMaxTimestamp() {
        return timesKnown ? maxTimestamp : RecordBatch.NO_TIMESTAMP;
    }

    long firstTimestamp() throws IOException {
        if (!timesKnown) {
            index();
        }
        return firstTimestamp;
    }

    /// Where the segment ends, to come back to.
    record End(int sizeBytes, long maxTimestamp, long firstTimestamp, int bytesSinceIndexEntry) {}

    End end() throws IOException {
        index();
        return new End(size, maxTimestamp, firstTimestamp, bytesSinceIndexEntry);
    }

    /// Takes back what was appended since: a write failed. Nobody was told of it.
    void backTo(End end) throws IOException {
        size = end.sizeBytes;
        maxTimestamp = end.maxTimestamp;
        firstTimestamp = end.firstTimestamp;
        bytesSinceIndexEntry = end.bytesSinceIndexEntry;
        index().truncateTo(end.sizeBytes);
        indexEntriesOnDisk = Math.min(indexEntriesOnDisk, index().count());
        file().truncate(end.sizeBytes);
    }

    /// The index, read from its files and completed from the log.
    OffsetIndex index() throws IOException {
        used = true;
        var known = index;
        return known != null ? known : loadIndex();
    }

    private synchronized OffsetIndex loadIndex() throws IOException {
        var known = index;
        if (known != null) {
            return known;
        }
        var loaded = indexFiles().read(size);
        int from = 0;
        long newest = RecordBatch.NO_TIMESTAMP;
        int last = loaded.count() - 1;
        if (last >= 0) {
            var header = BatchHeader.read(file(), loaded.position(last), size);
            if (header != null && header.baseOffset() == baseOffset + loaded.relativeOffset(last)) {
                from = loaded.position(last);
                newest = loaded.timestamp(last);
            } else {
                loaded = new OffsetIndex();
            }
        }
        indexEntriesOnDisk = loaded.count();
        int since = indexIntervalBytes;
        boolean known0 = from > 0 || loaded.count() > 0;
        if (known0) {
            since = 0;
        }
        var scan = new SegmentScan(file(), from, size);
        boolean skipEntry = known0;
        for (var batch = scan.next(); batch != null; batch = scan.next()) {
            newest = Math.max(newest, batch.maxTimestamp());
            if (!skipEntry && since >= indexIntervalBytes) {
                loaded.add((int) (batch.baseOffset() - baseOffset), (int) scan.position() - batch.sizeBytes(), newest);
                since = 0;
            }
            skipEntry = false;
            since += batch.sizeBytes();
        }
        var first = BatchHeader.read(file(), 0, size);
        firstTimestamp = first == null ? RecordBatch.NO_TIMESTAMP : first.maxTimestamp();
        bytesSinceIndexEntry = since;
        maxTimestamp = newest;
        index = loaded;
        timesKnown = true;
        return loaded;
    }

    /// Writes what the index files lack. They are not synced: they can be made anew, so a full disk is no harm.
    synchronized void writeIndex() throws IOException {
        try {
            writeIndexFiles();
        } catch (DiskFullException full) {
            indexEntriesOnDisk = 0;
        }
    }

    /// Lets go of the index if its files have all of it: whoever looks something up reads it again. Of a node that
    /// writes much, the indexes of what it wrote would fill the memory.
    synchronized void forgetIndex() {
        var known = index;
        if (known != null && known.count() == indexEntriesOnDisk) {
            index = null;
        }
    }

    private void writeIndexFiles() throws IOException {
        var known = index;
        if (known == null) {
            return;
        }
        int count = known.count();
        if (count > indexEntriesOnDisk) {
            indexFiles().write(known, indexEntriesOnDisk, count);
            indexEntriesOnDisk = count;
        }
    }

    private IndexFiles indexFiles() {
        return new IndexFiles(disk, path(".index"), path(".timeindex"));
    }

    /// Cuts the file; its index is made anew.
    synchronized void truncateTo(int sizeBytes) throws IOException {
        file().truncate(sizeBytes);
        size = sizeBytes;
        dirty = true;
        dropIndex();
    }

    /// Forgets the index in memory and on disk.
    synchronized void dropIndex() throws IOException {
        index = null;
        timesKnown = false;
        maxTimestamp = RecordBatch.NO_TIMESTAMP;
        indexEntriesOnDisk = 0;
        indexFiles().delete();
    }

    /// Its files get names under which nobody looks for them, which are added to `retired`: to be deleted.
    void retire(List<Path> retired) throws IOException {
        for (var suffix : List.of(".log", ".index", ".timeindex", AbortedTransactions.SUFFIX)) {
            RetiredFiles.retire(disk, path(suffix), retired);
        }
    }

    void delete() throws IOException {
        disk.deleteIfExists(path(".log"));
        indexFiles().delete();
        aborted.delete();
    }

    /// An offset above those of all batches that lie below a position of the file, or `otherwise`.
    long offsetAtOrAfter(int position, long otherwise) throws IOException {
        int relative = index().relativeOffsetAtOrAfter(position);
        return relative < 0 ? otherwise : Math.min(otherwise, baseOffset + relative);
    }

    /// Position of the batch that holds the offset or is the first after it; the size if there is none.
    int positionOf(long offset) throws IOException {
        int end = size;
        int at = index().positionAtOrBelow(offset - baseOffset);
        while (at < end) {
            var header = BatchHeader.read(file(), at, end);
            if (header == null) {
                throw new IOException("no batch at position " + at + " of " + path(".log"));
            }
            if (header.lastOffset() >= offset) {
                return at;
            }
            at += header.sizeBytes();
        }
        return end;
    }

    /// Where a run of whole batches ends that starts at `from`, has at most `maxBytes` and stays below `belowOffset`.
    int endOf(int from, int end, int maxBytes, long belowOffset, boolean atLeastOne) throws IOException {
        int limit = (int) Math.min(end, (long) from + Math.max(0, maxBytes));
        int at = from;
        if (limit - from > indexIntervalBytes) {
            var known = index();
            int start = known.batchStartAtOrBelow(limit);
            int below = known.positionAtOrBelow(belowOffset - 1 - baseOffset);
            at = Math.max(from, Math.min(start, below));
        }
        while (at < end) {
            var header = BatchHeader.read(file(), at, end);
            if (header == null || header.lastOffset() >= belowOffset) {
                break;
            }
            int next = at + header.sizeBytes();
            if (next > limit && !(atLeastOne && at == from)) {
                break;
            }
            at = next;
        }
        return at;
    }
}
