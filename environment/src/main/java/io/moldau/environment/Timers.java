package io.moldau.environment;

/// Runs things later. A task runs on the timer's own thread (in a simulation: on the one thread)
/// and must not block: it posts to the [Strand] that owns the state it wants to change.
public interface Timers {
    /// Runs `task` once after `delayMs` milliseconds (0 or less: as soon as possible).
    Timer schedule(long delayMs, Runnable task);

    /// A task that was scheduled.
    interface Timer {
        /// Takes the task back. True if it had not started.
        boolean cancel();
    }
}
