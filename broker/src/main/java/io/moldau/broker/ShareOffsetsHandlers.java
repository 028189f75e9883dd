package io.moldau.broker;

import io.moldau.groups.ShareGroupsApi;
import io.moldau.groups.share.ShareStates.Start;
import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.AlterShareGroupOffsetsRequest;
import io.moldau.protocol.message.AlterShareGroupOffsetsResponse;
import io.moldau.protocol.message.AlterShareGroupOffsetsResponse.AlterShareGroupOffsetsResponsePartition;
import io.moldau.protocol.message.AlterShareGroupOffsetsResponse.AlterShareGroupOffsetsResponseTopic;
import io.moldau.protocol.message.DeleteShareGroupOffsetsRequest;
import io.moldau.protocol.message.DeleteShareGroupOffsetsResponse;
import io.moldau.protocol.message.DeleteShareGroupOffsetsResponse.DeleteShareGroupOffsetsResponseTopic;
import io.moldau.protocol.message.DescribeShareGroupOffsetsRequest;
import io.moldau.protocol.message.DescribeShareGroupOffsetsRequest.DescribeShareGroupOffsetsRequestGroup;
import io.moldau.protocol.message.DescribeShareGroupOffsetsResponse;
import io.moldau.protocol.message.DescribeShareGroupOffsetsResponse.DescribeShareGroupOffsetsResponseGroup;
import io.moldau.protocol.message.DescribeShareGroupOffsetsResponse.DescribeShareGroupOffsetsResponsePartition;
import io.moldau.protocol.message.DescribeShareGroupOffsetsResponse.DescribeShareGroupOffsetsResponseTopic;
import io.moldau.shares.ShareCoordinator;
import io.moldau.shares.ShareKey;
import io.moldau.shares.ShareState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Where share groups read (keys 90–92).
/// - DescribeShareGroupOffsets v1: the lag (KIP-1226), records from the start on that are not done with
final class ShareOffsetsHandlers {
    private final NodeContext context;
    private final ShareGroupsApi groups;
    private final ShareCoordinator store;

    ShareOffsetsHandlers(NodeContext context, ShareGroupsApi groups, ShareCoordinator store) {
        this.context = context;
        this.groups = groups;
        this.store = store;
    }

    void register(ApiTable table) {
        table.with(
                ApiKey.DESCRIBE_SHARE_GROUP_OFFSETS,
                DescribeShareGroupOffsetsRequest.class,
                (request, call) ->
                        Gathered.<DescribeShareGroupOffsetsRequestGroup, DescribeShareGroupOffsetsResponseGroup>each(
                                request.groups(),
                                this::describe,
                                described -> call.answer(DescribeShareGroupOffsetsResponse.builder()
                                        .groups(described)
                                        .build())));
        table.with(ApiKey.ALTER_SHARE_GROUP_OFFSETS, AlterShareGroupOffsetsRequest.class, this::alter);
        table.with(ApiKey.DELETE_SHARE_GROUP_OFFSETS, DeleteShareGroupOffsetsRequest.class, this::delete);
    }

    private record Place(String topic, Uuid id, int partition) {}

    private void describe(
            DescribeShareGroupOffsetsRequestGroup request, Consumer<DescribeShareGroupOffsetsResponseGroup> answer) {
        groups.partitions(request.groupId(), (error, known) -> {
            if (error != ErrorCode.NONE) {
                answer.accept(DescribeShareGroupOffsetsResponseGroup.builder()
                        .groupId(request.groupId())
                        .topics(List.of())
                        .errorCode(error.code())
                        .errorMessage(
                                error == ErrorCode.GROUP_ID_NOT_FOUND
                                        ? "there is no share group \"" + request.groupId() + "\""
                                        : error.text())
                        .build());
                return;
            }
            var places = new ArrayList<Place>();
            var wanted = request.topics();
            if (wanted == null) {
                known.forEach((topic, partitions) -> context.topic(topic)
                        .ifPresent(image -> partitions.forEach(
                                partition -> places.add(new Place(image.name(), topic, partition)))));
            } else {
                wanted.forEach(topic -> topic.partitions()
                        .forEach(partition ->
                                places.add(new Place(topic.topicName(), id(topic.topicName()), partition))));
            }
            Gathered.<Place, DescribeShareGroupOffsetsResponsePartition>each(
                    places,
                    (place, one) -> describe(request.groupId(), place, one),
                    described -> answer.accept(group(request.groupId(), places, described)));
        });
    }

    private static DescribeShareGroupOffsetsResponseGroup group(
            String group, List<Place> places, List<DescribeShareGroupOffsetsResponsePartition> described) {
        var byTopic = new LinkedHashMap<String, List<DescribeShareGroupOffsetsResponsePartition>>();
        var ids = new HashMap<String, Uuid>();
        for (int i = 0; i < places.size(); i++) {
            var place = places.get(i);
            ids.put(place.topic(), place.id());
            byTopic.computeIfAbsent(place.topic(), topic -> new ArrayList<>()).add(described.get(i));
        }
        return DescribeShareGroupOffsetsResponseGroup.builder()
                .groupId(group)
                .topics(byTopic.entrySet().stream()
                        .map(topic -> DescribeShareGroupOffsetsResponseTopic.builder()
                                .topicName(topic.getKey())
                                .topicId(ids.getOrDefault(topic.getKey(), Uuid.ZERO))
                                .partitions(topic.getValue())
                                .build())
                        .toList())
                .build();
    }

