package io.moldau.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// What the disk itself takes: one file, written from front to back, synced every 4 MiB.
final class DiskFloor {
    private static final int CHUNK_BYTES = 4 << 20;
    private static final int CHUNKS = 384;

    private DiskFloor() {}

    static double megabytesPerSecond(Path folder) throws IOException {
        Files.createDirectories(folder);
        var path = folder.resolve("floor");
        var chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
        try (var file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            long started = System.nanoTime();
            for (int i = 0; i < CHUNKS; i++) {
                chunk.clear();
                while (chunk.hasRemaining()) {
                    file.write(chunk);
                }
                file.force(false);
            }
            return (double) CHUNK_BYTES * CHUNKS / 1e6 / ((System.nanoTime() - started) / 1e9);
        } finally {
            Files.deleteIfExists(path);
        }
    }
}
