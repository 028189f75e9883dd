package io.moldau.environment;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/// Owner of a piece of state: everything executed on a strand runs one at a time, in the order in which it was
/// offered, each run seeing all the earlier ones' writes.
///
/// A strand has no thread of its own. Whoever offers work to an idle strand runs it at once, on its own thread:
/// the common case costs one compare-and-set and no hand-over. Whoever offers work to a busy strand leaves it
/// with the thread that is inside. Nobody ever waits.
///
/// Tasks must not block. A task that throws ends neither the strand nor the later tasks; the failure goes to the
/// thread's handler of uncaught exceptions.
public final class Strand {
    private static final int SPINS = 100;

    private final ConcurrentLinkedQueue<Runnable> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger pending = new AtomicInteger();

    /// Runs `task` now if the strand is idle, else after what was offered before it.
    ///
    /// A task is counted before it is queued. The other way round:
    /// 1. A queues a task without having counted it;
    /// 2. the thread inside takes it for one of B's, which was counted, and leaves with the count at zero;
    /// 3. B finds the strand idle and runs its next task while its earlier one still stands in the queue.
    public void execute(Runnable task) {
        if (pending.getAndIncrement() != 0) {
            queue.add(task);
            return;
        }
        run(task);
        while (pending.decrementAndGet() != 0) {
            run(next());
        }
    }

    /// The next task was counted, so it is in the queue, or about to be.
    private Runnable next() {
        int spins = 0;
        while (true) {
            var next = queue.poll();
            if (next != null) {
                return next;
            }
            if (++spins < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(1_000);
            }
        }
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (Throwable failure) {
            var thread = Thread.currentThread();
            thread.getUncaughtExceptionHandler().uncaughtException(thread, failure);
        }
    }
}
