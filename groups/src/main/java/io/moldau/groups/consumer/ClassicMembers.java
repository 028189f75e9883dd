package io.moldau.groups.consumer;

import io.moldau.coordination.Effects;
import io.moldau.groups.Caller;
import io.moldau.groups.EmbeddedProtocol;
import io.moldau.groups.MigratingGroup;
import io.moldau.groups.classic.ClassicProtocol;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.data.ConsumerProtocolAssignment;
import io.moldau.protocol.data.ConsumerProtocolSubscription;
import io.moldau.protocol.message.HeartbeatRequest;
import io.moldau.protocol.message.JoinGroupRequest;
import io.moldau.protocol.message.JoinGroupResponse;
import io.moldau.protocol.message.LeaveGroupRequest.MemberIdentity;
import io.moldau.protocol.message.SyncGroupRequest;
import io.moldau.protocol.message.SyncGroupResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Members of a consumer group that speak the classic protocol (KIP-848): the coordinator assigns, and tells them by
/// REBALANCE_IN_PROGRESS in the answer to a heartbeat that they shall join again, which is how they give partitions
/// up and get new ones. Nobody of them leads. The generation is the member's epoch.
final class ClassicMembers {
    private static final short MEMBER_ID_REQUIRED_SINCE = 4;

    private final GroupSteps steps;
    private final Supplier<String> uniqueText;

    ClassicMembers(GroupSteps steps, Supplier<String> uniqueText) {
        this.steps = steps;
        this.uniqueText = uniqueText;
    }

    /// Takes over a classic group with its members.
    void adopt(MigratingGroup migrating, Effects effects) {
        var group = new ConsumerGroup(migrating.id());
        steps.state.groups.put(group.id, group);
        int epoch = Math.max(0, migrating.generation());
        var targets = new HashMap<String, PartitionSet>();
        migrating.members().forEach(one -> targets.put(one.id(), assigned(one)));
        for (var one : migrating.members()) {
            var part = new ClassicPart(one.sessionTimeoutMs(), one.protocols());
            // What it had when it joined it may read still, if the answer that took it away is under way.
            var had = owned(part.subscription())
                    .where((topic, partition) ->
                            targets.values().stream().noneMatch(other -> other.has(topic, partition)));
            var partitions = targets.getOrDefault(one.id(), PartitionSet.NONE).plus(had);
            targets.put(one.id(), partitions);
            var member = new ConsumerMember(
                    one.id(),
                    one.instanceId(),
                    part.subscription().rackId(),
                    one.clientId(),
                    one.clientHost(),
                    sorted(part.subscription().topics()),
                    null,
                    one.rebalanceTimeoutMs(),
                    null,
                    epoch,
                    epoch,
                    ConsumerMember.State.STABLE,
                    partitions,
                    PartitionSet.NONE,
                    part);
            steps.write(ConsumerRecords.member(group.id, member), effects);
            group.members.put(member.id(), member);
        }
        steps.write(ConsumerRecords.groupEpoch(group.id, epoch, group.hashOf(steps.topics)), effects);
        targets.forEach((id, target) -> steps.write(ConsumerRecords.target(group.id, id, target), effects));
        // Computed by a member, not here: the next assignment need not wait.
        steps.write(ConsumerRecords.targetEpoch(group.id, epoch, 0), effects);
        for (var member : List.copyOf(group.members.values())) {
            steps.write(ConsumerRecords.assignment(group.id, member), effects);
            steps.alive(group, member);
        }
        steps.explain(
                group,
                "the classic group with generation " + epoch + " and " + group.members.size()
                        + " members became a consumer group: a member of the consumer protocol joins");
    }

