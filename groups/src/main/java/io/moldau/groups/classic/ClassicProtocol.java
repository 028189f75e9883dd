package io.moldau.groups.classic;

import io.moldau.coordination.CoordinatedState.Schedule;
import io.moldau.coordination.Effects;
import io.moldau.groups.Caller;
import io.moldau.groups.GroupSettings;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.data.GroupMetadataValue;
import io.moldau.protocol.message.DescribeGroupsResponse.DescribedGroup;
import io.moldau.protocol.message.DescribeGroupsResponse.DescribedGroupMember;
import io.moldau.protocol.message.HeartbeatRequest;
import io.moldau.protocol.message.JoinGroupRequest;
import io.moldau.protocol.message.JoinGroupRequest.JoinGroupRequestProtocol;
import io.moldau.protocol.message.JoinGroupResponse;
import io.moldau.protocol.message.LeaveGroupRequest.MemberIdentity;
import io.moldau.protocol.message.SyncGroupRequest;
import io.moldau.protocol.message.SyncGroupResponse;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The classic groups of one offsets partition: checks requests, and hands them to their [ClassicGroup].
/// KIP-62, 345 (static members), 394 (member id first), 800 (reasons), 814 (skip assignment).
public final class ClassicProtocol {
    private static final short MEMBER_ID_REQUIRED_SINCE = 4;
    private static final int MAX_CLIENT_ID_IN_MEMBER_ID = 200;

    private final GroupSettings settings;
    private final Schedule schedule;
    private final Supplier<String> uniqueText;
    private final Map<String, ClassicGroup> groups = new HashMap<>();

    /// @param uniqueText gives texts that nobody else has, for member ids
    public ClassicProtocol(GroupSettings settings, Schedule schedule, Supplier<String> uniqueText) {
        this.settings = settings;
        this.schedule = schedule;
        this.uniqueText = uniqueText;
    }

    public boolean has(String groupId) {
        return groups.containsKey(groupId);
    }

    public boolean isEmpty(String groupId) {
        var group = groups.get(groupId);
        return group == null || group.state == ClassicGroup.State.EMPTY && group.pendingIds.isEmpty();
    }

