package io.moldau.storage;

import io.moldau.records.RecordBatch;
import io.moldau.records.RecordBatches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The copy of a log in another directory while it is being filled (Kafka: the future replica). It lies in a folder
/// named `topic-partition.<hex>-future`, which a start removes; in the end [#become] makes a log of it.
///
/// Compaction of the log rests meanwhile, as in Kafka: a tombstone must not go before it was copied when the value that
/// it takes back was. Filled on one thread; what it tells of itself is for anybody.
final class FutureLog {
    static final String SUFFIX = "-future";
    private static final int TAIL_PIECE_BYTES = 1 << 20;
    /// So that no sync takes long.
    private static final int SYNC_BYTES = 16 << 20;

    /// Whole batches that lie one behind the other in a segment.
    private record Piece(Segment segment, int position, ByteBuffer bytes, List<RecordBatch> batches) {
        long end() {
            return batches.getLast().nextOffset();
        }

        /// What a segment that begins with it is called.
        long firstBase() {
            return position == 0 ? segment.baseOffset() : batches.getFirst().baseOffset();
        }

        /// Transactions that were aborted: a marker does not tell where its transaction began.
        void copyTo(Segment target) throws IOException {
            target.append(bytes.duplicate(), batches);
            for (var batch : batches) {
                if (batch.isControl()) {
                    target.aborted().takeOver(segment.aborted(), batch.baseOffset());
                }
            }
        }
    }

    private final PartitionLog source;
    private final LogDirectory target;
    private final Path folder;
    private final List<Segment> segments = new ArrayList<>();
    private final ByteBuffer scratch;
    private int cuts;
    private long copiedBase = -1;
    private int unsynced;
    private volatile long end;
    private volatile long sizeBytes;

    /// @param scratch memory for [#copy], which others may use too, one at a time
    FutureLog(PartitionLog source, LogDirectory target, ByteBuffer scratch) throws IOException {
        this.source = source;
        this.target = target;
        this.scratch = scratch;
        this.folder = target.path()
                .resolve(
                        source.id() + "." + Long.toHexString(target.randomness().nextLong()) + SUFFIX);
        target.disk().createDirectories(folder);
        begin();
    }

    private void begin() {
        cuts = source.compaction().cuts();
        end = source.ends().start();
        copiedBase = -1;
        unsynced = 0;
        sizeBytes = 0;
    }

    /// Everything below was copied.
    long end() {
        return end;
    }

    long sizeBytes() {
        return sizeBytes;
    }

    /// What was copied is in the log still, and what is in the log behind it was not cut and written anew.
    private boolean isOutdated() {
        return cuts != source.compaction().cuts() || end < source.ends().start();
    }

    /// Copies at most so many bytes, or one batch; how many.
    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
    int copy(int mostBytes) throws IOException {
        if (isOutdated()) {
            for (var segment : segments) {
                segment.delete();
            }
            segments.clear();
            begin();
        }
        var piece = next(end, mostBytes);
        if (piece == null) {
            return 0;
        }
        int bytes = piece.bytes.remaining();
        piece.copyTo(segmentFor(piece));
        sizeBytes += bytes;
        unsynced += bytes;
        end = piece.end();
        if (unsynced >= SYNC_BYTES) {
            segments.getLast().sync();
            unsynced = 0;
        }
        return bytes;
    }

    /// The copy has the segments of the log.
    private Segment segmentFor(Piece piece) throws IOException {
        long base = piece.segment.baseOffset();
        if (segments.isEmpty() || base != copiedBase) {
            if (!segments.isEmpty()) {
                finish(segments.getLast());
            }
            copiedBase = base;
            segments.add(Segment.create(
                    target.disk(), folder, piece.firstBase(), source.settings().indexIntervalBytes()));
        }
        return segments.getLast();
    }

    private @Nullable Piece next(long from, int mostBytes) throws IOException {
        try {
            return read(from, mostBytes, scratch);
        } catch (IOException failed) {
            if (source.ends().start() > from) {
                // Retention took it away meanwhile.
                return null;
            }
            throw failed;
        }
    }

    private @Nullable Piece read(long from, int mostBytes, ByteBuffer memory) throws IOException {
        long below = source.ends().end();
        if (from >= below) {
            return null;
        }
        var known = source.segments();
        for (int i = LogReader.floor(known, from); i < known.size(); i++) {
            var segment = known.get(i);
            int size = segment.sizeBytes();
            int start = segment.positionOf(from);
            if (start < size) {
                int stop = segment.endOf(start, size, mostBytes, below, true);
                return stop > start ? piece(segment, start, stop - start, memory) : null;
            }
        }
        return null;
    }

