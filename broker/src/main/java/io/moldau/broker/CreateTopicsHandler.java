package io.moldau.broker;

import io.moldau.broker.settings.TopicSettings;
import io.moldau.metadata.NewTopic;
import io.moldau.metadata.TopicImage;
import io.moldau.metadata.TopicOutcome;
import io.moldau.metadata.TopicOutcome.Done;
import io.moldau.metadata.TopicOutcome.Refused;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.CreateTopicsRequest;
import io.moldau.protocol.message.CreateTopicsRequest.CreatableReplicaAssignment;
import io.moldau.protocol.message.CreateTopicsRequest.CreatableTopic;
import io.moldau.protocol.message.CreateTopicsResponse;
import io.moldau.protocol.message.CreateTopicsResponse.CreatableTopicConfigs;
import io.moldau.protocol.message.CreateTopicsResponse.CreatableTopicResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// CreateTopics (key 19), versions 2–7.
/// - v5 answers with the topic's settings (KIP-525)
/// - v6 may be told that a quota is used up (KIP-599)
/// - v7 answers with its id (KIP-516)
final class CreateTopicsHandler implements ApiHandler<CreateTopicsRequest> {
    private final NodeContext context;

    CreateTopicsHandler(NodeContext context) {
        this.context = context;
    }

    @Override
    public void handle(CreateTopicsRequest request, Call call) {
        var refused = new LinkedHashMap<String, Refused>();
        var wishes = new ArrayList<NewTopic>();
        var times = new HashMap<String, Integer>();
        request.topics().forEach(topic -> times.merge(topic.name(), 1, Integer::sum));
        for (var topic : request.topics()) {
            if (times.getOrDefault(topic.name(), 0) > 1) {
                refused.put(
                        topic.name(),
                        new Refused(ErrorCode.INVALID_REQUEST, "the request names this topic more than once"));
                continue;
            }
            read(topic).ifPresentOrElse(problem -> refused.put(topic.name(), problem), () -> wishes.add(wish(topic)));
        }
        var budget = context.quotas().mutations(call.who(), call.version() >= 6, context.nowNanos());
        context.controller()
                .decide(image -> context.topicDecisions().create(image, wishes, request.validateOnly(), budget::take))
                .whenComplete((outcomes, failure) -> {
                    if (failure != null) {
                        call.fail(failure);
                        return;
                    }
                    var results = new ArrayList<CreatableTopicResult>();
                    refused.forEach((name, refusal) -> results.add(result(name, refusal, Map.of())));
                    for (int i = 0; i < wishes.size(); i++) {
                        var wish = wishes.get(i);
                        results.add(result(wish.name(), outcomes.get(i), wish.configs()));
                    }
                    call.answer(CreateTopicsResponse.builder().topics(results).build(), budget.throttleMs());
                });
    }

    /// What is wrong with the wish apart from the state of the cluster.
    private Optional<Refused> read(CreatableTopic topic) {
        for (var config : topic.configs()) {
            var value = config.value();
            if (value == null) {
                return refusal(
                        ErrorCode.INVALID_CONFIG,
                        "the setting " + config.name() + " has no value; leave it out instead");
            }
            var problem = TopicSettings.problem(config.name(), value);
            if (problem.isPresent()) {
                return refusal(ErrorCode.INVALID_CONFIG, problem.get());
            }
        }
        if (topic.assignments().isEmpty()) {
            return Optional.empty();
        }
        if (topic.numPartitions() != -1 || topic.replicationFactor() != -1) {
            return refusal(
                    ErrorCode.INVALID_REQUEST,
                    "give either replica assignments or the number of partitions and the replication factor, not both");
        }
        var indexes = topic.assignments().stream()
                .map(CreatableReplicaAssignment::partitionIndex)
                .sorted()
                .toList();
        for (int i = 0; i < indexes.size(); i++) {
            if (indexes.get(i) != i) {
                return refusal(
                        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
                        "replica assignments must be for the partitions 0 to " + (indexes.size() - 1)
                                + ", each once; they are for " + indexes);
            }
        }
        return Optional.empty();
    }

    private static Optional<Refused> refusal(ErrorCode error, String reason) {
        return Optional.of(new Refused(error, reason));
    }

    private NewTopic wish(CreatableTopic topic) {
        var settings = new LinkedHashMap<String, String>();
        topic.configs().forEach(config -> {
            var value = config.value();
            if (value != null) {
                settings.put(config.name(), value);
            }
        });
        List<List<Integer>> assignments = topic.assignments().stream()
                .sorted(Comparator.comparingInt(CreatableReplicaAssignment::partitionIndex))
                .map(CreatableReplicaAssignment::brokerIds)
                .toList();
        int partitions =
                topic.numPartitions() == -1 ? context.settings().int32("num.partitions") : topic.numPartitions();
        int factor = topic.replicationFactor() == -1
                ? context.settings().int32("default.replication.factor")
                : topic.replicationFactor();
        return new NewTopic(topic.name(), partitions, factor, assignments, settings);
    }

    private CreatableTopicResult result(String name, TopicOutcome outcome, Map<String, String> overrides) {
        var result = CreatableTopicResult.builder().name(name);
        switch (outcome) {
            case Refused(var error, var reason) ->
                result.errorCode(error.code())
                        .errorMessage(reason)
                        .topicId(Uuid.ZERO)
                        .numPartitions(-1)
                        .replicationFactor((short) -1)
                        .configs(List.of());
            case Done(TopicImage topic) ->
                result.topicId(topic.id())
                        .numPartitions(topic.partitions().size())
                        .replicationFactor(
                                (short) topic.partitions().getFirst().replicas().size())
                        .configs(TopicSettings.describe(overrides, context.settings()).stream()
                                .map(entry -> CreatableTopicConfigs.builder()
                                        .name(entry.name())
                                        .value(entry.value().orElse(null))
                                        .readOnly(false)
                                        .configSource(entry.source().code())
                                        .isSensitive(false)
                                        .build())
                                .toList());
        }
        return result.build();
    }
}
