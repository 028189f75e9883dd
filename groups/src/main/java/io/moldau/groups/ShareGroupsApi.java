package io.moldau.groups;

import io.moldau.coordination.Effects;
import io.moldau.groups.share.ShareStates;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.ShareGroupDescribeResponse.DescribedGroup;
import io.moldau.protocol.message.ShareGroupHeartbeatRequest;
import io.moldau.protocol.message.ShareGroupHeartbeatResponse;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// Share groups: membership, and where they read. Each answer comes once, on any thread.
public final class ShareGroupsApi {
    private final GroupCoordinator groups;
    private final ShareStates states;

    public ShareGroupsApi(GroupCoordinator groups) {
        this.groups = groups;
        this.states = groups.shareStates();
    }

    /// ShareGroupHeartbeat (key 76). New partitions get their share state first, so that the answer assigns them.
    public void heartbeat(
            ShareGroupHeartbeatRequest request, Caller caller, Consumer<ShareGroupHeartbeatResponse> answer) {
        var groupId = request.groupId();
        Consumer<ErrorCode> refused = error -> answer.accept(ShareGroupHeartbeatResponse.builder()
                .errorCode(error.code())
                .errorMessage("group \"" + groupId + "\": " + error.text())
                .build());
        if (groupId.isEmpty()) {
            refused.accept(ErrorCode.INVALID_REQUEST);
            return;
        }
        BiConsumer<GroupShard, Effects> finish = (shard, effects) -> {
            var response = shard.share().heartbeat(request, caller, effects);
            effects.whenCommitted(() -> answer.accept(response));
            effects.whenFailed(refused);
        };
        groups.on(
                groupId,
                (shard, effects) -> {
                    if (!shard.mayBeShare(groupId)) {
                        refused.accept(ErrorCode.GROUP_ID_NOT_FOUND);
                        return;
                    }
                    var missing = shard.share().missingStates(request, effects);
                    if (missing.isEmpty()) {
                        finish.accept(shard, effects);
                        return;
                    }
                    var starts = missing.get().starts();
                    effects.whenFailed(refused);
                    effects.whenCommitted(() -> states.ensure(
                            groupId,
                            missing.get().epoch(),
                            starts,
                            error -> groups.on(
                                    groupId,
                                    (later, more) -> {
                                        if (error == ErrorCode.NONE) {
                                            later.share().ledger().made(groupId, starts, more);
                                        }
                                        finish.accept(later, more);
                                    },
                                    refused)));
                },
                refused);
    }

    /// One group of ShareGroupDescribe (key 77).
    public void describe(String groupId, Consumer<DescribedGroup> answer) {
        Consumer<ErrorCode> refused = error -> answer.accept(DescribedGroup.builder()
                .errorCode(error.code())
                .errorMessage(
                        error == ErrorCode.GROUP_ID_NOT_FOUND
                                ? "there is no share group \"" + groupId + "\""
                                : error.text())
                .groupId(groupId)
                .members(List.of())
                .build());
        if (groupId.isEmpty()) {
            refused.accept(ErrorCode.INVALID_GROUP_ID);
            return;
        }
        groups.on(
                groupId,
                (shard, effects) -> {
                    var described = shard.share().describe(groupId);
                    effects.whenCommitted(() ->
                            described.ifPresentOrElse(answer, () -> refused.accept(ErrorCode.GROUP_ID_NOT_FOUND)));
                    effects.whenFailed(refused);
                },
                refused);
    }

    /// The partitions that the group has a state of.
    public void partitions(String groupId, BiConsumer<ErrorCode, SortedMap<Uuid, SortedSet<Integer>>> answer) {
        Consumer<ErrorCode> refused = error -> answer.accept(error, new TreeMap<>());
        groups.on(
                groupId,
                (shard, effects) -> {
                    boolean there = shard.share().has(groupId);
                    var partitions = shard.share().ledger().initialised(groupId);
                    effects.whenCommitted(
                            () -> answer.accept(there ? ErrorCode.NONE : ErrorCode.GROUP_ID_NOT_FOUND, partitions));
                    effects.whenFailed(refused);
                },
                refused);
    }

    /// Sets where a group without members reads; an error for the group, or one for each partition in their order.
    public void setStarts(
            String groupId, List<ShareStates.Start> starts, BiConsumer<ErrorCode, List<ErrorCode>> answer) {
        Consumer<ErrorCode> refused = error -> answer.accept(error, List.of());
        groups.on(
                groupId,
                (shard, effects) -> {
                    var allowed = mayChange(shard, groupId);
                    if (allowed != ErrorCode.NONE) {
                        refused.accept(allowed);
                        return;
                    }
                    int epoch = shard.share().ledger().setStarts(groupId, starts, effects);
                    effects.whenFailed(refused);
                    effects.whenCommitted(() -> states.reset(
                            groupId,
                            epoch,
                            starts,
                            errors -> groups.on(
                                    groupId,
                                    (later, more) -> {
                                        boolean all = errors.stream().allMatch(one -> one == ErrorCode.NONE);
                                        if (all) {
                                            later.share().ledger().startsSet(groupId, starts, more);
                                        }
                                        more.whenCommitted(() -> answer.accept(ErrorCode.NONE, errors));
                                        more.whenFailed(refused);
                                    },
                                    refused)));
                },
                refused);
    }

    private static ErrorCode mayChange(GroupShard shard, String groupId) {
        if (!shard.share().has(groupId)) {
            return ErrorCode.GROUP_ID_NOT_FOUND;
        }
        return shard.share().isEmpty(groupId) ? ErrorCode.NONE : ErrorCode.NON_EMPTY_GROUP;
    }

    /// Forgets all that a group without members did in these topics.
    public void deleteStarts(String groupId, List<Uuid> topics, Consumer<ErrorCode> answer) {
        groups.on(
                groupId,
                (shard, effects) -> {
                    var allowed = mayChange(shard, groupId);
                    if (allowed != ErrorCode.NONE) {
                        answer.accept(allowed);
                        return;
                    }
                    shard.share()
                            .ledger()
                            .delete(groupId, topics::contains, "DeleteShareGroupOffsets asks for it", effects);
                    effects.whenFailed(answer);
                    effects.whenCommitted(() -> groups.deleteShareStates(groupId, answer));
                },
                answer);
    }

    /// Deletes a share group without members, its states first.
    void delete(String groupId, Consumer<ErrorCode> answer) {
        groups.on(
                groupId,
                (shard, effects) -> {
                    var allowed = mayChange(shard, groupId);
                    if (allowed != ErrorCode.NONE) {
                        answer.accept(allowed);
                        return;
                    }
                    shard.share().ledger().delete(groupId, topic -> true, "DeleteGroups asks for it", effects);
                    effects.whenFailed(answer);
                    effects.whenCommitted(() -> groups.deleteShareStates(groupId, error -> {
                        if (error == ErrorCode.NONE) {
                            deleteEmptied(groupId, answer);
                        } else {
                            answer.accept(error);
                        }
                    }));
                },
                answer);
    }

    private void deleteEmptied(String groupId, Consumer<ErrorCode> answer) {
        groups.on(
                groupId,
                (shard, effects) -> {
                    boolean emptied = shard.share().isEmpty(groupId)
                            && shard.share().ledger().initialised(groupId).isEmpty();
                    if (emptied) {
                        shard.share().delete(groupId, effects);
                    }
                    effects.whenCommitted(() -> answer.accept(emptied ? ErrorCode.NONE : ErrorCode.NON_EMPTY_GROUP));
                    effects.whenFailed(answer);
                },
                answer);
    }
}
