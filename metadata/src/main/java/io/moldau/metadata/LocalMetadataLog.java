package io.moldau.metadata;

import io.moldau.environment.Disk;
import io.moldau.environment.DiskFile;
import io.moldau.protocol.ByteReader;
import io.moldau.protocol.ByteWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/// The metadata log of a lone node: one file of checksummed groups, synced at each append.
/// A group is `length (int32, bytes after the checksum), CRC32C (int32), count (varint), records`.
/// A torn last group was never committed: it is cut when the file is opened.
public final class LocalMetadataLog implements MetadataLog {
    private static final String FILE_NAME = "metadata.log";
    private static final int GROUP_HEADER_BYTES = 8;
    private static final int MAX_GROUP_BYTES = 64 << 20;

    private final Disk disk;
    private final Path directory;
    private DiskFile file;
    private long position;
    private long groups;
    private boolean broken;

    private LocalMetadataLog(Disk disk, Path directory, DiskFile file) {
        this.disk = disk;
        this.directory = directory;
        this.file = file;
    }

    /// Opens or creates the log in an existing directory.
    public static LocalMetadataLog open(Disk disk, Path directory) throws IOException {
        var path = directory.resolve(FILE_NAME);
        boolean isNew = !disk.exists(path);
        var file = disk.open(path);
        if (isNew) {
            disk.syncDirectory(directory);
        }
        return new LocalMetadataLog(disk, directory, file);
    }

    @Override
    public void replay(Consumer<List<MetadataRecord>> consumer) throws IOException {
        long end = file.sizeBytes();
        var header = ByteBuffer.allocate(GROUP_HEADER_BYTES);
        while (position + GROUP_HEADER_BYTES <= end) {
            header.clear();
            file.read(header, position);
            int length = header.getInt(0);
            if (length <= 0 || length > MAX_GROUP_BYTES || position + GROUP_HEADER_BYTES + length > end) {
                break;
            }
            var body = ByteBuffer.allocate(length);
            file.read(body, position + GROUP_HEADER_BYTES);
            body.flip();
            if (checksum(body) != header.getInt(4)) {
                break;
            }
            consumer.accept(decode(new ByteReader(body)));
            position += GROUP_HEADER_BYTES + length;
            groups++;
        }
        if (position < end) {
            file.truncate(position);
            file.sync();
        }
    }

    /// All records of a metadata log's file, which need not be in use and is not changed.
    public static List<MetadataRecord> read(Disk disk, Path path) throws IOException {
        var records = new ArrayList<MetadataRecord>();
        try (var file = disk.open(path)) {
            long end = file.sizeBytes();
            var header = ByteBuffer.allocate(GROUP_HEADER_BYTES);
            for (long at = 0; at + GROUP_HEADER_BYTES <= end; at += GROUP_HEADER_BYTES + header.getInt(0)) {
                header.clear();
                file.read(header, at);
                int length = header.getInt(0);
                if (length <= 0 || length > MAX_GROUP_BYTES || at + GROUP_HEADER_BYTES + length > end) {
                    break;
                }
                var body = ByteBuffer.allocate(length);
                file.read(body, at + GROUP_HEADER_BYTES);
                if (checksum(body.flip()) != header.getInt(4)) {
                    break;
                }
                records.addAll(decode(new ByteReader(body)));
            }
        }
        return records;
    }

    @Override
    public void append(List<MetadataRecord> records) throws IOException {
        if (broken) {
            throw new IOException("the metadata log took no sync before: restart the node when its disk is well again");
        }
        var group = encode(records);
        int size = group.remaining();
        // A write that fails (a full disk) leaves what the next one overwrites, or a torn group. After a sync that
        // fails nobody knows what is there.
        file.write(group, position);
        broken = true;
        file.sync();
        broken = false;
        position += size;
        groups++;
    }

    @Override
    public void compact(List<MetadataRecord> snapshot) throws IOException {
        var path = directory.resolve(FILE_NAME);
        var next = directory.resolve(FILE_NAME + ".next");
        disk.deleteIfExists(next);
        var group = encode(snapshot);
        int size = group.remaining();
        try (var target = disk.open(next)) {
            target.write(group, 0);
            target.sync();
        }
        file.close();
        disk.rename(next, path);
        disk.syncDirectory(directory);
        file = disk.open(path);
        position = size;
        groups = 1;
    }

    @Override
    public long length() {
        return groups;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    private static ByteBuffer encode(List<MetadataRecord> records) {
        var out = new ByteWriter();
        out.unsignedVarint(records.size());
        records.forEach(record -> MetadataRecordFormat.write(record, out));
        var body = out.toBuffer();
        if (body.remaining() > MAX_GROUP_BYTES) {
            throw new IllegalArgumentException("a metadata change of " + body.remaining()
                    + " bytes is over the limit of " + MAX_GROUP_BYTES + ": split it");
        }
        var group = ByteBuffer.allocate(GROUP_HEADER_BYTES + body.remaining());
        group.putInt(body.remaining()).putInt(checksum(body)).put(body);
        return group.flip();
    }

    private static List<MetadataRecord> decode(ByteReader in) {
        int count = in.unsignedVarint();
        var records = new ArrayList<MetadataRecord>();
        for (int i = 0; i < count; i++) {
            records.add(MetadataRecordFormat.read(in));
        }
        return records;
    }

    private static int checksum(ByteBuffer body) {
        var crc = new CRC32C();
        crc.update(body.duplicate());
        return (int) crc.getValue();
    }
}
