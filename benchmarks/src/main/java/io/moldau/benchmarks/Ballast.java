package io.moldau.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// A file of holes as large as the memory, read before each case: the page cache is full then, as it is on every broker
/// that has run for some minutes, and what a broker writes takes the place of pages that nobody needs.
///
/// Many virtual machines hand free memory back to their host within seconds. The first write to such a page then costs
/// a fault in the host, in the system time of whoever writes: 0.8 CPU s/GB instead of 0.2 was seen. Who writes more in
/// the same time would meet more of them. Where memory is its machine's own, this does no harm.
final class Ballast implements AutoCloseable {
    private static final int PIECE_BYTES = 16 << 20;
    private static final long LITTLE_KIB = 1 << 20;

    private final Path path;
    private final FileChannel file;
    private final long sizeBytes;
    private long position;

    /// @param path of a file that takes no room on the disk
    Ballast(Path path) throws IOException {
        this.path = path;
        this.file =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        this.sizeBytes = Machine.memoryKib("MemTotal") << 10;
        file.write(ByteBuffer.allocate(1), sizeBytes - 1);
    }

    /// Reads until hardly any memory is free. It goes on where it stopped: what lies there was in memory longest ago.
    void fill() throws IOException {
        var piece = ByteBuffer.allocateDirect(1 << 20);
        for (long read = 0; read < sizeBytes && Machine.memoryKib("MemFree") > LITTLE_KIB; read += PIECE_BYTES) {
            for (int part = 0; part < PIECE_BYTES; part += piece.capacity()) {
                file.read(piece.clear(), position + part);
            }
            position = position + PIECE_BYTES < sizeBytes ? position + PIECE_BYTES : 0;
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
        Files.deleteIfExists(path);
    }
}
