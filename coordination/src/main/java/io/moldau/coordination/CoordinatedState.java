package io.moldau.coordination;

import io.moldau.protocol.ErrorCode;

/// The state that a [Coordinator] keeps. Only replaying changes what is replicated, live and on recovery alike.
public interface CoordinatedState {
    /// One record of the log, in the log's order.
    void replay(Entry entry);

    /// One record of a transaction that has not ended, in the log's order.
    default void replayPending(long producerId, Entry entry) {
        throw new IllegalStateException("a record of producer " + producerId + "'s transaction");
    }

    /// A producer's transaction ended, whether or not it has records here.
    default void replayEnd(long producerId, boolean commit) {}

    /// Everything was replayed and the state goes live: timers may be started.
    default void loaded(Schedule schedule, Effects effects) {}

    /// The state is thrown away, because its partition left or it is loaded again: whoever waits in it is told.
    default void discarded(ErrorCode error) {}

    /// Operations that run later, on the coordinator's strand.
    interface Schedule {
        /// Runs `operation` in `delayMs`, instead of what was scheduled under the same name before.
        void after(String name, long delayMs, java.util.function.Consumer<Effects> operation);

        void cancel(String name);

        /// Milliseconds since the epoch.
        long nowMs();
    }
}
