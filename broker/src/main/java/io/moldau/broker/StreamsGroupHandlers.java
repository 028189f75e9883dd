package io.moldau.broker;

import io.moldau.broker.settings.TopicSettings;
import io.moldau.groups.StreamsApi;
import io.moldau.groups.streams.InternalTopic;
import io.moldau.metadata.NewTopic;
import io.moldau.metadata.TopicOutcome;
import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.StreamsGroupDescribeRequest;
import io.moldau.protocol.message.StreamsGroupDescribeResponse;
import io.moldau.protocol.message.StreamsGroupHeartbeatRequest;
import io.moldau.protocol.message.StreamsGroupHeartbeatResponse;
import io.moldau.protocol.message.StreamsGroupHeartbeatResponse.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/// StreamsGroupHeartbeat (key 88) and StreamsGroupDescribe (key 89), version 0 (KIP-1071). The internal topics that a
/// heartbeat finds missing are made before it is answered, and the heartbeat is looked at again.
final class StreamsGroupHandlers {
    private static final byte MISSING_INTERNAL_TOPICS = 3;

    private final NodeContext context;
    private final StreamsApi streams;

    StreamsGroupHandlers(NodeContext context, StreamsApi streams) {
        this.context = context;
        this.streams = streams;
    }

    void register(ApiTable table) {
        table.with(ApiKey.STREAMS_GROUP_HEARTBEAT, StreamsGroupHeartbeatRequest.class, this::heartbeat);
        table.with(
                ApiKey.STREAMS_GROUP_DESCRIBE,
                StreamsGroupDescribeRequest.class,
                (request, call) -> Gathered.<String, StreamsGroupDescribeResponse.DescribedGroup>each(
                        request.groupIds(),
                        streams::describe,
                        described -> call.answer(StreamsGroupDescribeResponse.builder()
                                .groups(Operations.ofGroups(
                                        described,
                                        request.includeAuthorizedOperations(),
                                        (group, may) -> group.toBuilder()
                                                .authorizedOperations(may)
                                                .build()))
                                .build())));
    }

    private void heartbeat(StreamsGroupHeartbeatRequest request, Call call) {
        var caller = GroupHandlers.caller(call);
        streams.heartbeat(request, caller, first -> {
            if (first.missing().isEmpty()) {
                call.answer(first.response());
                return;
            }
            create(first.missing(), problem -> {
                if (problem.isPresent()) {
                    call.answer(withDetail(first.response(), problem.get()));
                } else {
                    streams.heartbeat(request, caller, second -> call.answer(second.response()));
                }
            });
        });
    }

    private void create(List<InternalTopic> missing, Consumer<Optional<String>> done) {
        var wishes = new ArrayList<NewTopic>();
        for (var topic : missing) {
            var problem = topic.configs().entrySet().stream()
                    .map(entry -> TopicSettings.problem(entry.getKey(), entry.getValue()))
                    .flatMap(Optional::stream)
                    .findFirst();
            if (problem.isPresent()) {
                done.accept(Optional.of("topic " + topic.name() + ": " + problem.get()));
                return;
            }
            int factor = topic.replicationFactor() > 0
                    ? topic.replicationFactor()
                    : context.settings().int32("default.replication.factor");
            wishes.add(
                    new NewTopic(topic.name(), topic.partitions(), factor, List.of(), new TreeMap<>(topic.configs())));
        }
        context.controller()
                .decide(image -> context.topicDecisions().create(image, wishes, false))
                .whenComplete((outcomes, failure) -> done.accept(
                        failure == null ? problem(missing, outcomes) : Optional.of(String.valueOf(failure))));
    }

    private static Optional<String> problem(List<InternalTopic> missing, List<TopicOutcome> outcomes) {
        for (int i = 0; i < outcomes.size(); i++) {
            if (outcomes.get(i) instanceof TopicOutcome.Refused(var error, var reason)
                    && error != ErrorCode.TOPIC_ALREADY_EXISTS) {
                return Optional.of("topic " + missing.get(i).name() + ": " + reason);
            }
        }
        return Optional.empty();
    }

    private static StreamsGroupHeartbeatResponse withDetail(StreamsGroupHeartbeatResponse response, String problem) {
        var status = response.status();
        if (status == null) {
            return response;
        }
        return response.toBuilder()
                .status(status.stream()
                        .map(one -> one.statusCode() == MISSING_INTERNAL_TOPICS
                                ? Status.builder()
                                        .statusCode(one.statusCode())
                                        .statusDetail(one.statusDetail() + "; creating them failed: " + problem)
                                        .build()
                                : one)
                        .toList())
                .build();
    }
}
