package io.moldau.groups;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.ConsumerGroupDescribeResponse;
import io.moldau.protocol.message.DeleteGroupsResponse.DeletableGroupResult;
import io.moldau.protocol.message.DescribeGroupsResponse;
import io.moldau.protocol.message.ListGroupsResponse.ListedGroup;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// Looking at groups and deleting them. Each answer comes once, on any thread.
public final class GroupsApi {
    private final GroupCoordinator groups;

    public GroupsApi(GroupCoordinator groups) {
        this.groups = groups;
    }

    /// ListGroups (key 16): the groups of every shard, and COORDINATOR_LOAD_IN_PROGRESS if one could not say.
    public void list(List<String> states, List<String> types, BiConsumer<ErrorCode, List<ListedGroup>> answer) {
        int count = groups.shardCount();
        if (count == 0) {
            answer.accept(ErrorCode.NONE, List.of());
            return;
        }
        var found = Collections.synchronizedList(new ArrayList<ListedGroup>());
        var missing = new AtomicInteger(count);
        var silent = new AtomicInteger();
        Runnable one = () -> {
            if (missing.decrementAndGet() == 0) {
                answer.accept(
                        silent.get() == 0 ? ErrorCode.NONE : ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
                        List.copyOf(found));
            }
        };
        groups.onEach(
                (shard, effects) -> {
                    found.addAll(shard.list(states, types));
                    one.run();
                },
                () -> {
                    silent.incrementAndGet();
                    one.run();
                });
    }

    /// One group of DescribeGroups (key 15); version 6 and later tell a group that does not exist from a dead one.
    public void describe(String groupId, Caller caller, Consumer<DescribeGroupsResponse.DescribedGroup> answer) {
        groups.on(
                groupId,
                (shard, effects) -> answer.accept(
                        shard.classic().describe(groupId).orElseGet(() -> absent(shard, groupId, caller))),
                error -> answer.accept(described(groupId, error, "", "")));
    }

    private static DescribeGroupsResponse.DescribedGroup absent(GroupShard shard, String groupId, Caller caller) {
        boolean hasOffsets = shard.offsets().has(groupId);
        if (hasOffsets && !shard.consumer().has(groupId)) {
            return described(groupId, ErrorCode.NONE, "Empty", "");
        }
        return caller.version() >= 6
                ? described(
                        groupId, ErrorCode.GROUP_ID_NOT_FOUND, "Dead", "there is no classic group \"" + groupId + "\"")
                : described(groupId, ErrorCode.NONE, "Dead", "");
    }

    private static DescribeGroupsResponse.DescribedGroup described(
            String groupId, ErrorCode error, String state, String reason) {
        return DescribeGroupsResponse.DescribedGroup.builder()
                .errorCode(error.code())
                .errorMessage(reason.isEmpty() ? null : reason)
                .groupId(groupId)
                .groupState(state)
                .protocolType("")
                .protocolData("")
                .members(List.of())
                .build();
    }

    /// One group of ConsumerGroupDescribe (key 69).
    public void describeConsumer(String groupId, Consumer<ConsumerGroupDescribeResponse.DescribedGroup> answer) {
        if (groupId.isEmpty()) {
            answer.accept(consumerRefused(groupId, ErrorCode.INVALID_GROUP_ID, "the name of the group is missing"));
            return;
        }
        groups.on(
                groupId,
                (shard, effects) -> {
                    var described = shard.consumer()
                            .describe(groupId)
                            .orElseGet(() -> consumerRefused(
                                    groupId,
                                    ErrorCode.GROUP_ID_NOT_FOUND,
                                    "there is no consumer group \"" + groupId + "\""));
                    effects.whenCommitted(() -> answer.accept(described));
                    effects.whenFailed(error -> answer.accept(consumerRefused(groupId, error, error.text())));
                },
                error -> answer.accept(consumerRefused(groupId, error, error.text())));
    }

    private static ConsumerGroupDescribeResponse.DescribedGroup consumerRefused(
            String groupId, ErrorCode error, String reason) {
        return ConsumerGroupDescribeResponse.DescribedGroup.builder()
                .errorCode(error.code())
                .errorMessage(reason)
                .groupId(groupId)
                .groupState("")
                .assignorName("")
                .members(List.of())
                .build();
    }

    /// One group of DeleteGroups (key 42).
    public void delete(String groupId, Consumer<DeletableGroupResult> answer) {
        Consumer<ErrorCode> answered = error -> answer.accept(DeletableGroupResult.builder()
                .groupId(groupId)
                .errorCode(error.code())
                .build());
        groups.on(
                groupId,
                (shard, effects) -> {
                    if (shard.share().has(groupId)) {
                        new ShareGroupsApi(groups).delete(groupId, answered);
                        return;
                    }
                    var result = shard.delete(groupId, effects);
                    effects.whenCommitted(() -> answered.accept(result));
                    effects.whenFailed(answered);
                },
                answered);
    }
}
