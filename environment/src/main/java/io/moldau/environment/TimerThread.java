package io.moldau.environment;

import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Timers behind one thread, which starts with the first of them.
///
/// It is woken for a task that is due before it would wake anyhow, and for no other. Most timers are taken back before
/// their time (the longest wait of a fetch, say), and each new one is the first of all when the one before is gone: the
/// JDK's executor wakes its thread for every one of these (decision 42).
final class TimerThread implements Timers {
    private static final long MOST_MS = TimeUnit.DAYS.toMillis(100 * 365);

    private final class Task implements Timer, Comparable<Task> {
        private final long dueNanos;
        private final long number;
        private final Runnable work;

        Task(long dueNanos, long number, Runnable work) {
            this.dueNanos = dueNanos;
            this.number = number;
            this.work = work;
        }

        @Override
        public boolean cancel() {
            lock.lock();
            try {
                return waiting.remove(this);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public int compareTo(Task other) {
            long difference = dueNanos - other.dueNanos;
            return difference != 0 ? Long.signum(difference) : Long.compare(number, other.number);
        }
    }

    private final String name;
    private final Clock clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition earlier = lock.newCondition();
    // Guarded by the lock.
    private final TreeSet<Task> waiting = new TreeSet<>();
    private long numbers;
    private boolean started;
    /// The thread sleeps, until `wakesNanos` or, with nothing to do, until it is told.
    private boolean asleep;
    private boolean hasAlarm;
    private long wakesNanos;

    TimerThread(String name, Clock clock) {
        this.name = name;
        this.clock = clock;
    }

    @Override
    public Timer schedule(long delayMs, Runnable task) {
        long delay = Math.max(0, Math.min(delayMs, MOST_MS)) * 1_000_000;
        long due = clock.nanos() + delay;
        lock.lock();
        try {
            var added = new Task(due, numbers++, task);
            waiting.add(added);
            if (!started) {
                started = true;
                Thread.ofPlatform().name(name).daemon(true).start(this::run);
            } else if (asleep && (!hasAlarm || due - wakesNanos < 0)) {
                asleep = false;
                earlier.signal();
            }
            return added;
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        try {
            while (true) {
                var task = next();
                try {
                    task.work.run();
                } catch (Throwable failure) {
                    var thread = Thread.currentThread();
                    thread.getUncaughtExceptionHandler().uncaughtException(thread, failure);
                }
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    /// Waits until one is due.
    private Task next() throws InterruptedException {
        lock.lock();
        try {
            while (true) {
                var first = first();
                long now = clock.nanos();
                if (first != null && first.dueNanos - now <= 0) {
                    waiting.remove(first);
                    return first;
                }
                asleep = true;
                hasAlarm = first != null;
                if (first == null) {
                    earlier.await();
                } else {
                    wakesNanos = first.dueNanos;
                    earlier.awaitNanos(first.dueNanos - now);
                }
                asleep = false;
            }
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Task first() {
        return waiting.isEmpty() ? null : waiting.first();
    }
}
