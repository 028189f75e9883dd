package io.moldau.storage;

import io.moldau.environment.Environment;
import java.nio.file.Path;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// Has the system write the segments of a directory to the disk soon after bytes were appended, a little at a time: a
/// checkpoint, which has to wait for them, finds few left then, and a sync of the journal stands behind few of them
/// (decision 38). Nobody waits for it, and nothing rests on it.
final class WriteBehind {
    private static final int LEAST_OF_LOG_BYTES = 256 << 10;
    private static final int LEAST_BYTES = 1 << 20;

    /// Of one segment. It grows until its turn comes, so there is one of each segment at the most, however slow the
    /// disk is.
    private static final class Stretch {
        final Path file;
        final long baseOffset;
        final int from;
        int bytes;
        boolean begun;

        Stretch(Path file, long baseOffset, int from) {
            this.file = file;
            this.baseOffset = baseOffset;
            this.from = from;
        }
    }

    /// How far that is in one log. Used under the log's monitor.
    final class Progress {
        private long baseOffset = -1;
        private int begun;
        private @Nullable Stretch last;

        /// The segment is about to be written to.
        void grows(Segment segment) {
            int size = segment.sizeBytes();
            if (segment.baseOffset() != baseOffset || size < begun) {
                baseOffset = segment.baseOffset();
                begun = size;
            }
            if (size - begun >= LEAST_OF_LOG_BYTES) {
                last = add(last, segment, begun, size - begun);
                begun = size;
            }
        }
    }

    private final Environment environment;
    // Guarded by this.
    private final ArrayDeque<Stretch> due = new ArrayDeque<>();
    private long dueBytes;
    private boolean running;

    WriteBehind(Environment environment) {
        this.environment = environment;
    }

    Progress progress() {
        return new Progress();
    }

    /// What they are part of now.
    private Stretch add(@Nullable Stretch last, Segment segment, int from, int bytes) {
        Stretch stretch;
        boolean start;
        synchronized (this) {
            if (last != null
                    && !last.begun
                    && last.baseOffset == segment.baseOffset()
                    && last.from + last.bytes == from) {
                stretch = last;
            } else {
                stretch = new Stretch(segment.path(".log"), segment.baseOffset(), from);
                due.add(stretch);
            }
            stretch.bytes += bytes;
            dueBytes += bytes;
            start = !running && dueBytes >= LEAST_BYTES;
            running |= start;
        }
        if (start) {
            environment.threads().blocking().execute(this::run);
        }
        return stretch;
    }

    /// All that is due: waking a thread for each piece would cost as much as writing it.
    private void run() {
        for (var stretch = next(); stretch != null; stretch = next()) {
            environment.disk().writeBack(stretch.file, stretch.from, stretch.bytes);
        }
    }

    private synchronized @Nullable Stretch next() {
        var stretch = due.poll();
        if (stretch == null) {
            running = false;
        } else {
            stretch.begun = true;
            dueBytes -= stretch.bytes;
        }
        return stretch;
    }
}
