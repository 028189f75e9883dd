package io.moldau.storage;

import io.moldau.environment.DiskFile;
import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// The header of a batch in a segment file, read without its records.
record BatchHeader(long baseOffset, long lastOffset, int sizeBytes, long maxTimestamp, int leaderEpoch) {
    /// The header at `position`, or null if no whole batch lies between it and `end`.
    static @Nullable BatchHeader read(DiskFile file, long position, long end) throws IOException {
        if (end - position < RecordBatch.HEADER_BYTES) {
            return null;
        }
        var bytes = ByteBuffer.allocate(RecordBatch.HEADER_BYTES);
        if (file.read(bytes, position) < RecordBatch.HEADER_BYTES) {
            return null;
        }
        int size = bytes.getInt(8) + RecordBatch.LENGTH_OVERHEAD_BYTES;
        if (bytes.get(16) != RecordBatch.MAGIC || size < RecordBatch.HEADER_BYTES || size > end - position) {
            return null;
        }
        long base = bytes.getLong(0);
        int delta = bytes.getInt(23);
        return base < 0 || delta < 0
                ? null
                : new BatchHeader(base, base + delta, size, bytes.getLong(35), bytes.getInt(12));
    }
}
