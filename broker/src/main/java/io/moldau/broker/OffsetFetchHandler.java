package io.moldau.broker;

import io.moldau.groups.OffsetsApi;
import io.moldau.protocol.ApiKey;
import io.moldau.protocol.message.OffsetFetchRequest;
import io.moldau.protocol.message.OffsetFetchRequest.OffsetFetchRequestGroup;
import io.moldau.protocol.message.OffsetFetchRequest.OffsetFetchRequestTopics;
import io.moldau.protocol.message.OffsetFetchResponse;
import io.moldau.protocol.message.OffsetFetchResponse.OffsetFetchResponseGroup;
import io.moldau.protocol.message.OffsetFetchResponse.OffsetFetchResponsePartition;
import io.moldau.protocol.message.OffsetFetchResponse.OffsetFetchResponseTopic;
import java.util.List;

/// OffsetFetch (key 9), versions 1–10.
/// - v2  all topics of a group by a null list, an error for the whole group
/// - v7  no offsets that open transactions may change (KIP-447)
/// - v8  many groups (KIP-709); the versions below are answered through the same shape
/// - v9  member epochs (KIP-848)
/// - v10 topics by id
final class OffsetFetchHandler implements ApiHandler<OffsetFetchRequest> {
    private static final short MANY_GROUPS_SINCE = 8;

    private final OffsetsApi offsets;

    OffsetFetchHandler(OffsetsApi offsets) {
        this.offsets = offsets;
    }

    void register(ApiTable table) {
        table.with(ApiKey.OFFSET_FETCH, OffsetFetchRequest.class, this);
    }

    @Override
    public void handle(OffsetFetchRequest request, Call call) {
        var caller = GroupHandlers.caller(call);
        List<OffsetFetchRequestGroup> groups =
                call.version() >= MANY_GROUPS_SINCE ? request.groups() : List.of(single(request));
        Gathered.<OffsetFetchRequestGroup, OffsetFetchResponseGroup>each(
                groups,
                (group, one) -> offsets.fetch(group, request.requireStable(), caller, one),
                fetched -> call.answer(
                        call.version() >= MANY_GROUPS_SINCE
                                ? OffsetFetchResponse.builder().groups(fetched).build()
                                : single(fetched.getFirst(), request, call.version())));
    }

    private static OffsetFetchRequestGroup single(OffsetFetchRequest request) {
        var topics = request.topics();
        return OffsetFetchRequestGroup.builder()
                .groupId(request.groupId())
                .topics(
                        topics == null
                                ? null
                                : topics.stream()
                                        .map(topic -> OffsetFetchRequestTopics.builder()
                                                .name(topic.name())
                                                .partitionIndexes(topic.partitionIndexes())
                                                .build())
                                        .toList())
                .build();
    }

    private static OffsetFetchResponse single(
            OffsetFetchResponseGroup group, OffsetFetchRequest request, short version) {
        var response = OffsetFetchResponse.builder()
                .errorCode(group.errorCode())
                .topics(group.topics().stream()
                        .map(topic -> OffsetFetchResponseTopic.builder()
                                .name(topic.name())
                                .partitions(topic.partitions().stream()
                                        .map(partition -> OffsetFetchResponsePartition.builder()
                                                .partitionIndex(partition.partitionIndex())
                                                .committedOffset(partition.committedOffset())
                                                .committedLeaderEpoch(
                                                        version >= 5 ? partition.committedLeaderEpoch() : -1)
                                                .metadata(partition.metadata())
                                                .errorCode(partition.errorCode())
                                                .build())
                                        .toList())
                                .build())
                        .toList());
        var topics = request.topics();
        if (version < 2 && group.errorCode() != 0 && topics != null) {
            // Version 1 has no place for an error of the group: every partition carries it.
            response.topics(topics.stream()
                    .map(topic -> OffsetFetchResponseTopic.builder()
                            .name(topic.name())
                            .partitions(topic.partitionIndexes().stream()
                                    .map(index -> OffsetFetchResponsePartition.builder()
                                            .partitionIndex(index)
                                            .committedOffset(-1)
                                            .metadata("")
                                            .errorCode(group.errorCode())
                                            .build())
                                    .toList())
                            .build())
                    .toList());
        }
        return response.build();
    }
}
