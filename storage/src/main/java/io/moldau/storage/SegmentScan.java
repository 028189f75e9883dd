package io.moldau.storage;

import io.moldau.environment.DiskFile;
import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Reads the batches of a segment file from front to back in large pieces.
final class SegmentScan {
    private static final int PIECE_BYTES = 256 * 1024;

    private final DiskFile file;
    private final long end;
    private long position;
    private ByteBuffer piece = ByteBuffer.allocate(0);

    SegmentScan(DiskFile file, long from, long end) {
        this.file = file;
        this.position = from;
        this.end = end;
    }

    /// Where the next batch starts.
    long position() {
        return position;
    }

    /// The next whole batch, its CRC not checked; null where the bytes are no batch (the end, or a torn tail).
    /// Each batch has memory of its own as long as `piece` is not overwritten: it never is.
    @Nullable
    RecordBatch next() throws IOException {
        if (!have(RecordBatch.HEADER_BYTES)) {
            return null;
        }
        int at = piece.position();
        long size = (long) piece.getInt(at + 8) + RecordBatch.LENGTH_OVERHEAD_BYTES;
        if (size < RecordBatch.HEADER_BYTES
                || size > end - position
                || piece.get(at + 16) != RecordBatch.MAGIC
                || !have((int) size)) {
            return null;
        }
        var batch = RecordBatch.of(piece.slice(piece.position(), (int) size));
        piece.position(piece.position() + (int) size);
        position += size;
        return batch;
    }

    private boolean have(int size) throws IOException {
        if (piece.remaining() >= size) {
            return true;
        }
        if (size > end - position) {
            return false;
        }
        var next = ByteBuffer.allocate((int) Math.min(end - position, Math.max(size, PIECE_BYTES)));
        file.load(position, next.capacity());
        file.read(next, position);
        piece = next.flip();
        return piece.remaining() >= size;
    }
}
