package io.moldau.storage;

import io.moldau.environment.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.CRC32C;

/// Small files that are written whole: as a temporary file, synced, renamed, and the directory synced.
final class AtomicFile {
    private AtomicFile() {}

    static void write(Disk disk, Path path, byte[] content) throws IOException {
        var temporary = path.resolveSibling(path.getFileName() + ".tmp");
        try (var file = disk.open(temporary)) {
            file.truncate(0);
            file.write(ByteBuffer.wrap(content), 0);
            file.sync();
        }
        disk.rename(temporary, path);
        disk.syncDirectory(Objects.requireNonNull(path.getParent()));
    }

    static byte[] read(Disk disk, Path path) throws IOException {
        try (var file = disk.open(path)) {
            var bytes = ByteBuffer.allocate(Math.toIntExact(file.sizeBytes()));
            file.read(bytes, 0);
            return bytes.array();
        }
    }

    static int crc(byte[] content, int offset, int length) {
        var crc = new CRC32C();
        crc.update(content, offset, length);
        return (int) crc.getValue();
    }
}
