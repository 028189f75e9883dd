package io.moldau.groups;

import io.moldau.groups.classic.ClassicProtocol;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.ConsumerGroupHeartbeatRequest;
import io.moldau.protocol.message.ConsumerGroupHeartbeatResponse;
import io.moldau.protocol.message.HeartbeatRequest;
import io.moldau.protocol.message.HeartbeatResponse;
import io.moldau.protocol.message.JoinGroupRequest;
import io.moldau.protocol.message.JoinGroupResponse;
import io.moldau.protocol.message.LeaveGroupRequest;
import io.moldau.protocol.message.LeaveGroupRequest.MemberIdentity;
import io.moldau.protocol.message.LeaveGroupResponse;
import io.moldau.protocol.message.LeaveGroupResponse.MemberResponse;
import io.moldau.protocol.message.SyncGroupRequest;
import io.moldau.protocol.message.SyncGroupResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/// Membership requests of both kinds of groups. Each answer comes once, on any thread.
public final class MembershipApi {
    private final GroupCoordinator groups;

    public MembershipApi(GroupCoordinator groups) {
        this.groups = groups;
    }

    /// JoinGroup (key 11). Answered when the rebalance that it causes, or takes part in, is complete.
    public void join(JoinGroupRequest request, Caller caller, Consumer<JoinGroupResponse> answer) {
        Consumer<ErrorCode> refused =
                error -> answer.accept(ClassicProtocol.joinRefused(error, request.memberId(), caller.version()));
        if (request.groupId().isEmpty()) {
            refused.accept(ErrorCode.INVALID_GROUP_ID);
            return;
        }
        groups.on(request.groupId(), (shard, effects) -> shard.join(request, caller, effects, answer), refused);
    }

    /// SyncGroup (key 14).
    public void sync(SyncGroupRequest request, Consumer<SyncGroupResponse> answer) {
        groups.on(
                request.groupId(),
                (shard, effects) -> shard.sync(request, effects, answer),
                error -> answer.accept(SyncGroupResponse.builder()
                        .errorCode(error.code())
                        .assignment(ByteBuffer.allocate(0))
                        .build()));
    }

    /// Heartbeat (key 12).
    public void heartbeat(HeartbeatRequest request, Consumer<HeartbeatResponse> answer) {
        Consumer<ErrorCode> answered = error -> answer.accept(
                HeartbeatResponse.builder().errorCode(error.code()).build());
        groups.on(request.groupId(), (shard, effects) -> answered.accept(shard.heartbeat(request, effects)), answered);
    }

    /// LeaveGroup (key 13); from version 3 on many members at once.
    public void leave(LeaveGroupRequest request, Caller caller, Consumer<LeaveGroupResponse> answer) {
        var members = caller.version() >= 3
                ? request.members()
                : List.of(MemberIdentity.builder().memberId(request.memberId()).build());
        groups.on(
                request.groupId(),
                (shard, effects) -> {
                    var errors = shard.leave(request.groupId(), members, effects);
                    var results = IntStream.range(0, members.size())
                            .mapToObj(i -> MemberResponse.builder()
                                    .memberId(members.get(i).memberId())
                                    .groupInstanceId(members.get(i).groupInstanceId())
                                    .errorCode(errors.get(i).code())
                                    .build())
                            .toList();
                    effects.whenCommitted(() -> answer.accept(
                            caller.version() >= 3
                                    ? LeaveGroupResponse.builder()
                                            .members(results)
                                            .build()
                                    : LeaveGroupResponse.builder()
                                            .errorCode(results.getFirst().errorCode())
                                            .members(List.of())
                                            .build()));
                    effects.whenFailed(error -> answer.accept(leaveRefused(error)));
                },
                error -> answer.accept(leaveRefused(error)));
    }

    private static LeaveGroupResponse leaveRefused(ErrorCode error) {
        return LeaveGroupResponse.builder()
                .errorCode(error.code())
                .members(List.of())
                .build();
    }

    /// ConsumerGroupHeartbeat (key 68).
    public void consumerHeartbeat(
            ConsumerGroupHeartbeatRequest request, Caller caller, Consumer<ConsumerGroupHeartbeatResponse> answer) {
        Consumer<ErrorCode> refused = error -> answer.accept(ConsumerGroupHeartbeatResponse.builder()
                .errorCode(error.code())
                .errorMessage("group \"" + request.groupId() + "\": " + error.text())
                .build());
        if (request.groupId().isEmpty()) {
            refused.accept(ErrorCode.INVALID_REQUEST);
            return;
        }
        groups.on(
                request.groupId(),
                (shard, effects) -> {
                    var response = shard.heartbeat(request, caller, effects);
                    effects.whenCommitted(() -> answer.accept(response));
                    effects.whenFailed(refused);
                },
                refused);
    }
}
