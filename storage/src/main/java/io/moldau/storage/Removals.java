package io.moldau.storage;

import io.moldau.environment.Environment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.PriorityQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Files that go later, behind one timer for all of them. A removal that failed is tried again; what is left at the end
/// is removed at the next start.
final class Removals {
    private static final Logger LOG = LoggerFactory.getLogger(Removals.class);

    private static final long AGAIN_MS = 60_000;

    interface Removal {
        void run() throws IOException;
    }

    private record Due(long nanos, Removal removal) {}

    private final Environment environment;
    private final Path path;
    private final PriorityQueue<Due> queue = new PriorityQueue<>((a, b) -> Long.signum(a.nanos - b.nanos));
    private boolean armed;
    private long armedNanos;

    Removals(Environment environment, Path path) {
        this.environment = environment;
        this.path = path;
    }

    synchronized void later(long delayMs, Removal removal) {
        var due = new Due(environment.clock().nanos() + delayMs * 1_000_000, removal);
        queue.add(due);
        if (!armed || due.nanos - armedNanos < 0) {
            arm(delayMs);
            armedNanos = due.nanos;
        }
    }

    private void arm(long delayMs) {
        armed = true;
        environment
                .timers()
                .schedule(delayMs, () -> environment.threads().blocking().execute(this::run));
    }

    private void run() {
        var ready = new ArrayList<Removal>();
        synchronized (this) {
            long now = environment.clock().nanos();
            while (!queue.isEmpty() && queue.peek().nanos - now <= 0) {
                ready.add(queue.poll().removal);
            }
            armed = !queue.isEmpty();
            if (armed) {
                armedNanos = queue.peek().nanos;
                arm((armedNanos - now) / 1_000_000 + 1);
            }
        }
        ready.forEach(this::tryNow);
    }

    /// Runs it on this thread, which may wait for the disk.
    void tryNow(Removal removal) {
        try {
            removal.run();
        } catch (IOException failed) {
            LOG.warn("Removing old files in {} failed, to be tried again in a minute: {}", path, failed.toString());
            later(AGAIN_MS, removal);
        }
    }
}
