package io.moldau.groups.classic;

import io.moldau.coordination.CoordinatedState.Schedule;
import io.moldau.coordination.Effects;
import io.moldau.groups.Caller;
import io.moldau.groups.EmbeddedProtocol;
import io.moldau.groups.Explanations;
import io.moldau.groups.GroupSettings;
import io.moldau.groups.MigratingGroup;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.data.GroupMetadataValue;
import io.moldau.protocol.message.DescribeGroupsResponse.DescribedGroup;
import io.moldau.protocol.message.HeartbeatRequest;
import io.moldau.protocol.message.JoinGroupRequest;
import io.moldau.protocol.message.JoinGroupResponse;
import io.moldau.protocol.message.LeaveGroupRequest.MemberIdentity;
import io.moldau.protocol.message.SyncGroupRequest;
import io.moldau.protocol.message.SyncGroupResponse;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The classic groups of one offsets partition: checks requests, and hands them to their [ClassicGroup]; those to join
/// go through a [ClassicJoin].
/// KIP-62, 345 (static members), 394 (member id first), 800 (reasons), 814 (skip assignment).
public final class ClassicProtocol {
    private final GroupSettings settings;
    private final Schedule schedule;
    private final Supplier<String> uniqueText;
    private final Explanations explanations;
    private final Map<String, ClassicGroup> groups = new HashMap<>();

    /// @param uniqueText gives texts that nobody else has, for member ids
    public ClassicProtocol(
            GroupSettings settings, Schedule schedule, Supplier<String> uniqueText, Explanations explanations) {
        this.settings = settings;
        this.schedule = schedule;
        this.uniqueText = uniqueText;
        this.explanations = explanations;
    }

    private ClassicGroup group(String groupId) {
        return new ClassicGroup(
                groupId, schedule, settings.initialRebalanceDelayMs(), what -> explanations.note(groupId, what));
    }

    public boolean has(String groupId) {
        return groups.containsKey(groupId);
    }

    public boolean isEmpty(String groupId) {
        var group = groups.get(groupId);
        return group == null || group.state == ClassicGroup.State.EMPTY && group.pendingIds.isEmpty();
    }

    /// False too where members were given ids and have not come back with them.
    public boolean hasMembers(String groupId) {
        var group = groups.get(groupId);
        return group != null && !group.members.isEmpty();
    }

    /// As the log has it, before this node answers for it.
    public void replay(String groupId, @Nullable GroupMetadataValue value) {
        if (value == null) {
            groups.remove(groupId);
            return;
        }
        var group = group(groupId);
        group.protocolType = value.protocolType();
        group.protocol = value.protocol();
        group.generation = value.generation();
        group.leader = value.leader();
        group.stateTimestampMs = value.currentStateTimestamp();
        for (var stored : value.members()) {
            var name = value.protocol();
            var member = new ClassicMember(
                    stored.memberId(),
                    stored.groupInstanceId(),
                    stored.clientId(),
                    stored.clientHost(),
                    stored.rebalanceTimeout() < 0 ? stored.sessionTimeout() : stored.rebalanceTimeout(),
                    stored.sessionTimeout(),
                    List.of(ClassicMember.protocol(name == null ? "" : name, stored.subscription())));
            member.assignment = ClassicMember.copy(stored.assignment());
            group.putSettled(member);
        }
        group.state = group.members.isEmpty() ? ClassicGroup.State.EMPTY : ClassicGroup.State.STABLE;
        groups.put(groupId, group);
    }

    /// The members as loaded have their session timeout from now on.
    public void loaded(Effects effects) {
        for (var group : groups.values()) {
            group.members.values().forEach(group::alive);
            if (!group.members.isEmpty() && group.leader == null) {
                group.rebalance.prepare(effects, "the group has no leader since it came back to the classic protocol");
            }
        }
    }

    /// Members that wait for a rebalance must not wait for ever.
    public void discarded(ErrorCode error) {
        groups.values().forEach(group -> group.end(error));
    }

    /// Answers now or when the rebalance is complete.
    public void join(JoinGroupRequest request, Caller caller, Effects effects, Consumer<JoinGroupResponse> answer) {
        int sessionMs = request.sessionTimeoutMs();
        if (sessionMs < settings.minSessionTimeoutMs() || sessionMs > settings.maxSessionTimeoutMs()) {
            answer.accept(joinRefused(ErrorCode.INVALID_SESSION_TIMEOUT, request.memberId(), caller.version()));
            return;
        }
        var group = groups.get(request.groupId());
        if (group == null) {
            if (!request.memberId().isEmpty()) {
                answer.accept(joinRefused(ErrorCode.UNKNOWN_MEMBER_ID, request.memberId(), caller.version()));
                return;
            }
            group = group(request.groupId());
            group.stateTimestampMs = schedule.nowMs();
            groups.put(group.id, group);
        }
        new ClassicJoin(group, settings.maxSize(), uniqueText, request, caller, effects, answer).run();
    }

