package io.moldau.environment;

import java.util.concurrent.Executor;

/// Where threads come from.
public interface Threads {
    /// Starts a named daemon platform thread.
    Thread start(String name, Runnable body);

    /// Runs tasks that may block (file reads, slow clean-up), a bounded number at once; not for the data path.
    Executor blocking();

    /// A thread of its own for work that blocks all the time (a flusher): its tasks run one at a time, in order.
    /// The thread starts with the first task and ends when closed.
    default Dedicated dedicated(String name) {
        return new DedicatedThread(this, name);
    }

    /// See [#dedicated].
    interface Dedicated extends Executor, AutoCloseable {
        /// Ends the thread after the tasks already given to it.
        @Override
        void close();
    }
}
