package io.moldau.storage;

import io.moldau.environment.Environment;
import java.util.concurrent.atomic.AtomicBoolean;

/// Has the system write a segment's bytes to the disk soon after they were appended, a little at a time: a checkpoint,
/// which has to wait for them, finds few left then, and a sync of the journal stands behind few of them (decision 38).
/// Nobody waits for it, and nothing rests on it.
///
/// Used under the log's monitor.
final class WriteBehind {
    private static final int LEAST_BYTES = 256 << 10;

    private final Environment environment;
    private final AtomicBoolean busy = new AtomicBoolean();
    private long baseOffset = -1;
    private int begun;

    WriteBehind(Environment environment) {
        this.environment = environment;
    }

    /// The segment is about to be written to.
    void grows(Segment segment) {
        int size = segment.sizeBytes();
        if (segment.baseOffset() != baseOffset || size < begun) {
            baseOffset = segment.baseOffset();
            begun = size;
        }
        int bytes = size - begun;
        if (bytes >= LEAST_BYTES && busy.compareAndSet(false, true)) {
            long from = begun;
            begun = size;
            var file = segment.path(".log");
            environment.threads().blocking().execute(() -> {
                try {
                    environment.disk().writeBack(file, from, bytes);
                } finally {
                    busy.set(false);
                }
            });
        }
    }
}