    private PartitionSet assigned(MigratingGroup.Member one) {
        var partitions = new ArrayList<PartitionSet.One>();
        EmbeddedProtocol.assignment(one.assignment())
                .map(ConsumerProtocolAssignment::assignedPartitions)
                .orElse(List.of())
                .forEach(topic -> steps.topics
                        .id(topic.topic())
                        .ifPresent(id -> topic.partitions().forEach(p -> partitions.add(new PartitionSet.One(id, p)))));
        return PartitionSet.of(partitions);
    }

    private static List<String> sorted(List<String> topics) {
        return List.copyOf(new TreeSet<>(topics));
    }

    /// A static member of the consumer protocol comes back in the classic one, and no other is left that does not
    /// speak it: the group gives way to a classic one. False if that is not so.
    boolean givesWayTo(ConsumerGroup group, JoinGroupRequest request, Effects effects) {
        var previous = group.byInstance(request.groupInstanceId());
        if (previous.isEmpty()
                || previous.get().isClassic()
                || !request.memberId().isEmpty()
                || !EmbeddedProtocol.TYPE.equals(request.protocolType())
                || !steps.settings.migration().downgrades()
                || group.members.values().stream()
                        .anyMatch(one -> !one.id().equals(previous.get().id()) && !one.isClassic())) {
            return false;
        }
        steps.drop(group, previous.get(), effects);
        steps.explain(group, "static member " + request.groupInstanceId() + " came back in the classic protocol");
        if (group.members.isEmpty()) {
            steps.delete(group, effects);
        } else {
            steps.downgrade(group, effects);
        }
        return true;
    }

    JoinGroupResponse join(ConsumerGroup group, JoinGroupRequest request, Caller caller, Effects effects) {
        var part = part(group, request);
        boolean unknown = request.memberId().isEmpty();
        var instance = request.groupInstanceId();
        ConsumerMember before;
        if (instance == null) {
            var known = group.members.get(request.memberId());
            if (known == null) {
                steps.checkRoom(group);
            }
            if (unknown && caller.version() >= MEMBER_ID_REQUIRED_SINCE) {
                var id = caller.clientId() + "-" + uniqueText.get();
                return ClassicProtocol.joinRefused(ErrorCode.MEMBER_ID_REQUIRED, id, caller.version());
            }
            before = known != null
                    ? known
                    : ConsumerMember.unknown(unknown ? caller.clientId() + "-" + uniqueText.get() : request.memberId());
        } else {
            before = joinStatic(group, request.memberId(), instance, effects);
        }
        if (before.isClassic() || !group.members.containsKey(before.id()) || instance != null) {
            return joined(group, before, part, request, caller, effects);
        }
        throw new Refusal(
                ErrorCode.UNKNOWN_MEMBER_ID, "member " + before.id() + " speaks the consumer protocol: join anew");
    }

    private ConsumerMember joinStatic(ConsumerGroup group, String memberId, String instance, Effects effects) {
        var known = group.byInstance(instance);
        if (memberId.isEmpty()) {
            var id = instance + "-" + uniqueText.get();
            if (known.isPresent()) {
                return steps.takeOver(group, known.get(), id, effects);
            }
            steps.checkRoom(group);
            return ConsumerMember.unknown(id);
        }
        return identified(group, memberId, instance);
    }

