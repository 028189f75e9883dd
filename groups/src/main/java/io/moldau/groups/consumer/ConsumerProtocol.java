package io.moldau.groups.consumer;

import io.moldau.coordination.CoordinatedState.Schedule;
import io.moldau.coordination.Effects;
import io.moldau.coordination.Entry;
import io.moldau.groups.Caller;
import io.moldau.groups.GroupSettings;
import io.moldau.groups.Topics;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.ConsumerGroupDescribeResponse.DescribedGroup;
import io.moldau.protocol.message.ConsumerGroupHeartbeatRequest;
import io.moldau.protocol.message.ConsumerGroupHeartbeatResponse;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// The consumer-protocol groups of one offsets partition.
public final class ConsumerProtocol {
    public ConsumerProtocol(GroupSettings settings, Schedule schedule, Topics topics, Supplier<String> uniqueText) {}

    public boolean has(String groupId) {
        return false;
    }

    /// True if the group has no members (or does not exist).
    public boolean isEmpty(String groupId) {
        return true;
    }

    /// One record of a type of this protocol; others are not for it.
    public void replay(Entry entry) {}

    /// Everything is replayed: session timers start.
    public void loaded(Effects effects) {}

    public ConsumerGroupHeartbeatResponse heartbeat(
            ConsumerGroupHeartbeatRequest request, Caller caller, Effects effects) {
        return ConsumerGroupHeartbeatResponse.builder()
                .errorCode(ErrorCode.UNSUPPORTED_VERSION.code())
                .build();
    }

    /// Whether these may commit offsets (or fetch them) for the group now.
    public ErrorCode mayCommit(String groupId, String memberId, int memberEpoch) {
        return ErrorCode.GROUP_ID_NOT_FOUND;
    }

    public boolean subscribes(String groupId, String topic) {
        return false;
    }

    public Optional<DescribedGroup> describe(String groupId) {
        return Optional.empty();
    }

    /// Removes an empty group by tombstones.
    public void delete(String groupId, Effects effects) {}

    /// Topics were created, deleted or changed: groups whose subscriptions are concerned get a new epoch.
    public void topicsChanged(Effects effects) {}

    /// A group as lists show it.
    public record Listed(String id, String state) {}

    public List<Listed> list() {
        return List.of();
    }
}
