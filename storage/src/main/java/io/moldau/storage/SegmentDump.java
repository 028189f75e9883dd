package io.moldau.storage;

import io.moldau.environment.Disk;
import io.moldau.environment.DiskFile;
import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/// Reads the batches of a segment file, for people who want to look inside; the file need not be in use.
public final class SegmentDump implements AutoCloseable {
    /// @param position of the batch in the file, in bytes
    public record Entry(long position, RecordBatch batch, boolean crcRight) {}

    private final DiskFile file;
    private final SegmentScan scan;
    private final long size;

    private SegmentDump(DiskFile file) throws IOException {
        this.file = file;
        this.size = file.sizeBytes();
        this.scan = new SegmentScan(file, 0, size);
    }

    public static SegmentDump open(Disk disk, Path segment) throws IOException {
        if (!disk.exists(segment)) {
            throw new IOException("there is no file " + segment);
        }
        return new SegmentDump(disk.open(segment));
    }

    /// The next batch; empty at the end or where the bytes are no batch: see [#unreadBytes].
    public Optional<Entry> next() throws IOException {
        long position = scan.position();
        var batch = scan.next();
        return batch == null ? Optional.empty() : Optional.of(new Entry(position, batch, batch.checkCrc()));
    }

    /// Bytes behind the last batch that was read; after the last one: a torn tail.
    public long unreadBytes() {
        return size - scan.position();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
