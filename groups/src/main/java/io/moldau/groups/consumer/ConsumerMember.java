package io.moldau.groups.consumer;

import io.moldau.protocol.Uuid;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/// One member, as its records say.
///
/// @param epoch the assignment it has; 0 while it joins, -2 while a static member is away
/// @param assigned what it may read
/// @param revoking what it must give up before it gets more
/// @param classic what it says as a member of the classic protocol; null if it speaks the consumer protocol
record ConsumerMember(
        String id,
        @Nullable String instanceId,
        @Nullable String rackId,
        String clientId,
        String clientHost,
        List<String> topics,
        @Nullable String regex,
        int rebalanceTimeoutMs,
        @Nullable String serverAssignor,
        int epoch,
        int previousEpoch,
        State state,
        PartitionSet assigned,
        PartitionSet revoking,
        @Nullable ClassicPart classic) {
    static final int LEFT_FOR_A_WHILE = -2;

    /// How far the member is on its way to its target (the codes stand in its record).
    enum State {
        STABLE(0),
        UNREVOKED_PARTITIONS(1),
        UNRELEASED_PARTITIONS(2),
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

    static ConsumerMember unknown(String id) {
        return new ConsumerMember(
                id,
                null,
                null,
                "",
                "",
                List.of(),
                null,
                -1,
                null,
                0,
                -1,
                State.STABLE,
                PartitionSet.NONE,
                PartitionSet.NONE,
                null);
    }

    boolean isClassic() {
        return classic != null;
    }

    Optional<String> instance() {
        return Optional.ofNullable(instanceId);
    }

    ConsumerMember withAssignment(
            int newEpoch, int newPreviousEpoch, State newState, PartitionSet newAssigned, PartitionSet newRevoking) {
        return new ConsumerMember(
                id,
                instanceId,
                rackId,
                clientId,
                clientHost,
                topics,
                regex,
                rebalanceTimeoutMs,
                serverAssignor,
                newEpoch,
                newPreviousEpoch,
                newState,
                newAssigned,
                newRevoking,
                classic);
    }

    /// The same place in the group under another id: a static member that came back.
    ConsumerMember withId(String newId) {
        return new ConsumerMember(
                newId,
                instanceId,
                rackId,
                clientId,
                clientHost,
                topics,
                regex,
                rebalanceTimeoutMs,
                serverAssignor,
                epoch,
                previousEpoch,
                state,
                assigned,
                revoking,
                classic);
    }

    /// The next step towards `target`: give up first, then take what is free.
    ///
    /// @param targetEpoch the epoch of the target
    /// @param owned what the client says it reads, if it says
    /// @param isFree whether no other member has a partition
    ConsumerMember towards(
            int targetEpoch, PartitionSet target, Optional<PartitionSet> owned, BiPredicate<Uuid, Integer> isFree) {
        if (state == State.UNREVOKED_PARTITIONS) {
            boolean stillOwned = owned.isEmpty() || owned.get().touches(revoking);
            if (stillOwned) {
                return this;
            }
        } else if (epoch == targetEpoch && state == State.STABLE && target.hasAll(assigned)) {
            return this;
        }
        var kept = assigned.and(target);
        var toRevoke = assigned.without(target);
        if (!toRevoke.isEmpty() && (owned.isEmpty() || owned.get().touches(toRevoke))) {
            return withAssignment(epoch, previousEpoch, State.UNREVOKED_PARTITIONS, kept, toRevoke);
        }
        var missing = target.without(kept);
        var free = missing.where(isFree);
        var next = free.size() == missing.size() ? State.STABLE : State.UNRELEASED_PARTITIONS;
        int before = epoch == targetEpoch ? previousEpoch : epoch;
        return withAssignment(targetEpoch, before, next, kept.plus(free), PartitionSet.NONE);
    }
}
