package io.moldau.storage;

import io.moldau.environment.Environment;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/// Has the system write the segments of a directory to the disk soon after bytes were appended, a little at a time: a
/// checkpoint, which has to wait for them, finds few left then, and a sync of the journal stands behind few of them
/// (decision 38). Nobody waits for it, and nothing rests on it.
final class WriteBehind {
    private static final int LEAST_OF_LOG_BYTES = 256 << 10;
    private static final int LEAST_BYTES = 1 << 20;

    private record Piece(Path file, long from, int bytes) {}

    /// How far that is in one log. Used under the log's monitor.
    final class Progress {
        private long baseOffset = -1;
        private int begun;

        /// The segment is about to be written to.
        void grows(Segment segment) {
            int size = segment.sizeBytes();
            if (segment.baseOffset() != baseOffset || size < begun) {
                baseOffset = segment.baseOffset();
                begun = size;
            }
            if (size - begun >= LEAST_OF_LOG_BYTES) {
                add(new Piece(segment.path(".log"), begun, size - begun));
                begun = size;
            }
        }
    }

    private final Environment environment;
    private final ConcurrentLinkedQueue<Piece> due = new ConcurrentLinkedQueue<>();
    private final AtomicLong dueBytes = new AtomicLong();
    private final AtomicBoolean running = new AtomicBoolean();

    WriteBehind(Environment environment) {
        this.environment = environment;
    }

    Progress progress() {
        return new Progress();
    }

    private void add(Piece piece) {
        due.add(piece);
        if (dueBytes.addAndGet(piece.bytes) >= LEAST_BYTES && running.compareAndSet(false, true)) {
            environment.threads().blocking().execute(this::run);
        }
    }

    /// All that is due: waking a thread for each piece would cost as much as writing it.
    private void run() {
        try {
            for (var piece = due.poll(); piece != null; piece = due.poll()) {
                dueBytes.addAndGet(-piece.bytes);
                environment.disk().writeBack(piece.file, piece.from, piece.bytes);
            }
        } finally {
            running.set(false);
        }
    }
}
