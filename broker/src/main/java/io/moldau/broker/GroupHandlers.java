package io.moldau.broker;

import io.moldau.groups.Caller;
import io.moldau.groups.GroupCoordinator;
import io.moldau.groups.GroupsApi;
import io.moldau.groups.MembershipApi;
import io.moldau.groups.OffsetsApi;
import io.moldau.protocol.ApiKey;
import io.moldau.protocol.message.ConsumerGroupDescribeRequest;
import io.moldau.protocol.message.ConsumerGroupDescribeResponse;
import io.moldau.protocol.message.ConsumerGroupHeartbeatRequest;
import io.moldau.protocol.message.DeleteGroupsRequest;
import io.moldau.protocol.message.DeleteGroupsResponse;
import io.moldau.protocol.message.DescribeGroupsRequest;
import io.moldau.protocol.message.DescribeGroupsResponse;
import io.moldau.protocol.message.HeartbeatRequest;
import io.moldau.protocol.message.JoinGroupRequest;
import io.moldau.protocol.message.LeaveGroupRequest;
import io.moldau.protocol.message.ListGroupsRequest;
import io.moldau.protocol.message.ListGroupsResponse;
import io.moldau.protocol.message.OffsetCommitRequest;
import io.moldau.protocol.message.OffsetDeleteRequest;
import io.moldau.protocol.message.SyncGroupRequest;

/// The group requests, handed to the groups room as they are. OffsetFetch, whose shape changed, has its own handler.
final class GroupHandlers {
    private GroupHandlers() {}

    static void register(ApiTable table, GroupCoordinator coordinator) {
        var membership = new MembershipApi(coordinator);
        var offsets = new OffsetsApi(coordinator);
        var groups = new GroupsApi(coordinator);
        table.with(
                ApiKey.JOIN_GROUP,
                JoinGroupRequest.class,
                (request, call) -> membership.join(request, caller(call), call::answer));
        table.with(
                ApiKey.SYNC_GROUP, SyncGroupRequest.class, (request, call) -> membership.sync(request, call::answer));
        table.with(
                ApiKey.HEARTBEAT,
                HeartbeatRequest.class,
                (request, call) -> membership.heartbeat(request, call::answer));
        table.with(
                ApiKey.LEAVE_GROUP,
                LeaveGroupRequest.class,
                (request, call) -> membership.leave(request, caller(call), call::answer));
        table.with(
                ApiKey.CONSUMER_GROUP_HEARTBEAT,
                ConsumerGroupHeartbeatRequest.class,
                (request, call) -> membership.consumerHeartbeat(request, caller(call), call::answer));
        table.with(
                ApiKey.OFFSET_COMMIT,
                OffsetCommitRequest.class,
                (request, call) -> offsets.commit(request, caller(call), call::answer));
        table.with(
                ApiKey.OFFSET_DELETE,
                OffsetDeleteRequest.class,
                (request, call) -> offsets.delete(request, call::answer));
        new OffsetFetchHandler(offsets).register(table);
        table.with(
                ApiKey.LIST_GROUPS,
                ListGroupsRequest.class,
                (request, call) -> groups.list(
                        request.statesFilter(),
                        request.typesFilter(),
                        (error, listed) -> call.answer(ListGroupsResponse.builder()
                                .errorCode(error.code())
                                .groups(listed)
                                .build())));
        table.with(
                ApiKey.DESCRIBE_GROUPS,
                DescribeGroupsRequest.class,
                (request, call) -> Gathered.<String, DescribeGroupsResponse.DescribedGroup>each(
                        request.groups(),
                        (id, one) -> groups.describe(id, caller(call), one),
                        described -> call.answer(DescribeGroupsResponse.builder()
                                .groups(Operations.ofGroups(
                                        described,
                                        request.includeAuthorizedOperations(),
                                        (group, may) -> group.toBuilder()
                                                .authorizedOperations(may)
                                                .build()))
                                .build())));
        table.with(
                ApiKey.CONSUMER_GROUP_DESCRIBE,
                ConsumerGroupDescribeRequest.class,
                (request, call) -> Gathered.<String, ConsumerGroupDescribeResponse.DescribedGroup>each(
                        request.groupIds(),
                        groups::describeConsumer,
                        described -> call.answer(ConsumerGroupDescribeResponse.builder()
                                .groups(Operations.ofGroups(
                                        described,
                                        request.includeAuthorizedOperations(),
                                        (group, may) -> group.toBuilder()
                                                .authorizedOperations(may)
                                                .build()))
                                .build())));
        table.with(
                ApiKey.DELETE_GROUPS,
                DeleteGroupsRequest.class,
                (request, call) -> Gathered.<String, DeleteGroupsResponse.DeletableGroupResult>each(
                        request.groupsNames(),
                        groups::delete,
                        results -> call.answer(
                                DeleteGroupsResponse.builder().results(results).build())));
    }

    static Caller caller(Call call) {
        return new Caller(call.clientId(), call.peer().host(), call.version());
    }
}
