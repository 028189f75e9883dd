package io.moldau.groups.consumer;

import io.moldau.coordination.CoordinatedState.Schedule;
import io.moldau.coordination.Effects;
import io.moldau.coordination.Entry;
import io.moldau.groups.Caller;
import io.moldau.groups.Explanations;
import io.moldau.groups.GroupConfigs;
import io.moldau.groups.GroupSettings;
import io.moldau.groups.MigratingGroup;
import io.moldau.groups.Topics;
import io.moldau.groups.classic.ClassicProtocol;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.ConsumerGroupDescribeResponse.DescribedGroup;
import io.moldau.protocol.message.ConsumerGroupHeartbeatRequest;
import io.moldau.protocol.message.ConsumerGroupHeartbeatResponse;
import io.moldau.protocol.message.HeartbeatRequest;
import io.moldau.protocol.message.JoinGroupRequest;
import io.moldau.protocol.message.JoinGroupResponse;
import io.moldau.protocol.message.LeaveGroupRequest.MemberIdentity;
import io.moldau.protocol.message.SyncGroupRequest;
import io.moldau.protocol.message.SyncGroupResponse;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The consumer-protocol groups of one offsets partition (KIP-848).
///
/// A heartbeat goes in four steps: the member as the client describes it; a new group epoch if that changes who
/// reads what; a new target assignment if the group epoch is ahead of it, and the last one not too young
/// (`AssignmentPace`); the member's next step towards its target
/// (see [GroupSteps]). Members of the classic protocol live on in [ClassicMembers].
public final class ConsumerProtocol {
    private final GroupSteps steps;
    private final ConsumerReplay state;
    private final ClassicMembers classicMembers;
    private final Supplier<String> uniqueText;

    /// @param uniqueText gives texts that nobody else has, for ids of members that bring none
    /// @param explanations told what is decided, and why
    /// @param downgraded takes over the members of a group that speaks the classic protocol only
    public ConsumerProtocol(
            GroupSettings settings,
            GroupConfigs configs,
            Schedule schedule,
            Topics topics,
            Supplier<String> uniqueText,
            Explanations explanations,
            BiConsumer<MigratingGroup, Effects> downgraded) {
        this.steps = new GroupSteps(settings, configs, schedule, topics, explanations, downgraded);
        this.state = steps.state;
        this.classicMembers = new ClassicMembers(steps, uniqueText);
        this.uniqueText = uniqueText;
    }

    public boolean has(String groupId) {
        return state.groups.containsKey(groupId);
    }

    /// True if the group has no members (or does not exist).
    public boolean isEmpty(String groupId) {
        var group = state.groups.get(groupId);
        return group == null || group.members.isEmpty();
    }

    /// One record of a type of this protocol; others are not for it.
    public void replay(Entry entry) {
        state.apply(entry);
    }

    /// Everything is replayed: every member has its session timeout from now on.
    public void loaded(Effects effects) {
        state.groups
                .values()
                .forEach(group -> group.members.values().forEach(member -> {
                    steps.alive(group, member);
                    if (member.state() == ConsumerMember.State.UNREVOKED_PARTITIONS) {
                        steps.awaitRevocation(group, member);
                    }
                }));
        // Topics may have changed while nobody was there to be told.
        topicsChanged(effects);
    }

    /// What no member may say, whatever the group is like; empty if the heartbeat is none of it.
    public Optional<ConsumerGroupHeartbeatResponse> refusal(ConsumerGroupHeartbeatRequest request, Caller caller) {
        try {
            new ConsumerHeartbeat(request, caller).check(steps.settings.consumerAssignors());
            return Optional.empty();
        } catch (Refusal refusal) {
            return Optional.of(refused(refusal.error(), refusal.getMessage()));
        }
    }

    public static ConsumerGroupHeartbeatResponse refused(ErrorCode error, @Nullable String reason) {
        return ConsumerGroupHeartbeatResponse.builder()
                .errorCode(error.code())
                .errorMessage(reason)
                .memberEpoch(0)
                .build();
    }

    /// After [#refusal] had nothing against it.
    public ConsumerGroupHeartbeatResponse heartbeat(
            ConsumerGroupHeartbeatRequest request, Caller caller, Effects effects) {
        try {
            var heartbeat = new ConsumerHeartbeat(request, caller);
            return request.memberEpoch() < 0 ? leave(heartbeat, effects) : live(heartbeat, effects);
        } catch (Refusal refusal) {
            // A group that never came to be must not be listed.
            state.groups.computeIfPresent(
                    request.groupId(), (id, group) -> group.epoch == 0 && group.members.isEmpty() ? null : group);
            noteFencing(request, refusal);
            return refused(refusal.error(), refusal.getMessage());
        }
    }

