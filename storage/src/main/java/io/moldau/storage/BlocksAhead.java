package io.moldau.storage;

import java.nio.file.Path;

/// Has the file system find blocks for a segment that grows before they are written, many at once and not on the
/// writer's thread: writing costs a quarter less then (decision 37). Never beyond the size at which the segment ends,
/// and at most a quarter of what is there already: small logs take no more room than they fill. On a disk
/// that is filling up nothing is taken ahead: others may need the room sooner.
///
/// Used under the log's monitor.
final class BlocksAhead {
    private static final int FROM_BYTES = 8 << 20;
    private static final int LEAST_BYTES = 2 << 20;
    private static final int MOST_BYTES = 32 << 20;

    private final LogDirectory directory;
    private long baseOffset = -1;
    private long reservedTo;
    /// The size at which more is reserved.
    private long next = FROM_BYTES;

    BlocksAhead(LogDirectory directory) {
        this.directory = directory;
    }

    /// The segment is about to be written to.
    ///
    /// @param end the size at which it is closed
    void grows(Segment segment, int end) {
        int size = segment.sizeBytes();
        if (segment.baseOffset() != baseOffset) {
            baseOffset = segment.baseOffset();
            reservedTo = 0;
            next = FROM_BYTES;
        }
        if (size >= next) {
            long from = Math.max(reservedTo, size);
            long bytes = Math.min(Math.clamp(size / 4, LEAST_BYTES, MOST_BYTES), end - from);
            reservedTo = from + bytes;
            next = reservedTo >= end ? Long.MAX_VALUE : reservedTo - bytes / 2;
            if (bytes > 0) {
                var file = segment.path(".log");
                directory.environment().threads().blocking().execute(() -> reserve(file, from, bytes));
            }
        }
    }

    private void reserve(Path file, long from, long bytes) {
        if (directory.room().isAmpleFor(bytes)) {
            directory.environment().disk().reserve(file, from, bytes);
        }
    }
}
