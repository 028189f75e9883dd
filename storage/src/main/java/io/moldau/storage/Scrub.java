package io.moldau.storage;

import io.moldau.environment.Environment;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads the closed segments of all logs again and again, slowly, and verifies their checksums: what a disk forgot is
/// found while a copy may still be had. Changes nothing.
public final class Scrub implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Scrub.class);
    private static final int STEP_BYTES = 1 << 20;
    /// Between two steps: at most 20 MiB a second.
    private static final long PAUSE_MS = 50;

    /// What a pass found.
    public record Report(int segments, long bytes, int damaged) {}

    private record Closed(PartitionLog log, Segment segment) {}

    private final Environment environment;
    private final Supplier<? extends Collection<PartitionLog>> logs;
    private final long intervalMs;
    private final ArrayDeque<PartitionLog> waiting = new ArrayDeque<>();
    private final ArrayDeque<Closed> ahead = new ArrayDeque<>();
    private @Nullable Closed current;
    private @Nullable SegmentScan scan;
    private int segments;
    private long bytes;
    private int damaged;
    private volatile Report last = new Report(0, 0, 0);
    private volatile boolean closed;

    /// @param logs asked at the start of each pass
    public Scrub(Environment environment, Supplier<? extends Collection<PartitionLog>> logs, long intervalMs) {
        this.environment = environment;
        this.logs = logs;
        this.intervalMs = intervalMs;
    }

    public void start() {
        later(intervalMs);
    }

    /// What the last whole pass found.
    public Report last() {
        return last;
    }

    private void later(long delayMs) {
        if (!closed) {
            environment
                    .timers()
                    .schedule(delayMs, () -> environment.threads().blocking().execute(this::step));
        }
    }

    private void step() {
        if (closed) {
            return;
        }
        if (scan == null && ahead.isEmpty() && waiting.isEmpty()) {
            waiting.addAll(logs.get());
            segments = 0;
            bytes = 0;
            damaged = 0;
        }
        try {
            work();
        } catch (IOException | RuntimeException gone) {
            // A segment that retention took, or a log that was deleted, in the meantime; a disk that fails says so
            // elsewhere too.
            LOG.debug("verifying a segment", gone);
            scan = null;
        }
        if (scan == null && ahead.isEmpty() && waiting.isEmpty()) {
            last = new Report(segments, bytes, damaged);
            LOG.info("Verified {} closed segments, {} bytes: {} are damaged", segments, bytes, damaged);
            later(intervalMs);
        } else {
            later(PAUSE_MS);
        }
    }

    private void work() throws IOException {
        long budget = STEP_BYTES;
        while (budget > 0) {
            var reading = scan;
            var at = current;
            if (reading == null || at == null) {
                if (!next()) {
                    return;
                }
                continue;
            }
            var batch = reading.next();
            if (batch == null || !batch.checkCrc()) {
                long position = batch == null ? reading.position() : reading.position() - batch.sizeBytes();
                if (position < at.segment.sizeBytes()) {
                    damaged++;
                    LOG.error(
                            "The segment {} is damaged at position {}: restore it from a copy, or delete its records",
                            at.segment.path(".log"),
                            position);
                }
                scan = null;
            } else {
                budget -= batch.sizeBytes();
                bytes += batch.sizeBytes();
            }
        }
    }

    private boolean next() throws IOException {
        while (ahead.isEmpty()) {
            var log = waiting.poll();
            if (log == null) {
                return false;
            }
            if (!log.isDeleted() && log.hasClosedSegments()) {
                var all = log.segments();
                all.subList(0, all.size() - 1).forEach(segment -> ahead.add(new Closed(log, segment)));
            }
        }
        var chosen = ahead.removeFirst();
        current = chosen;
        segments++;
        scan = new SegmentScan(chosen.segment.file(), 0, chosen.segment.sizeBytes());
        return true;
    }

    @Override
    public void close() {
        closed = true;
    }
}
