package io.moldau.storage;

import io.moldau.environment.Disk;
import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/// The files `.index` and `.timeindex` of a segment. They are not synced: they can be made anew.
///
/// @param offsets has entries of 8 bytes
/// @param times has entries of 12 bytes
record IndexFiles(Disk disk, Path offsets, Path times) {
    private static final int OFFSET_BYTES = 8;
    private static final int TIME_BYTES = 12;

    /// The entries that can be right in a segment of this size.
    OffsetIndex read(int segmentBytes) throws IOException {
        var target = new OffsetIndex();
        if (!disk.exists(offsets) || !disk.exists(times)) {
            return target;
        }
        var offsetEntries = ByteBuffer.wrap(AtomicFile.read(disk, offsets));
        var timeEntries = ByteBuffer.wrap(AtomicFile.read(disk, times));
        int offset = -1;
        int position = -1;
        long timestamp = RecordBatch.NO_TIMESTAMP;
        // Written without a sync: whatever does not rise is not ours and ends the index.
        while (offsetEntries.remaining() >= OFFSET_BYTES && timeEntries.remaining() >= TIME_BYTES) {
            int nextOffset = offsetEntries.getInt();
            int nextPosition = offsetEntries.getInt();
            long nextTimestamp = timeEntries.getLong();
            int timeOffset = timeEntries.getInt();
            if (nextOffset <= offset
                    || nextPosition <= position
                    || nextPosition >= segmentBytes
                    || (nextPosition == 0) != (position < 0)
                    || nextTimestamp < timestamp
                    || timeOffset != nextOffset) {
                return target;
            }
            target.add(nextOffset, nextPosition, nextTimestamp);
            offset = nextOffset;
            position = nextPosition;
            timestamp = nextTimestamp;
        }
        return target;
    }

    /// Writes the entries from `from` on, and nothing behind them.
    void write(OffsetIndex index, int from, int count) throws IOException {
        var offsetEntries = ByteBuffer.allocate((count - from) * OFFSET_BYTES);
        var timeEntries = ByteBuffer.allocate((count - from) * TIME_BYTES);
        for (int i = from; i < count; i++) {
            offsetEntries.putInt(index.relativeOffset(i)).putInt(index.position(i));
            timeEntries.putLong(index.timestamp(i)).putInt(index.relativeOffset(i));
        }
        try (var target = disk.open(offsets)) {
            target.write(offsetEntries.flip(), (long) from * OFFSET_BYTES);
            target.truncate((long) count * OFFSET_BYTES);
        }
        try (var target = disk.open(times)) {
            target.write(timeEntries.flip(), (long) from * TIME_BYTES);
            target.truncate((long) count * TIME_BYTES);
        }
    }

    void delete() throws IOException {
        disk.deleteIfExists(offsets);
        disk.deleteIfExists(times);
    }
}
