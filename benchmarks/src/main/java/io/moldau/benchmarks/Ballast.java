package io.moldau.benchmarks;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// A file of holes as large as the memory, read before each case: the page cache is full then, as it is on every broker
/// that has run for some minutes, and what a broker writes takes the place of pages that nobody needs. It is mapped:
/// some kernels give up pages that nobody used for half a minute, but not those that somebody has mapped.
///
/// Many virtual machines hand free memory back to their host within seconds. The first write to such a page then costs
/// a fault in the host, in the system time of whoever writes: 0.8 CPU s/GB instead of 0.2 was seen. Who writes more in
/// the same time would meet more of them. Where memory is its machine's own, this does no harm.
final class Ballast implements AutoCloseable {
    private static final int PIECE_BYTES = 16 << 20;
    private static final int PAGE_BYTES = 4 << 10;
    private static final long LITTLE_KIB = 1 << 20;

    private final Path path;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment pages;
    private long position;

    /// @param path of a file that takes no room on the disk
    Ballast(Path path) throws IOException {
        this.path = path;
        var sizeBytes = Machine.memoryKib("MemTotal") << 10;
        try (var file =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.allocate(1), sizeBytes - 1);
            this.pages = file.map(FileChannel.MapMode.READ_ONLY, 0, sizeBytes, arena);
        }
    }

    /// Reads until hardly any memory is free. It goes on where it stopped: what lies there was in memory longest ago.
    void fill() throws IOException {
        var sum = 0;
        for (long read = 0; read < pages.byteSize() && Machine.memoryKib("MemFree") > LITTLE_KIB; read += PIECE_BYTES) {
            var end = Math.min(position + PIECE_BYTES, pages.byteSize());
            for (var page = position; page < end; page += PAGE_BYTES) {
                sum += pages.get(ValueLayout.JAVA_BYTE, page);
            }
            position = end < pages.byteSize() ? end : 0;
        }
        if (sum != 0) {
            throw new IOException(path + " has something in it besides holes");
        }
    }

    @Override
    public void close() throws IOException {
        arena.close();
        Files.deleteIfExists(path);
    }
}