    private Uuid id(String topic) {
        return context.image().topic(topic).map(image -> image.id()).orElse(Uuid.ZERO);
    }

    private void describe(String group, Place place, Consumer<DescribeShareGroupOffsetsResponsePartition> answer) {
        var described = DescribeShareGroupOffsetsResponsePartition.builder()
                .partitionIndex(place.partition())
                .startOffset(-1)
                .lag(-1);
        var partition = context.partition(place.topic(), place.partition());
        if (partition.isEmpty()) {
            answer.accept(described
                    .errorCode(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION.code())
                    .errorMessage("there is no partition " + place.topic() + "-" + place.partition())
                    .build());
            return;
        }
        described.leaderEpoch(partition.get().leaderEpoch());
        store.look(new ShareKey(group, place.id(), place.partition()), found -> {
            var state = found.state().filter(one -> one.startOffset() != ShareState.NOT_BEGUN);
            if (found.error() != ErrorCode.NONE && found.error() != ErrorCode.COORDINATOR_NOT_AVAILABLE) {
                described
                        .errorCode(found.error().code())
                        .errorMessage(found.error().text());
            } else if (state.isPresent()) {
                long start = Math.max(state.get().startOffset(), partition.get().logStartOffset());
                long done = start == state.get().startOffset()
                        ? Math.max(0, state.get().deliveryCompleteCount())
                        : 0;
                described.startOffset(start).lag(Math.max(0, partition.get().highWatermark() - start - done));
            }
            answer.accept(described.build());
        });
    }

    private void alter(AlterShareGroupOffsetsRequest request, Call call) {
        var starts = new ArrayList<Start>();
        var results = new LinkedHashMap<Place, ErrorCode>();
        for (var topic : request.topics()) {
            var id = id(topic.topicName());
            for (var partition : topic.partitions()) {
                var place = new Place(topic.topicName(), id, partition.partitionIndex());
                boolean there = context.partition(topic.topicName(), partition.partitionIndex())
                        .isPresent();
                results.put(
                        place,
                        !there
                                ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                                : partition.startOffset() < 0 ? ErrorCode.INVALID_REQUEST : ErrorCode.NONE);
                if (results.get(place) == ErrorCode.NONE) {
                    starts.add(new Start(id, partition.partitionIndex(), partition.startOffset()));
                }
            }
        }
        groups.setStarts(request.groupId(), starts, (error, errors) -> {
            if (error != ErrorCode.NONE) {
                call.answer(AlterShareGroupOffsetsResponse.builder()
                        .errorCode(error.code())
                        .errorMessage(reason(request.groupId(), error))
                        .responses(List.of())
                        .build());
                return;
            }
            for (int i = 0; i < starts.size(); i++) {
                var start = starts.get(i);
                var outcome = errors.get(i);
                results.replaceAll((place, before) ->
                        place.id().equals(start.topic()) && place.partition() == start.partition() ? outcome : before);
            }
            call.answer(AlterShareGroupOffsetsResponse.builder()
                    .responses(altered(results))
                    .build());
        });
    }

    private static List<AlterShareGroupOffsetsResponseTopic> altered(Map<Place, ErrorCode> results) {
        var byTopic = new LinkedHashMap<String, List<AlterShareGroupOffsetsResponsePartition>>();
        var ids = new HashMap<String, Uuid>();
        results.forEach((place, error) -> {
            ids.put(place.topic(), place.id());
            byTopic.computeIfAbsent(place.topic(), topic -> new ArrayList<>())
                    .add(AlterShareGroupOffsetsResponsePartition.builder()
                            .partitionIndex(place.partition())
                            .errorCode(error.code())
                            .errorMessage(error == ErrorCode.NONE ? null : error.text())
                            .build());
        });
        return byTopic.entrySet().stream()
                .map(topic -> AlterShareGroupOffsetsResponseTopic.builder()
                        .topicName(topic.getKey())
                        .topicId(ids.getOrDefault(topic.getKey(), Uuid.ZERO))
                        .partitions(topic.getValue())
                        .build())
                .toList();
    }

    private void delete(DeleteShareGroupOffsetsRequest request, Call call) {
        var ids = request.topics().stream().map(topic -> id(topic.topicName())).toList();
        groups.deleteStarts(request.groupId(), ids, error -> {
            if (error != ErrorCode.NONE) {
                call.answer(DeleteShareGroupOffsetsResponse.builder()
                        .errorCode(error.code())
                        .errorMessage(reason(request.groupId(), error))
                        .responses(List.of())
                        .build());
                return;
            }
            call.answer(DeleteShareGroupOffsetsResponse.builder()
                    .responses(request.topics().stream()
                            .map(topic -> {
                                var id = id(topic.topicName());
                                boolean there = !id.equals(Uuid.ZERO);
                                return DeleteShareGroupOffsetsResponseTopic.builder()
                                        .topicName(topic.topicName())
                                        .topicId(id)
                                        .errorCode(
                                                (there ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION).code())
                                        .errorMessage(there ? null : "there is no topic " + topic.topicName())
                                        .build();
                            })
                            .toList())
                    .build());
        });
    }

    private static String reason(String group, ErrorCode error) {
        return switch (error) {
            case GROUP_ID_NOT_FOUND -> "there is no share group \"" + group + "\"";
            case NON_EMPTY_GROUP ->
                "share group \"" + group + "\" has members: its offsets are changed when they are gone";
            default -> error.text();
        };
    }
}