    private static Piece piece(Segment segment, int start, int size, ByteBuffer memory) throws IOException {
        var bytes = size <= memory.capacity() ? memory.clear().limit(size) : ByteBuffer.allocate(size);
        if (segment.file().read(bytes, start) < size) {
            throw new IOException(segment.path(".log") + " ends inside a batch at position " + start);
        }
        bytes.flip();
        var batches = RecordBatches.splitTrusted(bytes);
        for (var batch : batches) {
            if (!batch.checkCrc()) {
                throw new IOException("the batch at offset " + batch.baseOffset() + " of " + segment.path(".log")
                        + " is damaged: moldau log verify tells what else is");
            }
        }
        return new Piece(segment, start, bytes, batches);
    }

    /// Bytes of the log that were not copied yet.
    long remainingBytes() throws IOException {
        try {
            return isOutdated() ? Long.MAX_VALUE : sizeFrom(end);
        } catch (IOException failed) {
            if (isOutdated()) {
                return Long.MAX_VALUE;
            }
            throw failed;
        }
    }

    private long sizeFrom(long offset) throws IOException {
        var known = source.segments();
        long sum = 0;
        for (int i = known.size() - 1; i >= 0; i--) {
            var segment = known.get(i);
            boolean begun = segment.baseOffset() <= offset;
            sum += segment.sizeBytes() - (begun ? segment.positionOf(offset) : 0);
            if (begun) {
                break;
            }
        }
        return sum;
    }

    /// Brings to the disk what was copied, so that little is left to be done when the log waits for it.
    void sync() throws IOException {
        if (!segments.isEmpty()) {
            finish(segments.getLast());
        }
        var cleaned = CleanedOffset.read(source.directory().disk(), source.path());
        if (!cleaned.equals(CleanedOffset.NONE)) {
            cleaned.write(target.disk(), folder);
        }
    }

    private void finish(Segment segment) throws IOException {
        if (segment.takeDirty()) {
            segment.sync();
        }
        unsynced = 0;
        segment.writeIndex();
        var aborted = segment.aborted().unsynced();
        if (aborted != null) {
            aborted.of().write(aborted);
        }
    }

    /// A log in the other directory with what was copied and synced. Until a checkpoint there knows it, its folder
    /// has no `partition.metadata`, and a start takes it for a log that was never finished.
    PartitionLog become() throws IOException {
        var next = new PartitionLog(target, source.id(), source.topicId(), source.settings());
        // Nobody compacts it before it is the partition's log.
        next.compaction().begin();
        next.move(source.move());
        target.reserve(next);
        target.disk().rename(folder, next.path());
        target.namesChanged();
        var found = new ArrayList<Segment>();
        for (var segment : segments) {
            found.add(segment.movedTo(next.path()));
        }
        if (!found.isEmpty()) {
            // Read now, not by the one who appends.
            found.getLast().index();
        }
        LogRestore.copied(next, found, source, end);
        return next;
    }

    /// Copies what was appended since [#become]. Under both logs' monitors: nothing is appended meanwhile.
    void complete(PartitionLog next) throws IOException {
        if (isOutdated() || source.isDeleted()) {
            throw new IOException("the log was cut or deleted meanwhile");
        }
        // Another copy may be using the memory that this one has.
        var memory = ByteBuffer.allocate((int) Math.min(TAIL_PIECE_BYTES, sizeFrom(end)));
        for (var piece = read(end, TAIL_PIECE_BYTES, memory);
                piece != null;
                piece = read(next.ends().end(), TAIL_PIECE_BYTES, memory)) {
            var list = next.segmentList();
            boolean same = !list.isEmpty() && piece.segment.baseOffset() == copiedBase;
            copiedBase = piece.segment.baseOffset();
            piece.copyTo(same ? list.active() : list.roll(piece.firstBase(), next.settings()));
            next.ends().end(piece.end(), piece.end());
        }
        if (next.ends().end() != source.ends().end()) {
            throw new IOException("the copy ends at offset " + next.ends().end() + ", the log at "
                    + source.ends().end());
        }
    }

    /// Removes what there is; what cannot be removed now goes at the next start.
    void remove() throws IOException {
        if (target.disk().exists(folder)) {
            target.deleteFolder(folder);
        }
    }
}
