package io.moldau.environment;

import java.util.Collection;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/// Where threads come from.
public interface Threads {
    /// Starts a named daemon platform thread.
    Thread start(String name, Runnable body);

    /// Runs tasks that may block (file reads, slow clean-up), a bounded number at once; not for the data path.
    Executor blocking();

    /// Runs tasks that read files for somebody who waits, a bounded number at once, beside [#blocking].
    default Executor reading() {
        return blocking();
    }

    /// A thread of its own for work that blocks all the time (a flusher): its tasks run one at a time, in order.
    /// The thread starts with the first task and ends when closed.
    default Dedicated dedicated(String name) {
        return new DedicatedThread(this, name);
    }

    /// Does `work` for all of `many`, up to `width` at once, and returns when all is done: for many small waits for the
    /// disk, which takes them side by side. `work` must not throw.
    default <T> void each(int width, Collection<T> many, Consumer<T> work) {
        var left = new ConcurrentLinkedQueue<>(many);
        Runnable worker = () -> {
            for (var next = left.poll(); next != null; next = left.poll()) {
                work.accept(next);
            }
        };
        var others = new Thread[Math.min(width, many.size() / 8)];
        for (int i = 0; i < others.length; i++) {
            others[i] = start("moldau-each-" + i, worker);
        }
        worker.run();
        for (var other : others) {
            try {
                other.join();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while waiting for the disk", interrupted);
            }
        }
    }

    /// See [#dedicated].
    interface Dedicated extends Executor, AutoCloseable {
        /// Ends the thread after the tasks already given to it.
        @Override
        void close();
    }
}