    private void noteFencing(ConsumerGroupHeartbeatRequest request, Refusal refusal) {
        var group = state.groups.get(request.groupId());
        boolean fencing = refusal.error() == ErrorCode.FENCED_MEMBER_EPOCH
                || refusal.error() == ErrorCode.FENCED_INSTANCE_ID
                || refusal.error() == ErrorCode.UNRELEASED_INSTANCE_ID;
        if (group != null && fencing) {
            steps.explain(group, "member " + request.memberId() + " is fenced: " + refusal.getMessage());
        }
    }

    private ConsumerGroupHeartbeatResponse leave(ConsumerHeartbeat heartbeat, Effects effects) {
        var request = heartbeat.request();
        var group = existing(request.groupId());
        var member = heartbeat.member(group);
        if (request.memberEpoch() == ConsumerMember.LEFT_FOR_A_WHILE) {
            steps.write(
                    ConsumerRecords.assignment(
                            group.id,
                            member.withAssignment(
                                    ConsumerMember.LEFT_FOR_A_WHILE,
                                    member.epoch(),
                                    ConsumerMember.State.STABLE,
                                    member.assigned(),
                                    PartitionSet.NONE)),
                    effects);
            steps.cancelRevocation(group, member);
            steps.explain(group, "static member " + member.id() + " left for a while");
        } else {
            steps.remove(group, member, "member " + member.id() + " (" + member.clientHost() + ") left", effects);
        }
        return ConsumerGroupHeartbeatResponse.builder()
                .memberId(member.id())
                .memberEpoch(request.memberEpoch())
                .build();
    }

    private ConsumerGroupHeartbeatResponse live(ConsumerHeartbeat heartbeat, Effects effects) {
        var request = heartbeat.request();
        boolean joining = heartbeat.isJoining();
        ConsumerGroup group;
        ConsumerMember before;
        if (joining) {
            group = state.groups.computeIfAbsent(request.groupId(), ConsumerGroup::new);
            before = join(group, request, effects);
        } else {
            group = existing(request.groupId());
            before = heartbeat.member(group);
            heartbeat.checkEpoch(before);
        }
        var described = heartbeat.described(before);
        boolean isNew = !group.members.containsKey(before.id());
        boolean resubscribed = isNew
                || !described.topics().equals(before.topics())
                || !Objects.equals(described.regex(), before.regex());
        if (isNew || !described.equals(before)) {
            steps.write(ConsumerRecords.member(group.id, described), effects);
        }
        if (resubscribed) {
            var why = isNew ? " joined" : " changed its subscription";
            steps.resolveRegexes(group, effects);
            steps.bump(group, "member " + described.id() + " (" + described.clientHost() + ")" + why, effects);
        }
        steps.assign(group, effects);
        var current = group.members.getOrDefault(before.id(), described);
        var next = steps.reconcile(group, joining ? asJoining(current) : current, heartbeat.owned());
        steps.step(group, current, next, isNew, effects);
        boolean tell = heartbeat.isFull() || !next.assigned().equals(current.assigned());
        return ConsumerGroupHeartbeatResponse.builder()
                .memberId(next.id())
                .memberEpoch(next.epoch())
                .heartbeatIntervalMs(steps.pace.heartbeatMs(
                        group.id, group.assignedMs, steps.configs.int32(group.id, "consumer.heartbeat.interval.ms")))
                .assignment(tell ? ConsumerViews.assignment(next.assigned()) : null)
                .build();
    }

    /// A member that joins again has lost what it was doing: it starts from what it is assigned, at epoch 0.
    private static ConsumerMember asJoining(ConsumerMember member) {
        return member.epoch() == 0
                ? member
                : member.withAssignment(
                        0, 0, ConsumerMember.State.UNRELEASED_PARTITIONS, member.assigned(), PartitionSet.NONE);
    }

    private ConsumerMember join(ConsumerGroup group, ConsumerGroupHeartbeatRequest request, Effects effects) {
        var id = request.memberId().isEmpty() ? uniqueText.get() : request.memberId();
        var known = group.members.get(id);
        var sameInstance = group.byInstance(request.instanceId());
        if (sameInstance.isPresent() && !sameInstance.get().id().equals(id)) {
            var previous = sameInstance.get();
            if (previous.epoch() != ConsumerMember.LEFT_FOR_A_WHILE && !previous.isClassic()) {
                throw new Refusal(
                        ErrorCode.UNRELEASED_INSTANCE_ID,
                        "the instance id " + request.instanceId() + " is in use by member " + previous.id());
            }
            return steps.takeOver(group, previous, id, effects);
        }
        if (known != null) {
            return known;
        }
        steps.checkRoom(group);
        return ConsumerMember.unknown(id);
    }

    private ConsumerGroup existing(String groupId) {
        var group = state.groups.get(groupId);
        if (group == null) {
            throw new Refusal(ErrorCode.GROUP_ID_NOT_FOUND, "there is no consumer group \"" + groupId + "\"");
        }
        return group;
    }

