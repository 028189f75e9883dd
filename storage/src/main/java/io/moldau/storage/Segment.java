package io.moldau.storage;

import io.moldau.environment.Disk;
import io.moldau.environment.DiskFile;
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
    private static final int RECENT_BYTES = 8 << 20;

    private final Disk disk;
    private final Path directory;
    private final long baseOffset;
    private final int writtenFrom;
    private final SegmentIndex index;
    private final AbortedTransactions aborted;
    private volatile int size;
    private volatile @Nullable DiskFile file;
    private volatile boolean dirty;
    private volatile boolean used;
    private volatile boolean pinned;

    Segment(Disk disk, Path directory, long baseOffset, int sizeBytes, int indexIntervalBytes) {
        this.disk = disk;
        this.directory = directory;
        this.baseOffset = baseOffset;
        this.size = sizeBytes;
        this.writtenFrom = sizeBytes;
        this.index = new SegmentIndex(this, disk, indexIntervalBytes);
        this.aborted = new AbortedTransactions(disk, directory, baseOffset);
    }

    /// A file that is not there yet.
    static Segment create(Disk disk, Path directory, long baseOffset, int indexIntervalBytes) throws IOException {
        var segment = new Segment(disk, directory, baseOffset, 0, indexIntervalBytes);
        segment.file().truncate(0);
        segment.index.begin();
        segment.dirty = true;
        return segment;
    }

    /// A file under another name, to be renamed, which is not in any log yet.
    static Segment over(Disk disk, Path directory, long baseOffset, DiskFile file, int indexIntervalBytes) {
        var segment = new Segment(disk, directory, baseOffset, 0, indexIntervalBytes);
        segment.file = file;
        segment.index.begin();
        return segment;
    }

    /// The same in another folder: its files were moved there, and nothing of them is unsynced.
    Segment movedTo(Path folder) {
        var moved = new Segment(disk, folder, baseOffset, size, index.intervalBytes());
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
            index.forget();
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
        var known = index.inMemory();
        if (known == null || file == null || offset < baseOffset) {
            return false;
        }
        int from = known.positionAtOrBelow(offset - baseOffset);
        // It looks at headers behind an index entry, and at those before the first batch that does not fit any more.
        int around = (int) Math.min(Integer.MAX_VALUE, 2L * index.intervalBytes() + RecordBatch.HEADER_BYTES);
        int end = size;
        int last = (int) Math.max(from, Math.min(end, (long) from + maxBytes) - index.intervalBytes());
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
        index.appended(known, batch, at);
        size = at + batch.sizeBytes();
    }

    /// So many more batches might make the larger of the two index files larger than `mostBytes`. One always fits.
    boolean isIndexFull(int mostBytes, int batches) throws IOException {
        used = true;
        return index.isFull(mostBytes, batches);
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
        return index.maxTimestamp();
    }

    /// -1 if it is not known without reading files.
    long knownMaxTimestamp() {
        return index.knownMaxTimestamp();
    }

    long firstTimestamp() throws IOException {
        return index.firstTimestamp();
    }

    /// Where the segment ends, to come back to.
    SegmentIndex.End end() throws IOException {
        return index.end();
    }

    /// Takes back what was appended since: a write failed. Nobody was told of it.
    void backTo(SegmentIndex.End end) throws IOException {
        size = end.sizeBytes();
        index.backTo(end);
        file().truncate(end.sizeBytes());
    }

    OffsetIndex index() throws IOException {
        used = true;
        return index.get();
    }

    void writeIndex() throws IOException {
        index.write();
    }

    void forgetIndex() {
        index.forgetIfWritten();
    }

    /// Cuts the file.
    void truncateTo(int sizeBytes) throws IOException {
        index.anewAfter(() -> {
            file().truncate(sizeBytes);
            size = sizeBytes;
            dirty = true;
        });
    }

    /// Its files get names under which nobody looks for them, which are added to `retired`: to be deleted.
    void retire(List<Path> retired) throws IOException {
        for (var suffix : List.of(".log", ".index", ".timeindex", AbortedTransactions.SUFFIX)) {
            RetiredFiles.retire(disk, path(suffix), retired);
        }
    }

    void delete() throws IOException {
        disk.deleteIfExists(path(".log"));
        index.files().delete();
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
        if (limit - from > index.intervalBytes()) {
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
