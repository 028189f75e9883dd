package io.moldau.groups;

import io.moldau.groups.streams.StreamsProtocol;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.StreamsGroupDescribeResponse.DescribedGroup;
import io.moldau.protocol.message.StreamsGroupHeartbeatRequest;
import java.util.List;
import java.util.function.Consumer;

/// Requests of streams groups (KIP-1071). Each answer comes once, on any thread.
public final class StreamsApi {
    private final GroupCoordinator groups;

    public StreamsApi(GroupCoordinator groups) {
        this.groups = groups;
    }

    /// StreamsGroupHeartbeat (key 88). Whoever asks makes the topics that are missing.
    public void heartbeat(
            StreamsGroupHeartbeatRequest request, Caller caller, Consumer<StreamsProtocol.Answer> answer) {
        Consumer<ErrorCode> refused = error -> answer.accept(new StreamsProtocol.Answer(
                StreamsProtocol.refused(error, "group \"" + request.groupId() + "\": " + error.text()), List.of()));
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

    /// One group of StreamsGroupDescribe (key 89).
    public void describe(String groupId, Consumer<DescribedGroup> answer) {
        if (groupId.isEmpty()) {
            answer.accept(refused(groupId, ErrorCode.INVALID_GROUP_ID, "the name of the group is missing"));
            return;
        }
        groups.on(
                groupId,
                (shard, effects) -> {
                    var described = shard.streams()
                            .describe(groupId)
                            .orElseGet(() -> refused(
                                    groupId,
                                    ErrorCode.GROUP_ID_NOT_FOUND,
                                    "there is no streams group \"" + groupId + "\""));
                    effects.whenCommitted(() -> answer.accept(described));
                    effects.whenFailed(error -> answer.accept(refused(groupId, error, error.text())));
                },
                error -> answer.accept(refused(groupId, error, error.text())));
    }

    private static DescribedGroup refused(String groupId, ErrorCode error, String reason) {
        return DescribedGroup.builder()
                .errorCode(error.code())
                .errorMessage(reason)
                .groupId(groupId)
                .groupState("")
                .topology(null)
                .members(List.of())
                .build();
    }
}
