package io.moldau.groups.classic;

import io.moldau.coordination.Effects;
import io.moldau.groups.Caller;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.JoinGroupRequest;
import io.moldau.protocol.message.JoinGroupResponse;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// One request to join a group: by a new member, a static one that came back, or one that is known.
///
/// It is answered now, or when the rebalance to which it leads is complete.
record ClassicJoin(
        ClassicGroup group,
        int maxSize,
        Supplier<String> uniqueText,
        JoinGroupRequest request,
        Caller caller,
        Effects effects,
        Consumer<JoinGroupResponse> answer) {
    private static final short MEMBER_ID_REQUIRED_SINCE = 4;
    private static final short SKIP_ASSIGNMENT_SINCE = 9;
    private static final int MAX_CLIENT_ID_IN_MEMBER_ID = 200;

    void run() {
        if (!group.accepts(request.protocolType(), request.protocols())) {
            refuse(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
        } else if (request.memberId().isEmpty()) {
            joinNew();
        } else {
            joinKnown(request.memberId());
        }
    }

    private void joinNew() {
        var instance = request.groupInstanceId();
        if (instance != null) {
            var id = instance + "-" + uniqueText.get();
            var previousId = group.memberIdsByInstance.get(instance);
            var previous = previousId == null ? null : group.members.get(previousId);
            if (previous != null) {
                rejoinStatic(previous, ClassicMember.of(id, request, caller));
            } else if (isFull()) {
                refuse(ErrorCode.GROUP_MAX_SIZE_REACHED);
            } else {
                addAndRebalance(id);
            }
            return;
        }
        if (isFull()) {
            refuse(ErrorCode.GROUP_MAX_SIZE_REACHED);
            return;
        }
        var clientId = caller.clientId();
        var id =
                clientId.substring(0, Math.min(clientId.length(), MAX_CLIENT_ID_IN_MEMBER_ID)) + "-" + uniqueText.get();
        if (caller.version() >= MEMBER_ID_REQUIRED_SINCE) {
            group.expect(id, request.sessionTimeoutMs());
            answer.accept(ClassicProtocol.joinRefused(ErrorCode.MEMBER_ID_REQUIRED, id, caller.version()));
        } else {
            addAndRebalance(id);
        }
    }

    private boolean isFull() {
        return group.members.size() + group.pendingIds.size() >= maxSize;
    }

    private void rejoinStatic(ClassicMember previous, ClassicMember next) {
        boolean unchanged = group.state == ClassicGroup.State.STABLE
                && group.protocol != null
                && previous.metadata(group.protocol).equals(next.metadata(group.protocol));
        boolean wasLeader = previous.id.equals(group.leader);
        group.replaceStatic(previous, next);
        group.alive(next);
        if (unchanged) {
            var assignments = new HashMap<String, ByteBuffer>();
            group.members.values().forEach(member -> assignments.put(member.id, member.assignment));
            effects.append(ClassicRecords.metadata(group, assignments));
            effects.whenFailed(error -> answer.accept(ClassicProtocol.joinRefused(error, next.id, caller.version())));
            // A leader that cannot be told to skip the assignment gets another member as its leader.
            var response = group.joined(next, caller.version(), wasLeader);
            effects.whenCommitted(() -> answer.accept(
                    wasLeader && caller.version() < SKIP_ASSIGNMENT_SINCE
                            ? response.toBuilder()
                                    .leader(previous.id)
                                    .members(List.of())
                                    .build()
                            : response));
            return;
        }
        await(next);
        if (group.state == ClassicGroup.State.PREPARING_REBALANCE) {
            group.rebalance.completeJoinIfAllAreHere(effects);
        } else {
            group.rebalance.prepare(effects, "static member " + next.instanceId + " came back changed");
        }
    }

    private void joinKnown(String id) {
        if (group.pendingIds.contains(id)) {
            addAndRebalance(id);
            return;
        }
        var problem = group.problem(id, request.groupInstanceId());
        if (problem != ErrorCode.NONE) {
            refuse(problem);
            return;
        }
        var member = group.member(id);
        boolean same = member.sameProtocols(request.protocols());
        switch (group.state) {
            case PREPARING_REBALANCE -> {
                member.update(request);
                await(member);
                group.rebalance.completeJoinIfAllAreHere(effects);
            }
            case COMPLETING_REBALANCE -> {
                if (same) {
                    answer.accept(group.joined(member, caller.version(), false));
                } else {
                    rejoin(member, "member " + id + " changed");
                }
            }
            case STABLE -> {
                if (same && !id.equals(group.leader)) {
                    answer.accept(group.joined(member, caller.version(), false));
                } else {
                    rejoin(member, withReason("member " + id + " asks for it"));
                }
            }
            case EMPTY, DEAD -> refuse(ErrorCode.UNKNOWN_MEMBER_ID);
        }
    }

    private void rejoin(ClassicMember member, String why) {
        member.update(request);
        await(member);
        group.rebalance.prepare(effects, why);
    }

    private void addAndRebalance(String id) {
        var member = ClassicMember.of(id, request, caller);
        if (group.members.isEmpty()) {
            group.protocolType = request.protocolType();
        }
        group.put(member);
        await(member);
        group.alive(member);
        if (group.state == ClassicGroup.State.PREPARING_REBALANCE) {
            group.rebalance.completeJoinIfAllAreHere(effects);
        } else {
            group.rebalance.prepare(effects, withReason("member " + id + " joined"));
        }
    }

    private String withReason(String what) {
        var reason = request.reason();
        return what + " (" + caller.host() + ")" + (reason == null || reason.isEmpty() ? "" : ": " + reason);
    }

    private void await(ClassicMember member) {
        // A second join of the same member takes the place of the first, whose connection is gone.
        member.awaitingJoin.ifPresent(first ->
                first.accept(ClassicProtocol.joinRefused(ErrorCode.UNKNOWN_MEMBER_ID, member.id, member.joinVersion)));
        member.awaitingJoin = Optional.of(answer);
        member.joinVersion = caller.version();
    }

    private void refuse(ErrorCode error) {
        answer.accept(ClassicProtocol.joinRefused(error, request.memberId(), caller.version()));
    }
}
