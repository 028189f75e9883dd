package io.moldau.broker;

import io.moldau.groups.GroupCoordinator;
import io.moldau.groups.ShareGroupsApi;
import io.moldau.protocol.ApiKey;
import io.moldau.protocol.message.ShareAcknowledgeRequest;
import io.moldau.protocol.message.ShareFetchRequest;
import io.moldau.protocol.message.ShareGroupDescribeRequest;
import io.moldau.protocol.message.ShareGroupDescribeResponse;
import io.moldau.protocol.message.ShareGroupHeartbeatRequest;
import io.moldau.shares.ShareCoordinator;
import io.moldau.shares.SharePartitions;

/// What makes share groups work on this node, and the requests about them (KIP-932).
///
/// @param sessions end with their connections
record ShareHandlers(
        ShareCoordinator store, SharePartitions partitions, ShareSessions sessions, ShareGroupRules rules) {
    static ShareHandlers of(NodeContext context) {
        var rules = new ShareGroupRules(context.controller(), context.live());
        var store = new ShareCoordinator(
                context.environment(),
                context.settings().int32("share.coordinator.snapshot.update.records.per.snapshot"),
                () -> new TopicsView(context.controller()).partitions(ShareCoordinator.TOPIC));
        return new ShareHandlers(
                store,
                new SharePartitions(store, context.environment(), rules::of),
                new ShareSessions(() -> context.settings().int32("group.share.max.share.sessions")),
                rules);
    }

    ShareStateKeeper keeper(TopicCreation creation) {
        return new ShareStateKeeper(rules, store, partitions, creation);
    }

    void register(ApiTable table, NodeContext context, GroupCoordinator coordinator) {
        var groups = new ShareGroupsApi(coordinator);
        var node = new ShareNode(context, partitions, sessions, rules);
        table.with(
                ApiKey.SHARE_GROUP_HEARTBEAT,
                ShareGroupHeartbeatRequest.class,
                (request, call) -> groups.heartbeat(request, GroupHandlers.caller(call), call::answer));
        table.with(
                ApiKey.SHARE_GROUP_DESCRIBE,
                ShareGroupDescribeRequest.class,
                (request, call) -> Gathered.<String, ShareGroupDescribeResponse.DescribedGroup>each(
                        request.groupIds(),
                        groups::describe,
                        described -> call.answer(ShareGroupDescribeResponse.builder()
                                .groups(Operations.ofGroups(
                                        described,
                                        request.includeAuthorizedOperations(),
                                        (group, may) -> group.toBuilder()
                                                .authorizedOperations(may)
                                                .build()))
                                .build())));
        table.with(ApiKey.SHARE_FETCH, ShareFetchRequest.class, new ShareFetchHandler(node));
        table.with(ApiKey.SHARE_ACKNOWLEDGE, ShareAcknowledgeRequest.class, new ShareAcknowledgeHandler(node));
        new ShareOffsetsHandlers(context, groups, store).register(table);
        new ShareStateHandlers(store, partitions).register(table);
    }
}
