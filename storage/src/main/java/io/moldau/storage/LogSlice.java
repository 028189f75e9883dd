package io.moldau.storage;

import io.moldau.environment.DiskFile;
import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A whole number of record batches, in memory or as a region of a segment file. It stays readable when the segment
/// is deleted. Bytes in memory are shared: do not write into them.
public final class LogSlice implements ReadResult {
    /// What is not in memory is read from the disk in such pieces: small enough that a sync waits behind few of them.
    private static final int PIECE_BYTES = 128 << 10;

    private final long startOffset;
    private final int sizeBytes;
    private final List<ByteBuffer> memory;
    private final @Nullable DiskFile file;
    private final long filePosition;
    private final boolean atHand;

    private LogSlice(
            long startOffset,
            int sizeBytes,
            List<ByteBuffer> memory,
            @Nullable DiskFile file,
            long filePosition,
            boolean atHand) {
        this.startOffset = startOffset;
        this.sizeBytes = sizeBytes;
        this.memory = memory;
        this.file = file;
        this.filePosition = filePosition;
        this.atHand = atHand;
    }

    static LogSlice empty(long offset) {
        return new LogSlice(offset, 0, List.of(), null, 0, true);
    }

    static LogSlice of(long offset, List<ByteBuffer> memory) {
        int size = 0;
        for (var bytes : memory) {
            size += bytes.remaining();
        }
        return new LogSlice(offset, size, memory, null, 0, true);
    }

    static LogSlice of(long offset, DiskFile file, long position, int size, boolean atHand) {
        return new LogSlice(offset, size, List.of(), file, position, atHand);
    }

    /// The offset that was asked for; the first batch may start below it.
    public long startOffset() {
        return startOffset;
    }

    public int sizeBytes() {
        return sizeBytes;
    }

    public boolean isEmpty() {
        return sizeBytes == 0;
    }

    /// An offset above those of all batches in it, if not the lowest one.
    ///
    /// @param from the segment that its first offset lies in
    /// @param end of that segment
    /// @param otherwise if it was read from another
    long endOffset(Segment from, long end, long otherwise) throws IOException {
        if (file == null) {
            var last = memory.getLast();
            return RecordBatch.of(last.duplicate()).nextOffset();
        }
        return file.equals(from.file()) ? from.offsetAtOrAfter((int) filePosition + sizeBytes, end) : otherwise;
    }

    /// True if sending it reads no file.
    public boolean isInMemory() {
        return file == null;
    }

    /// True if the system had it in memory when it was read: sending it does not wait for a disk.
    public boolean isAtHand() {
        return atHand;
    }

    /// The parts in memory, in order; empty for a region of a file.
    public List<ByteBuffer> memoryParts() {
        return memory.stream().map(ByteBuffer::duplicate).toList();
    }

    /// All of it as one buffer, copied where it has to be.
    public ByteBuffer buffer() throws IOException {
        if (file == null && memory.size() == 1) {
            return memory.getFirst().duplicate();
        }
        var all = ByteBuffer.allocate(sizeBytes);
        if (file == null) {
            for (var bytes : memory) {
                all.put(bytes.duplicate());
            }
        } else if (file.read(all, filePosition) < sizeBytes) {
            throw new IOException("a segment file ended inside a batch at position " + filePosition);
        }
        return all.flip();
    }

    /// Sends what it can from `position` (bytes from the slice's start) on; the number of bytes sent.
    public long transferTo(WritableByteChannel target, int position) throws IOException {
        if (file != null) {
            int count = sizeBytes - position;
            if (!atHand) {
                count = Math.min(count, PIECE_BYTES);
                file.load(filePosition + position, count);
            }
            return file.transferTo(filePosition + position, count, target);
        }
        int skip = position;
        long sent = 0;
        for (var bytes : memory) {
            int size = bytes.remaining();
            if (skip >= size) {
                skip -= size;
                continue;
            }
            int count = target.write(bytes.slice(bytes.position() + skip, size - skip));
            sent += count;
            if (count < size - skip) {
                break;
            }
            skip = 0;
        }
        return sent;
    }
}
