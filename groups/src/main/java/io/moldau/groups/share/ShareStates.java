package io.moldau.groups.share;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import java.util.List;
import java.util.function.Consumer;

/// What share groups need of the world: settings, and the states of their partitions, which are kept elsewhere. Each
/// answer comes once, on any thread.
public interface ShareStates {
    ShareGroupSettings settings(String group);

    /// One partition, and where reading begins: -1 lets the first reader decide.
    record Start(Uuid topic, int partition, long offset) {}

    /// Makes states for those of these partitions that have none.
    void ensure(String group, int stateEpoch, List<Start> starts, Consumer<ErrorCode> done);

    /// Sets where reading begins, and forgets what was done: an error for each partition, in their order.
    void reset(String group, int stateEpoch, List<Start> starts, Consumer<List<ErrorCode>> done);

    record Part(Uuid topic, int partition) {}

    /// Deletes the states of these partitions; it is no error if there is none.
    void delete(String group, List<Part> parts, Consumer<ErrorCode> done);

    /// Nothing is kept: for rooms that are tested without share states.
    ShareStates NONE = new ShareStates() {
        @Override
        public ShareGroupSettings settings(String group) {
            return ShareGroupSettings.DEFAULTS;
        }

        @Override
        public void ensure(String group, int stateEpoch, List<Start> starts, Consumer<ErrorCode> done) {
            done.accept(ErrorCode.NONE);
        }

        @Override
        public void reset(String group, int stateEpoch, List<Start> starts, Consumer<List<ErrorCode>> done) {
            done.accept(starts.stream().map(start -> ErrorCode.NONE).toList());
        }

        @Override
        public void delete(String group, List<Part> parts, Consumer<ErrorCode> done) {
            done.accept(ErrorCode.NONE);
        }
    };
}
