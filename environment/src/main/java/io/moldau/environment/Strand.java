package io.moldau.environment;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

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
    private final ConcurrentLinkedQueue<Runnable> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger pending = new AtomicInteger();

    /// Runs `task` now if the strand is idle, else after what was offered before it.
    public void execute(Runnable task) {
        if (pending.get() == 0 && pending.compareAndSet(0, 1)) {
            run(task);
            if (pending.decrementAndGet() == 0) {
                return;
            }
        } else {
            queue.add(task);
            if (pending.getAndIncrement() != 0) {
                return;
            }
        }
        do {
            Runnable next;
            while ((next = queue.poll()) == null) {
                Thread.onSpinWait();
            }
            run(next);
        } while (pending.decrementAndGet() != 0);
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