    /// As the log has it, before this node answers for it.
    public void replay(String groupId, @Nullable GroupMetadataValue value) {
        if (value == null) {
            groups.remove(groupId);
            return;
        }
        var group = new ClassicGroup(groupId, schedule, settings.initialRebalanceDelayMs());
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
                    List.of(protocol(name == null ? "" : name, stored.subscription())));
            member.assignment = copy(stored.assignment());
            group.members.put(member.id, member);
            var instance = member.instanceId;
            if (instance != null) {
                group.memberIdsByInstance.put(instance, member.id);
            }
        }
        group.state = group.members.isEmpty() ? ClassicGroup.State.EMPTY : ClassicGroup.State.STABLE;
        groups.put(groupId, group);
    }

    /// The members as loaded have their session timeout from now on.
    public void loaded() {
        groups.values().forEach(group -> group.members.values().forEach(group::alive));
    }

    /// Members that wait for a rebalance must not wait for ever.
    public void discarded(ErrorCode error) {
        groups.values().forEach(group -> group.end(error));
    }

    /// Answers now or when the rebalance is complete.
    public void join(JoinGroupRequest request, Caller caller, Effects effects, Consumer<JoinGroupResponse> answer) {
        int sessionMs = request.sessionTimeoutMs();
        if (sessionMs < settings.minSessionTimeoutMs() || sessionMs > settings.maxSessionTimeoutMs()) {
            refuse(answer, ErrorCode.INVALID_SESSION_TIMEOUT, request, caller);
            return;
        }
        var group = groups.get(request.groupId());
        if (group == null) {
            if (!request.memberId().isEmpty()) {
                refuse(answer, ErrorCode.UNKNOWN_MEMBER_ID, request, caller);
                return;
            }
            group = new ClassicGroup(request.groupId(), schedule, settings.initialRebalanceDelayMs());
            group.stateTimestampMs = schedule.nowMs();
            groups.put(group.id, group);
        }
        if (!group.accepts(request.protocolType(), request.protocols())) {
            refuse(answer, ErrorCode.INCONSISTENT_GROUP_PROTOCOL, request, caller);
        } else if (request.memberId().isEmpty()) {
            joinNew(group, request, caller, effects, answer);
        } else {
            joinKnown(group, request, caller, effects, answer);
        }
    }

    private void joinNew(
            ClassicGroup group,
            JoinGroupRequest request,
            Caller caller,
            Effects effects,
            Consumer<JoinGroupResponse> answer) {
        var instance = request.groupInstanceId();
        if (instance != null) {
            var id = instance + "-" + uniqueText.get();
            var previousId = group.memberIdsByInstance.get(instance);
            var previous = previousId == null ? null : group.members.get(previousId);
            if (previous != null) {
                rejoinStatic(group, previous, member(id, request, caller), caller, effects, answer);
            } else if (full(group)) {
                refuse(answer, ErrorCode.GROUP_MAX_SIZE_REACHED, request, caller);
            } else {
                addAndRebalance(group, member(id, request, caller), request, caller, effects, answer);
            }
            return;
        }
        if (full(group)) {
            refuse(answer, ErrorCode.GROUP_MAX_SIZE_REACHED, request, caller);
            return;
        }
        var clientId = caller.clientId();
        var id =
                clientId.substring(0, Math.min(clientId.length(), MAX_CLIENT_ID_IN_MEMBER_ID)) + "-" + uniqueText.get();
        if (caller.version() >= MEMBER_ID_REQUIRED_SINCE) {
            group.expect(id, request.sessionTimeoutMs());
            answer.accept(joinRefused(ErrorCode.MEMBER_ID_REQUIRED, id, caller.version()));
        } else {
            addAndRebalance(group, member(id, request, caller), request, caller, effects, answer);
        }
    }

    private boolean full(ClassicGroup group) {
        return group.members.size() + group.pendingIds.size() >= settings.maxSize();
    }

    private void rejoinStatic(
            ClassicGroup group,
            ClassicMember previous,
            ClassicMember next,
            Caller caller,
            Effects effects,
            Consumer<JoinGroupResponse> answer) {
        boolean unchanged = group.state == ClassicGroup.State.STABLE
                && group.protocol != null
                && previous.metadata(group.protocol).equals(next.metadata(group.protocol));
        boolean wasLeader = previous.id.equals(group.leader);
        group.replaceStatic(previous, next);
        group.alive(next);
        if (unchanged) {
            effects.append(ClassicRecords.metadata(group, assignments(group)));
            effects.whenFailed(error -> answer.accept(joinRefused(error, next.id, caller.version())));
            // Below version 9 a leader cannot be told to skip the assignment: it gets another member as its leader.
            var response = group.joined(next, caller.version(), wasLeader);
            effects.whenCommitted(() -> answer.accept(
                    wasLeader && caller.version() < 9
                            ? response.toBuilder()
                                    .leader(previous.id)
                                    .members(List.of())
                                    .build()
                            : response));
            return;
        }
        await(next, caller, answer);
        if (group.state == ClassicGroup.State.PREPARING_REBALANCE) {
            group.completeJoinIfAllAreHere(effects);
        } else {
            group.prepareRebalance(effects, "static member " + next.instanceId + " came back changed");
        }
    }

    private void joinKnown(
            ClassicGroup group,
            JoinGroupRequest request,
            Caller caller,
            Effects effects,
            Consumer<JoinGroupResponse> answer) {
        var id = request.memberId();
        if (group.pendingIds.contains(id)) {
            addAndRebalance(group, member(id, request, caller), request, caller, effects, answer);
            return;
        }
        var problem = problem(group, id, request.groupInstanceId());
        if (problem != ErrorCode.NONE) {
            refuse(answer, problem, request, caller);
            return;
        }
        var member = member(group, id);
        boolean same = member.sameProtocols(request.protocols());
        switch (group.state) {
            case PREPARING_REBALANCE -> {
                update(member, request);
                await(member, caller, answer);
                group.completeJoinIfAllAreHere(effects);
            }
            case COMPLETING_REBALANCE -> {
                if (same) {
                    answer.accept(group.joined(member, caller.version(), false));
                } else {
                    rejoin(group, member, request, caller, effects, answer, "member " + id + " changed");
                }
            }
            case STABLE -> {
                if (same && !id.equals(group.leader)) {
                    answer.accept(group.joined(member, caller.version(), false));
                } else {
                    rejoin(group, member, request, caller, effects, answer, reason(request, "member " + id));
                }
            }
            case EMPTY, DEAD -> refuse(answer, ErrorCode.UNKNOWN_MEMBER_ID, request, caller);
        }
    }

    private void rejoin(
            ClassicGroup group,
            ClassicMember member,
            JoinGroupRequest request,
            Caller caller,
            Effects effects,
            Consumer<JoinGroupResponse> answer,
            String why) {
        update(member, request);
        await(member, caller, answer);
        group.prepareRebalance(effects, why);
    }

    private void addAndRebalance(
            ClassicGroup group,
            ClassicMember member,
            JoinGroupRequest request,
            Caller caller,
            Effects effects,
            Consumer<JoinGroupResponse> answer) {
        if (group.members.isEmpty()) {
            group.protocolType = request.protocolType();
        }
        group.put(member);
        await(member, caller, answer);
        group.alive(member);
        if (group.state == ClassicGroup.State.PREPARING_REBALANCE) {
            group.completeJoinIfAllAreHere(effects);
        } else {
            group.prepareRebalance(effects, reason(request, "member " + member.id + " joined"));
        }
    }

    private static String reason(JoinGroupRequest request, String otherwise) {
        var reason = request.reason();
        return reason == null || reason.isEmpty() ? otherwise : reason;
    }

    private static void await(ClassicMember member, Caller caller, Consumer<JoinGroupResponse> answer) {
        // A second join of the same member takes the place of the first, whose connection is gone.
        member.awaitingJoin.ifPresent(
                first -> first.accept(joinRefused(ErrorCode.UNKNOWN_MEMBER_ID, member.id, member.joinVersion)));
        member.awaitingJoin = Optional.of(answer);
        member.joinVersion = caller.version();
    }

    private static void update(ClassicMember member, JoinGroupRequest request) {
        member.protocols = copy(request.protocols());
        member.sessionTimeoutMs = request.sessionTimeoutMs();
        member.rebalanceTimeoutMs = rebalanceTimeoutMs(request);
    }

    private static ClassicMember member(String id, JoinGroupRequest request, Caller caller) {
        return new ClassicMember(
                id,
                request.groupInstanceId(),
                caller.clientId(),
                caller.host(),
                rebalanceTimeoutMs(request),
                request.sessionTimeoutMs(),
                copy(request.protocols()));
    }

    private static int rebalanceTimeoutMs(JoinGroupRequest request) {
        return request.rebalanceTimeoutMs() < 0 ? request.sessionTimeoutMs() : request.rebalanceTimeoutMs();
    }

    /// Answers now or when the leader's assignment is committed.
    public void sync(SyncGroupRequest request, Effects effects, Consumer<SyncGroupResponse> answer) {
        var group = groups.get(request.groupId());
        var problem = group == null
                ? ErrorCode.UNKNOWN_MEMBER_ID
                : problem(group, request.memberId(), request.groupInstanceId());
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
        var member = member(group, request.memberId());
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
                assignments.put(one.memberId(), copy(one.assignment()));
            }
        });
        int generation = group.generation;
        effects.append(ClassicRecords.metadata(group, assignments));
        effects.whenCommitted(() -> {
            if (group.state == ClassicGroup.State.COMPLETING_REBALANCE && group.generation == generation) {
                group.assigned(assignments);
            }
        });
        effects.whenFailed(error -> group.end(error));
    }

    public ErrorCode heartbeat(HeartbeatRequest request) {
        var group = groups.get(request.groupId());
        if (group == null) {
            return ErrorCode.UNKNOWN_MEMBER_ID;
        }
        var problem = problem(group, request.memberId(), request.groupInstanceId());
        if (problem != ErrorCode.NONE) {
            return problem;
        }
        if (request.generationId() != group.generation) {
            return ErrorCode.ILLEGAL_GENERATION;
        }
        return switch (group.state) {
            case EMPTY, DEAD -> ErrorCode.UNKNOWN_MEMBER_ID;
            case PREPARING_REBALANCE -> {
                group.alive(member(group, request.memberId()));
                yield ErrorCode.REBALANCE_IN_PROGRESS;
            }
            case COMPLETING_REBALANCE, STABLE -> {
                group.alive(member(group, request.memberId()));
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
            group.completeJoinIfAllAreHere(effects);
            return ErrorCode.NONE;
        }
        var problem = problem(group, id, instance);
        if (problem != ErrorCode.NONE) {
            return problem;
        }
        var reason = who.reason();
        group.remove(member(group, id), effects, reason == null ? "member " + id + " left" : reason);
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
        var problem = problem(group, memberId, instanceId);
        if (problem != ErrorCode.NONE) {
            return problem;
        }
        if (generation != group.generation) {
            return ErrorCode.ILLEGAL_GENERATION;
        }
        return switch (group.state) {
            case COMPLETING_REBALANCE -> ErrorCode.REBALANCE_IN_PROGRESS;
            case PREPARING_REBALANCE, STABLE -> {
                group.alive(member(group, memberId));
                yield ErrorCode.NONE;
            }
            case EMPTY, DEAD -> ErrorCode.UNKNOWN_MEMBER_ID;
        };
    }

    /// True if a member of the group reads this topic, as far as the group speaks the consumers' protocol.
    public boolean subscribes(String groupId, String topic) {
        var group = groups.get(groupId);
        var protocol = group == null ? null : group.protocol;
        if (group == null || protocol == null || !"consumer".equals(group.protocolType)) {
            return group != null && !group.members.isEmpty();
        }
        return group.members.values().stream()
                .anyMatch(member ->
                        Subscriptions.topics(member.metadata(protocol)).contains(topic));
    }

    public Optional<ErrorCode> whyNotDeletable(String groupId) {
        return isEmpty(groupId) ? Optional.empty() : Optional.of(ErrorCode.NON_EMPTY_GROUP);
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
        return Optional.ofNullable(groups.get(groupId)).map(group -> {
            boolean settled = group.state == ClassicGroup.State.STABLE;
            var type = group.protocolType;
            var protocol = group.protocol;
            return DescribedGroup.builder()
                    .groupId(group.id)
                    .groupState(group.state.text())
                    .protocolType(type == null ? "" : type)
                    .protocolData(settled && protocol != null ? protocol : "")
                    .members(group.members.values().stream()
                            .map(member -> DescribedGroupMember.builder()
                                    .memberId(member.id)
                                    .groupInstanceId(member.instanceId)
                                    .clientId(member.clientId)
                                    .clientHost(member.clientHost)
                                    .memberMetadata(
                                            settled && protocol != null
                                                    ? member.metadata(protocol).duplicate()
                                                    : ClassicMember.NOTHING.duplicate())
                                    .memberAssignment(
                                            settled ? member.assignment.duplicate() : ClassicMember.NOTHING.duplicate())
                                    .build())
                            .toList())
                    .build();
        });
    }

    private static ErrorCode problem(ClassicGroup group, String memberId, @Nullable String instanceId) {
        if (instanceId != null) {
            var current = group.memberIdsByInstance.get(instanceId);
            if (current == null) {
                return ErrorCode.UNKNOWN_MEMBER_ID;
            }
            return current.equals(memberId) ? ErrorCode.NONE : ErrorCode.FENCED_INSTANCE_ID;
        }
        return group.knows(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID;
    }

    private static ClassicMember member(ClassicGroup group, String id) {
        var member = group.members.get(id);
        if (member == null) {
            throw new IllegalStateException("group " + group.id + " has no member " + id);
        }
        return member;
    }

    private static Map<String, ByteBuffer> assignments(ClassicGroup group) {
        var assignments = new HashMap<String, ByteBuffer>();
        group.members.values().forEach(member -> assignments.put(member.id, member.assignment));
        return assignments;
    }

    private static void refuse(
            Consumer<JoinGroupResponse> answer, ErrorCode error, JoinGroupRequest request, Caller caller) {
        answer.accept(joinRefused(error, request.memberId(), caller.version()));
    }

    private static void refuse(Consumer<SyncGroupResponse> answer, ErrorCode error) {
        answer.accept(SyncGroupResponse.builder()
                .errorCode(error.code())
                .assignment(ClassicMember.NOTHING.duplicate())
                .build());
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

    private static JoinGroupRequestProtocol protocol(String name, ByteBuffer metadata) {
        return JoinGroupRequestProtocol.builder()
                .name(name)
                .metadata(copy(metadata))
                .build();
    }

    /// The bytes outlive the request's frame, so they leave it.
    private static List<JoinGroupRequestProtocol> copy(List<JoinGroupRequestProtocol> protocols) {
        return protocols.stream()
                .map(one -> protocol(one.name(), one.metadata()))
                .toList();
    }

    private static ByteBuffer copy(ByteBuffer bytes) {
        var copy = ByteBuffer.allocate(bytes.remaining());
        return copy.put(bytes.duplicate()).flip();
    }
}
