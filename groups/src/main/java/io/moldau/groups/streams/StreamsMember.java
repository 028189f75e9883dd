package io.moldau.groups.streams;

import io.moldau.groups.streams.Tasks.Task;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/// One member, which is a thread of an application's process, as its records say.
///
/// @param epoch the assignment it has; 0 while it joins
/// @param assigned what it may work on
/// @param revoking what it must give up before it gets more
record StreamsMember(
        String id,
        @Nullable String rackId,
        String clientId,
        String clientHost,
        int rebalanceTimeoutMs,
        int topologyEpoch,
        String processId,
        Optional<Endpoint> endpoint,
        SortedMap<String, String> tags,
        int epoch,
        int previousEpoch,
        State state,
        Tasks assigned,
        Tasks revoking) {
    /// Where interactive queries are answered.
    record Endpoint(String host, int port) {}

    /// The part a member plays in a task.
    enum Part {
        ACTIVE,
        STANDBY,
        WARMUP
    }

    /// How far the member is on its way to its target (the codes stand in its record).
    enum State {
        STABLE(1),
        UNREVOKED_TASKS(2),
        UNRELEASED_TASKS(3),
        UNKNOWN(127);

        private final byte code;

        State(int code) {
            this.code = (byte) code;
        }

        byte code() {
            return code;
        }

        static State of(byte code) {
            for (var state : values()) {
                if (state.code == code) {
                    return state;
                }
            }
            return UNKNOWN;
        }
    }

    static StreamsMember unknown(String id) {
        return new StreamsMember(
                id,
                null,
                "",
                "",
                -1,
                -1,
                "",
                Optional.empty(),
                new TreeMap<>(Map.of()),
                0,
                -1,
                State.STABLE,
                Tasks.NONE,
                Tasks.NONE);
    }

    StreamsMember with(int newEpoch, int newPrevious, State newState, Tasks newAssigned, Tasks newRevoking) {
        return new StreamsMember(
                id,
                rackId,
                clientId,
                clientHost,
                rebalanceTimeoutMs,
                topologyEpoch,
                processId,
                endpoint,
                tags,
                newEpoch,
                newPrevious,
                newState,
                newAssigned,
                newRevoking);
    }

    /// The next step towards `target`: give up first, then take what is free.
    ///
    /// @param owned what the client says it works on, if it says
    StreamsMember towards(int targetEpoch, Tasks target, Optional<Tasks> owned, BiPredicate<Part, Task> isFree) {
        if (state == State.UNREVOKED_TASKS) {
            if (owned.isEmpty() || owned.get().touches(revoking)) {
                return this;
            }
        } else if (epoch == targetEpoch && state == State.STABLE) {
            return this;
        }
        var kept = assigned.and(target);
        var toRevoke = assigned.without(target);
        if (!toRevoke.isEmpty() && (owned.isEmpty() || owned.get().touches(toRevoke))) {
            return with(epoch, previousEpoch, State.UNREVOKED_TASKS, kept, toRevoke);
        }
        var missing = target.without(kept);
        var free = new Tasks(
                Tasks.where(missing.active(), task -> isFree.test(Part.ACTIVE, task)),
                Tasks.where(missing.standby(), task -> isFree.test(Part.STANDBY, task)),
                Tasks.where(missing.warmup(), task -> isFree.test(Part.WARMUP, task)));
        var next = free.equals(missing) ? State.STABLE : State.UNRELEASED_TASKS;
        int before = epoch == targetEpoch ? previousEpoch : epoch;
        return with(targetEpoch, before, next, kept.plus(free), Tasks.NONE);
    }
}