    private JoinGroupResponse joined(
            ConsumerGroup group,
            ConsumerMember before,
            ClassicPart part,
            JoinGroupRequest request,
            Caller caller,
            Effects effects) {
        var subscription = part.subscription();
        boolean isNew = !group.members.containsKey(before.id());
        var described = new ConsumerMember(
                before.id(),
                request.groupInstanceId(),
                subscription.rackId(),
                caller.clientId(),
                caller.host(),
                sorted(subscription.topics()),
                null,
                request.rebalanceTimeoutMs() < 0 ? request.sessionTimeoutMs() : request.rebalanceTimeoutMs(),
                null,
                before.epoch(),
                before.previousEpoch(),
                before.state(),
                before.assigned(),
                before.revoking(),
                part);
        if (!described.equals(before)) {
            steps.write(ConsumerRecords.member(group.id, described), effects);
        }
        boolean resubscribed =
                !described.topics().equals(before.topics()) || !Objects.equals(before.regex(), described.regex());
        if (isNew || resubscribed) {
            steps.resolveRegexes(group, effects);
            var why = isNew ? " joined (classic protocol)" : " changed its subscription";
            steps.bump(group, "member " + described.id() + " (" + caller.host() + ")" + why, effects);
        }
        steps.assign(group, effects);
        var current = group.members.getOrDefault(before.id(), described);
        var next = steps.reconcile(group, current, Optional.of(owned(subscription)));
        steps.step(group, current, next, isNew, effects);
        group.awaitedToJoin.remove(next.id());
        steps.schedule.cancel(GroupSteps.joinTimer(group, next.id()));
        expect(group, next, GroupSteps.syncTimer(group, next.id()), "did not ask for its assignment");
        return JoinGroupResponse.builder()
                .memberId(next.id())
                .generationId(next.epoch())
                .protocolType(caller.version() >= 7 ? EmbeddedProtocol.TYPE : null)
                .protocolName(part.first().name())
                .leader("")
                .members(List.of())
                .build();
    }

    private PartitionSet owned(ConsumerProtocolSubscription subscription) {
        var owned = new ArrayList<PartitionSet.One>();
        subscription
                .ownedPartitions()
                .forEach(topic -> steps.topics
                        .id(topic.topic())
                        .ifPresent(id -> topic.partitions().forEach(p -> owned.add(new PartitionSet.One(id, p)))));
        return PartitionSet.of(owned);
    }

    private ClassicPart part(ConsumerGroup group, JoinGroupRequest request) {
        int session = request.sessionTimeoutMs();
        if (session < steps.settings.minSessionTimeoutMs() || session > steps.settings.maxSessionTimeoutMs()) {
            throw new Refusal(ErrorCode.INVALID_SESSION_TIMEOUT, "a session timeout of " + session + " ms");
        }
        var part = new ClassicPart(
                session,
                request.protocols().stream()
                        .map(one -> new MigratingGroup.Protocol(one.name(), ClassicPart.copy(one.metadata())))
                        .toList());
        Set<String> common = new HashSet<>();
        part.protocols().forEach(one -> common.add(one.name()));
        group.members.values().stream()
                .filter(member -> !member.id().equals(request.memberId()))
                .map(ConsumerMember::classic)
                .filter(Objects::nonNull)
                .forEach(other -> common.removeIf(name -> !other.speaks(name)));
        if (!EmbeddedProtocol.TYPE.equals(request.protocolType())
                || common.isEmpty()
                || EmbeddedProtocol.subscription(part.first().metadata()).isEmpty()) {
            throw new Refusal(
                    ErrorCode.INCONSISTENT_GROUP_PROTOCOL, "the member has no protocol in common with the others");
        }
        return part;
    }

    /// The member must do the next thing within its rebalance timeout.
    private void expect(ConsumerGroup group, ConsumerMember member, String timer, String failing) {
        steps.schedule.after(timer, member.rebalanceTimeoutMs(), effects -> {
            var late = group.members.get(member.id());
            if (late != null && late.isClassic()) {
                steps.remove(
                        group,
                        late,
                        "member " + late.id() + " (" + late.clientHost() + ") " + failing + " within "
                                + late.rebalanceTimeoutMs() + " ms (its max.poll.interval.ms) and was removed",
                        effects);
            }
        });
    }