    /// Topics were created, deleted or changed: groups that this concerns get a new epoch, and members learn of it
    /// at their next heartbeat.
    public void topicsChanged(Effects effects) {
        for (var group : List.copyOf(state.groups.values())) {
            steps.resolveRegexes(group, effects);
            if (!group.members.isEmpty() && group.hashOf(steps.topics) != group.metadataHash) {
                steps.bump(group, "topics that are read were created, deleted or given more partitions", effects);
            }
        }
    }

    /// Takes over a classic group with its members.
    public void adopt(MigratingGroup migrating, Effects effects) {
        classicMembers.adopt(migrating, effects);
    }

    /// JoinGroup by a member of the classic protocol. False if the group gave way to a classic one, which is to be
    /// joined instead.
    public boolean join(JoinGroupRequest request, Caller caller, Effects effects, Consumer<JoinGroupResponse> answer) {
        var group = existing(request.groupId());
        if (classicMembers.givesWayTo(group, request, effects)) {
            return false;
        }
        JoinGroupResponse response;
        try {
            response = classicMembers.join(group, request, caller, effects);
        } catch (Refusal refusal) {
            response = ClassicProtocol.joinRefused(refusal.error(), request.memberId(), caller.version());
        }
        var answered = response;
        effects.whenCommitted(() -> answer.accept(answered));
        effects.whenFailed(
                error -> answer.accept(ClassicProtocol.joinRefused(error, request.memberId(), caller.version())));
        return true;
    }

    /// SyncGroup by a member of the classic protocol.
    public void sync(SyncGroupRequest request, Effects effects, Consumer<SyncGroupResponse> answer) {
        SyncGroupResponse response;
        try {
            response = classicMembers.sync(existing(request.groupId()), request);
        } catch (Refusal refusal) {
            response = ClassicProtocol.syncRefused(refusal.error());
        }
        var answered = response;
        effects.whenCommitted(() -> answer.accept(answered));
        effects.whenFailed(error -> answer.accept(ClassicProtocol.syncRefused(error)));
    }

    /// Heartbeat by a member of the classic protocol.
    public ErrorCode heartbeat(HeartbeatRequest request, Effects effects) {
        try {
            return classicMembers.heartbeat(existing(request.groupId()), request, effects);
        } catch (Refusal refusal) {
            return refusal.error();
        }
    }

    /// LeaveGroup: by members of the classic protocol, or of any by their instance ids.
    public List<ErrorCode> leave(String groupId, List<MemberIdentity> who, Effects effects) {
        var group = existing(groupId);
        var results = who.stream()
                .map(one -> classicMembers.leave(group, one, effects))
                .toList();
        if (results.contains(ErrorCode.NONE)) {
            var reason = who.getFirst().reason();
            steps.afterRemoval(group, reason == null ? who.size() + " members left" : "left: " + reason, effects);
        }
        return results;
    }

    /// Whether these may commit offsets (or fetch them) for the group now.
    public ErrorCode mayCommit(String groupId, String memberId, @Nullable String instanceId, int memberEpoch) {
        var group = state.groups.get(groupId);
        if (group == null) {
            return ErrorCode.GROUP_ID_NOT_FOUND;
        }
        if (memberEpoch < 0 && group.members.isEmpty()) {
            return ErrorCode.NONE;
        }
        var member = group.members.get(memberId);
        if (member == null) {
            return group.byInstance(instanceId).isPresent()
                    ? ErrorCode.FENCED_INSTANCE_ID
                    : ErrorCode.UNKNOWN_MEMBER_ID;
        }
        if (member.epoch() == memberEpoch) {
            return ErrorCode.NONE;
        }
        return member.isClassic() ? ErrorCode.ILLEGAL_GENERATION : ErrorCode.STALE_MEMBER_EPOCH;
    }

    public boolean subscribes(String groupId, String topic) {
        var group = state.groups.get(groupId);
        return group != null && group.subscribedTopics().contains(topic);
    }

    public Optional<DescribedGroup> describe(String groupId) {
        return Optional.ofNullable(state.groups.get(groupId))
                .map(group -> ConsumerViews.describe(
                        group,
                        group.preferred(
                                Assignor.of(steps.settings.consumerAssignors().getFirst())
                                        .orElse(Assignor.UNIFORM)),
                        steps.topics));
    }

    /// Removes an empty group by tombstones.
    public void delete(String groupId, Effects effects) {
        var group = state.groups.get(groupId);
        if (group == null) {
            return;
        }
        steps.delete(group, effects);
    }

    /// A group as lists show it.
    public record Listed(String id, String state) {}

    public List<Listed> list() {
        return state.groups.values().stream()
                .map(group -> new Listed(group.id, group.state()))
                .toList();
    }
}
