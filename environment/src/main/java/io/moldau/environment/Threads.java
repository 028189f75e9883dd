package io.moldau.environment;

import java.util.concurrent.Executor;

/// Where threads come from.
public interface Threads {
    /// Starts a named daemon platform thread.
    Thread start(String name, Runnable body);

    /// Runs tasks that may block (file reads, slow clean-up), a bounded number at once; not for the data path.
    Executor blocking();
}
