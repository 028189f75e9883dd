package io.moldau.storage;

import io.moldau.environment.Environment;
import io.moldau.environment.Threads;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Compacts the logs of a node whose topics say so, the one that needs it most first.
///
/// Works on threads of its own, in small steps, at a bounded rate; never on a strand.
public final class Cleaner implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Cleaner.class);
    private static final long SAY_EVERY_NANOS = 60_000_000_000L;

    private final Environment environment;
    private final Supplier<? extends Collection<PartitionLog>> logs;
    private final Supplier<CleanerSettings> settings;
    private final BiConsumer<PartitionId, String> told;
    private final CleanerThrottle throttle;
    private final List<Worker> workers = new ArrayList<>();
    private volatile boolean closed;

    /// @param logs asked again and again
    /// @param settings may change while it runs
    /// @param told what was done to which log, or why not; must not block
    public Cleaner(
            Environment environment,
            Supplier<? extends Collection<PartitionLog>> logs,
            Supplier<CleanerSettings> settings,
            BiConsumer<PartitionId, String> told) {
        this.environment = environment;
        this.logs = logs;
        this.settings = settings;
        this.told = told;
        this.throttle = new CleanerThrottle(environment.clock());
    }

    public void start() {
        environment.timers().schedule(settings.get().backoffMs(), this::look);
    }

    private void look() {
        if (closed) {
            return;
        }
        var now = settings.get();
        boolean wanted = false;
        for (var log : logs.get()) {
            wanted |= log.settings().cleanupCompact();
        }
        synchronized (this) {
            while (workers.size() < now.threads() && wanted) {
                workers.add(new Worker(workers.size()));
            }
            workers.forEach(Worker::wake);
        }
        environment.timers().schedule(now.backoffMs(), this::look);
    }

    /// Waits for the steps under way; what they began is taken back.
    @Override
    public void close() {
        closed = true;
        List<Worker> all;
        synchronized (this) {
            all = List.copyOf(workers);
        }
        all.forEach(Worker::close);
    }

    private final class Worker {
        private final int number;
        private final Threads.Dedicated thread;
        private final ReentrantLock stepping = new ReentrantLock();
        private @Nullable CompactionPass pass;
        private long saidNanos;
        private boolean ended;
        private final AtomicBoolean awake = new AtomicBoolean();

        Worker(int number) {
            this.number = number;
            this.thread = environment.threads().dedicated("moldau-cleaner-" + number);
        }

        void wake() {
            if (awake.compareAndSet(false, true)) {
                thread.execute(this::work);
            }
        }

        private void work() {
            stepping.lock();
            try {
                if (ended) {
                    return;
                }
                var current = pass;
                if (current == null && number < settings.get().threads()) {
                    current = next();
                    pass = current;
                    saidNanos = environment.clock().nanos();
                }
                if (current == null) {
                    awake.set(false);
                    return;
                }
                goOn(step(current));
            } finally {
                stepping.unlock();
            }
        }

        private void goOn(long delayMs) {
            if (delayMs <= 0) {
                thread.execute(this::work);
            } else {
                environment.timers().schedule(delayMs, () -> thread.execute(this::work));
            }
        }

        /// How long to pause then.
        private long step(CompactionPass current) {
            try {
                int bytes = current.step();
                if (current.isDone()) {
                    LOG.info("{}", current.summary());
                    told.accept(current.log().id(), current.summary());
                    release(current);
                } else {
                    sayProgress(current.log());
                }
                return throttle.delayMs(bytes, settings.get().ioMaxBytesPerSecond());
            } catch (IOException failed) {
                giveUp(current, failed, false);
            } catch (RuntimeException failed) {
                giveUp(current, failed, true);
            }
            return settings.get().backoffMs();
        }

        /// A long pass is heard of while it goes on.
        private void sayProgress(PartitionLog log) {
            long now = environment.clock().nanos();
            if (now - saidNanos >= SAY_EVERY_NANOS) {
                saidNanos = now;
                log.compactionUnderWay().ifPresent(progress -> LOG.info("compacting {}: {}", log.id(), progress));
            }
        }

        private void giveUp(CompactionPass current, Exception failed, boolean hopeless) {
            abandon(current);
            release(current);
            var log = current.log();
            if (log.isDeleted()) {
                return;
            }
            log.compaction().failed(String.valueOf(failed.getMessage()), hopeless);
            var text = "compacting " + log.id() + " failed"
                    + (hopeless ? ", and is not tried again before a restart" : "; it is tried again") + ": " + failed;
            LOG.warn("{}", text);
            told.accept(log.id(), text);
        }

        private void abandon(CompactionPass current) {
            try {
                current.abandon();
            } catch (IOException left) {
                LOG.debug("a file of an abandoned compaction is left until the next start", left);
            }
        }

        private void release(CompactionPass current) {
            current.log().compaction().end();
            pass = null;
        }

        void close() {
            stepping.lock();
            try {
                ended = true;
                var current = pass;
                if (current != null) {
                    abandon(current);
                    release(current);
                }
            } finally {
                stepping.unlock();
            }
            thread.close();
        }
    }

    /// A pass over the log that is the dirtiest, those overdue first; null if none is worth it.
    private @Nullable CompactionPass next() {
        long now = environment.clock().wallMs();
        @Nullable PartitionLog best = null;
        @Nullable CompactionPlan bestPlan = null;
        for (var log : logs.get()) {
            if (!log.settings().cleanupCompact() || log.directory().failure().isPresent()) {
                continue;
            }
            var plan = planFor(log, now);
            if (plan != null && (bestPlan == null || urgency(plan) > urgency(bestPlan))) {
                if (!log.compaction().begin()) {
                    continue;
                }
                if (best != null) {
                    best.compaction().end();
                }
                best = log;
                bestPlan = plan;
            }
        }
        return best == null || bestPlan == null ? null : new CompactionPass(best, bestPlan, settings.get(), now);
    }

    private static double urgency(CompactionPlan plan) {
        return plan.dirtyRatio() + (plan.overdue() ? 1 : 0);
    }

    private static @Nullable CompactionPlan planFor(PartitionLog log, long now) {
        try {
            return log.compaction().due(now).orElse(null);
        } catch (IOException failed) {
            if (!log.isDeleted()) {
                log.compaction().failed(String.valueOf(failed.getMessage()), false);
                LOG.warn("looking whether {} needs compaction: {}", log.id(), failed.toString());
            }
            return null;
        }
    }
}
