package io.moldau.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// Memory that is given back to the kernel at the pace at which a broker fills the page cache.
///
/// Many virtual machines hand free memory back to their host within seconds. The first write to such a page then
/// costs a fault in the host, which the broker's system time shows: writing a file was seen to run at 430 MB/s into
/// such memory and at 5,900 MB/s into memory just freed. Which of the two a case meets would be chance, and more than
/// the difference between two brokers. Where memory is its machine's own, this does no harm.
final class Ballast implements AutoCloseable {
    private static final int PIECE_BYTES = 16 << 20;
    private static final int AHEAD = 6;
    private static final Path MEMORY = Path.of("/dev/shm");

    private final ArrayDeque<Path> pieces = new ArrayDeque<>();
    private final ExecutorService releasing =
            Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());
    private long released;

    /// Takes memory up to `bytes` in all; does nothing where there is no file system in memory.
    void fill(long bytes) throws IOException {
        released = 0;
        if (!Files.isWritable(MEMORY)) {
            return;
        }
        var chunk = ByteBuffer.allocateDirect(1 << 20);
        while ((long) pieces.size() * PIECE_BYTES < bytes) {
            var path = Files.createTempFile(MEMORY, "moldau-bench", ".ballast");
            pieces.add(path);
            try (var file = FileChannel.open(path, StandardOpenOption.WRITE)) {
                for (int written = 0; written < PIECE_BYTES; written += chunk.capacity()) {
                    file.write(chunk.clear());
                }
            }
        }
        for (int i = 0; i < AHEAD; i++) {
            drop();
        }
    }

    /// The broker has written this much since [#fill].
    void written(long bytes) {
        while (bytes - released >= PIECE_BYTES) {
            released += PIECE_BYTES;
            releasing.execute(this::dropQuietly);
        }
    }

    private void dropQuietly() {
        try {
            drop();
        } catch (IOException gone) {
            throw new java.io.UncheckedIOException(gone);
        }
    }

    private synchronized void drop() throws IOException {
        var path = pieces.poll();
        if (path != null) {
            Files.delete(path);
        }
    }

    @Override
    public void close() throws IOException {
        releasing.close();
        while (!pieces.isEmpty()) {
            drop();
        }
    }
}