    /// Answers now or when the leader's assignment is committed.
    public void sync(SyncGroupRequest request, Effects effects, Consumer<SyncGroupResponse> answer) {
        var group = groups.get(request.groupId());
        var problem = group == null
                ? ErrorCode.UNKNOWN_MEMBER_ID
                : group.problem(request.memberId(), request.groupInstanceId());
        if (group == null || problem != ErrorCode.NONE) {
            refuse(answer, problem);
            return;
        }
        var type = request.protocolType();
        var name = request.protocolName();
        if (request.generationId() != group.generation) {
            refuse(answer, ErrorCode.ILLEGAL_GENERATION);
            return;
        }
        if (type != null && !type.equals(group.protocolType) || name != null && !name.equals(group.protocol)) {
            refuse(answer, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
            return;
        }
        var member = group.member(request.memberId());
        switch (group.state) {
            case EMPTY, DEAD -> refuse(answer, ErrorCode.UNKNOWN_MEMBER_ID);
            case PREPARING_REBALANCE -> refuse(answer, ErrorCode.REBALANCE_IN_PROGRESS);
            case STABLE -> {
                group.alive(member);
                effects.whenCommitted(() -> answer.accept(group.synced(member)));
            }
            case COMPLETING_REBALANCE -> {
                member.awaitingSync = Optional.of(answer);
                if (member.id.equals(group.leader)) {
                    takeAssignment(group, request, effects);
                }
            }
        }
    }

    private void takeAssignment(ClassicGroup group, SyncGroupRequest request, Effects effects) {
        var assignments = new HashMap<String, ByteBuffer>();
        request.assignments().forEach(one -> {
            if (group.knows(one.memberId())) {
                assignments.put(one.memberId(), ClassicMember.copy(one.assignment()));
            }
        });
        int generation = group.generation;
        effects.append(ClassicRecords.metadata(group, assignments));
        effects.whenCommitted(() -> {
            if (group.state == ClassicGroup.State.COMPLETING_REBALANCE && group.generation == generation) {
                group.rebalance.assigned(assignments);
            }
        });
        effects.whenFailed(error -> group.end(error));
    }

    public ErrorCode heartbeat(HeartbeatRequest request) {
        var group = groups.get(request.groupId());
        if (group == null) {
            return ErrorCode.UNKNOWN_MEMBER_ID;
        }
        var problem = group.problem(request.memberId(), request.groupInstanceId());
        if (problem != ErrorCode.NONE) {
            return problem;
        }
        if (request.generationId() != group.generation) {
            return ErrorCode.ILLEGAL_GENERATION;
        }
        return switch (group.state) {
            case EMPTY, DEAD -> ErrorCode.UNKNOWN_MEMBER_ID;
            case PREPARING_REBALANCE -> {
                group.alive(group.member(request.memberId()));
                yield ErrorCode.REBALANCE_IN_PROGRESS;
            }
            case COMPLETING_REBALANCE, STABLE -> {
                group.alive(group.member(request.memberId()));
                yield ErrorCode.NONE;
            }
        };
    }

    public ErrorCode leave(String groupId, MemberIdentity who, Effects effects) {
        var group = groups.get(groupId);
        if (group == null) {
            return ErrorCode.UNKNOWN_MEMBER_ID;
        }
        var id = who.memberId();
        var instance = who.groupInstanceId();
        if (id.isEmpty() && instance != null) {
            var known = group.memberIdsByInstance.get(instance);
            if (known == null) {
                return ErrorCode.UNKNOWN_MEMBER_ID;
            }
            id = known;
        }
        if (group.pendingIds.remove(id)) {
            group.rebalance.completeJoinIfAllAreHere(effects);
            return ErrorCode.NONE;
        }
        var problem = group.problem(id, instance);
        if (problem != ErrorCode.NONE) {
            return problem;
        }
        var reason = who.reason();
        group.remove(group.member(id), effects, "member " + id + " left" + (reason == null ? "" : ": " + reason));
        return ErrorCode.NONE;
    }

    /// Whether these may commit offsets for the group now.
    public ErrorCode mayCommit(String groupId, String memberId, @Nullable String instanceId, int generation) {
        var group = groups.get(groupId);
        if (group == null) {
            // A reader that assigns partitions to itself commits without ever joining.
            return generation < 0 ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
        }
        if (generation < 0 && memberId.isEmpty()) {
            return group.state == ClassicGroup.State.EMPTY ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID;
        }
        var problem = group.problem(memberId, instanceId);
        if (problem != ErrorCode.NONE) {
            return problem;
        }
        if (generation != group.generation) {
            return ErrorCode.ILLEGAL_GENERATION;
        }
        return switch (group.state) {
            case COMPLETING_REBALANCE -> ErrorCode.REBALANCE_IN_PROGRESS;
            case PREPARING_REBALANCE, STABLE -> {
                group.alive(group.member(memberId));
                yield ErrorCode.NONE;
            }
            case EMPTY, DEAD -> ErrorCode.UNKNOWN_MEMBER_ID;
        };
    }

    /// The same for a commit in a transaction: it says nothing of the member's being alive, and comes during a
    /// rebalance too.
    public ErrorCode mayCommitTransactional(
            String groupId, String memberId, @Nullable String instanceId, int generation) {
        var group = groups.get(groupId);
        if (group == null) {
            return generation < 0 ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
        }
        if (generation < 0 && group.state == ClassicGroup.State.EMPTY) {
            return ErrorCode.NONE;
        }
        var problem = group.problem(memberId, instanceId);
        if (problem != ErrorCode.NONE) {
            return problem;
        }
        return generation == group.generation ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
    }

    /// True if a member of the group reads this topic, as far as the group speaks the consumers' protocol.
    public boolean subscribes(String groupId, String topic) {
        var group = groups.get(groupId);
        var protocol = group == null ? null : group.protocol;
        if (group == null || protocol == null || !EmbeddedProtocol.TYPE.equals(group.protocolType)) {
            return group != null && !group.members.isEmpty();
        }
        return group.members.values().stream()
                .anyMatch(member ->
                        EmbeddedProtocol.topics(member.metadata(protocol)).contains(topic));
    }

    /// From when on the time of an offset runs: while nobody reads its topic (KIP-211). Empty: it does not.
    public OptionalLong offsetTimeRunsMs(String groupId, String topic, long committedMs) {
        var group = groups.get(groupId);
        if (group == null) {
            return OptionalLong.of(committedMs);
        }
        if (isEmpty(groupId)) {
            return OptionalLong.of(Math.max(committedMs, group.stateTimestampMs));
        }
        boolean known = group.state == ClassicGroup.State.STABLE && EmbeddedProtocol.TYPE.equals(group.protocolType);
        return known && !subscribes(groupId, topic) ? OptionalLong.of(committedMs) : OptionalLong.empty();
    }

    /// Why this group cannot become a consumer group with its members; empty if it can (KIP-848).
    public Optional<String> whyNotMigrated(String groupId) {
        var group = groups.get(groupId);
        if (group == null || !settings.migration().upgrades()) {
            return Optional.of("it has members of the classic protocol, and group.consumer.migration.policy="
                    + settings.migration().name().toLowerCase(Locale.ROOT) + " does not let it change");
        }
        return ClassicMigration.whyNot(group, settings.consumerMaxSize());
    }

    /// Gives up a group whose members live on in a group of the other protocol. Whoever waits is told to join again.
    public MigratingGroup release(String groupId, Effects effects) {
        var group = Objects.requireNonNull(groups.remove(groupId), "a group that can be migrated");
        var released = ClassicMigration.release(group);
        group.end(ErrorCode.REBALANCE_IN_PROGRESS);
        effects.append(ClassicRecords.tombstone(groupId));
        return released;
    }

    /// Takes over the members that are left of a group of the other protocol, and has them join anew.
    public void adopt(MigratingGroup migrating, Effects effects) {
        var group = group(migrating.id());
        groups.put(group.id, group);
        ClassicMigration.adopt(group, migrating, effects);
    }

    public void delete(String groupId, Effects effects) {
        var group = groups.remove(groupId);
        if (group != null) {
            group.end(ErrorCode.UNKNOWN_MEMBER_ID);
            effects.append(ClassicRecords.tombstone(groupId));
        }
    }

    /// A group as lists show it: id, state, protocol type.
    public record Listed(String id, String state, String protocolType) {}

    public List<Listed> list() {
        var listed = new ArrayList<Listed>();
        groups.values().forEach(group -> {
            var type = group.protocolType;
            listed.add(new Listed(group.id, group.state.text(), type == null ? "" : type));
        });
        return listed;
    }

    public Optional<DescribedGroup> describe(String groupId) {
        return Optional.ofNullable(groups.get(groupId)).map(ClassicViews::describe);
    }

    public static JoinGroupResponse joinRefused(ErrorCode error, String memberId, short version) {
        return JoinGroupResponse.builder()
                .errorCode(error.code())
                .generationId(-1)
                .protocolName(version >= 7 ? null : "")
                .leader("")
                .memberId(memberId)
                .members(List.of())
                .build();
    }

    private static void refuse(Consumer<SyncGroupResponse> answer, ErrorCode error) {
        answer.accept(syncRefused(error));
    }

    public static SyncGroupResponse syncRefused(ErrorCode error) {
        return SyncGroupResponse.builder()
                .errorCode(error.code())
                .assignment(ClassicMember.NOTHING.duplicate())
                .build();
    }
}