    SyncGroupResponse sync(ConsumerGroup group, SyncGroupRequest request) {
        var member = classic(group, request.memberId(), request.groupInstanceId());
        var part = Objects.requireNonNull(member.classic(), "a classic member's part");
        checkGeneration(member, request.generationId());
        var type = request.protocolType();
        var name = request.protocolName();
        if (type != null && !type.equals(EmbeddedProtocol.TYPE)
                || name != null && !name.equals(part.first().name())) {
            throw new Refusal(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, "another protocol than the member joined with");
        }
        if (group.targetEpoch > member.epoch() && member.state() != ConsumerMember.State.UNREVOKED_PARTITIONS) {
            expectJoin(group, member);
            throw new Refusal(ErrorCode.REBALANCE_IN_PROGRESS, "a rebalance began meanwhile: join again");
        }
        steps.schedule.cancel(GroupSteps.syncTimer(group, member.id()));
        steps.alive(group, member);
        return SyncGroupResponse.builder()
                .protocolType(EmbeddedProtocol.TYPE)
                .protocolName(part.first().name())
                .assignment(EmbeddedProtocol.assignment(
                        steps.names(member.assigned()), part.first().metadata()))
                .build();
    }

    /// Members are told to join again when there is a newer assignment for them, not while it is waited for.
    ErrorCode heartbeat(ConsumerGroup group, HeartbeatRequest request, Effects effects) {
        var member = classic(group, request.memberId(), request.groupInstanceId());
        checkGeneration(member, request.generationId());
        steps.alive(group, member);
        steps.assign(group, effects);
        boolean hasMore = member.state() == ConsumerMember.State.UNRELEASED_PARTITIONS
                && group.wanted(member, steps.topics)
                        .without(member.assigned())
                        .where((Uuid topic, Integer partition) -> !group.isFree(topic, partition, member.id()))
                        .isEmpty();
        if (member.epoch() < group.targetEpoch
                || member.state() == ConsumerMember.State.UNREVOKED_PARTITIONS
                || hasMore) {
            expectJoin(group, member);
            return ErrorCode.REBALANCE_IN_PROGRESS;
        }
        return ErrorCode.NONE;
    }

    /// Once for each rebalance: heartbeats meanwhile do not give the member more time.
    private void expectJoin(ConsumerGroup group, ConsumerMember member) {
        if (group.awaitedToJoin.add(member.id())) {
            expect(group, member, GroupSteps.joinTimer(group, member.id()), "did not join again");
        }
    }

    /// NONE, or why the member is not taken out; the caller sees to [GroupSteps#afterRemoval].
    ErrorCode leave(ConsumerGroup group, MemberIdentity who, Effects effects) {
        try {
            var instance = who.groupInstanceId();
            ConsumerMember member;
            if (who.memberId().isEmpty()) {
                member = group.byInstance(instance)
                        .orElseThrow(() -> new Refusal(ErrorCode.UNKNOWN_MEMBER_ID, "no member is called " + instance));
            } else {
                member = classic(group, who.memberId(), instance);
            }
            steps.drop(group, member, effects);
            return ErrorCode.NONE;
        } catch (Refusal refusal) {
            return refusal.error();
        }
    }

    private static void checkGeneration(ConsumerMember member, int generation) {
        if (generation != member.epoch()) {
            throw new Refusal(
                    ErrorCode.ILLEGAL_GENERATION,
                    "the member is in generation " + member.epoch() + ", the request in " + generation);
        }
    }

    private static ConsumerMember classic(ConsumerGroup group, String memberId, @Nullable String instance) {
        var member = identified(group, memberId, instance);
        if (!member.isClassic()) {
            throw new Refusal(ErrorCode.UNKNOWN_MEMBER_ID, "member " + memberId + " speaks the consumer protocol");
        }
        return member;
    }

    private static ConsumerMember identified(ConsumerGroup group, String memberId, @Nullable String instance) {
        var member = instance == null ? Optional.ofNullable(group.members.get(memberId)) : group.byInstance(instance);
        if (member.isEmpty()) {
            throw new Refusal(ErrorCode.UNKNOWN_MEMBER_ID, "member " + memberId + " is not in the group");
        }
        if (!member.get().id().equals(memberId)) {
            throw new Refusal(ErrorCode.FENCED_INSTANCE_ID, "another member has the instance id " + instance);
        }
        return member.get();
    }
}
