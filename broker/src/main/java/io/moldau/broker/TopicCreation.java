package io.moldau.broker;

import io.moldau.metadata.NewTopic;
import io.moldau.metadata.TopicOutcome;
import io.moldau.metadata.TopicOutcome.Done;
import io.moldau.metadata.TopicOutcome.Refused;
import io.moldau.protocol.ErrorCode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/// Creates topics that nobody asked for by CreateTopics: on first use, and the platform's own.
final class TopicCreation {
    private final NodeContext context;

    TopicCreation(NodeContext context) {
        this.context = context;
    }

    /// Makes sure that the topics exist, with the node's defaults. Outcomes in the order of the names; see [#errorOf]
    /// for topics that exist already.
    CompletableFuture<List<TopicOutcome>> ensure(List<String> names) {
        var wishes = names.stream().map(this::wish).toList();
        return context.controller().decide(image -> context.topicDecisions().create(image, wishes, false));
    }

    /// Makes sure that one of the platform's own topics exists; `done` gets the reason if that is not possible.
    void whenThere(String name, Consumer<Optional<String>> done) {
        if (context.image().topic(name).isPresent()) {
            done.accept(Optional.empty());
            return;
        }
        ensure(List.of(name)).whenComplete((outcomes, failure) -> {
            if (failure == null && errorOf(outcomes.getFirst()) == ErrorCode.NONE) {
                done.accept(Optional.empty());
            } else {
                done.accept(Optional.of("the topic " + name + " cannot be created: "
                        + (failure == null ? outcomes.getFirst() : failure)));
            }
        });
    }

    private NewTopic wish(String name) {
        var settings = context.settings();
        return switch (name) {
            case "__consumer_offsets" ->
                new NewTopic(
                        name,
                        settings.int32("offsets.topic.num.partitions"),
                        settings.int32("offsets.topic.replication.factor"),
                        List.of(),
                        Map.of(
                                "cleanup.policy", "compact",
                                "compression.type", "producer",
                                "segment.bytes", Integer.toString(settings.int32("offsets.topic.segment.bytes"))));
            case "__transaction_state" ->
                new NewTopic(
                        name,
                        settings.int32("transaction.state.log.num.partitions"),
                        settings.int32("transaction.state.log.replication.factor"),
                        List.of(),
                        Map.of(
                                "cleanup.policy",
                                "compact",
                                "compression.type",
                                "uncompressed",
                                "min.insync.replicas",
                                Integer.toString(settings.int32("transaction.state.log.min.isr")),
                                "segment.bytes",
                                Integer.toString(settings.int32("transaction.state.log.segment.bytes"))));
            case "__share_group_state" ->
                new NewTopic(
                        name,
                        settings.int32("share.coordinator.state.topic.num.partitions"),
                        settings.int32("share.coordinator.state.topic.replication.factor"),
                        List.of(),
                        Map.of(
                                "cleanup.policy",
                                "compact",
                                "compression.type",
                                "producer",
                                "min.insync.replicas",
                                Integer.toString(settings.int32("share.coordinator.state.topic.min.isr")),
                                "segment.bytes",
                                Integer.toString(settings.int32("share.coordinator.state.topic.segment.bytes"))));
            default ->
                new NewTopic(
                        name,
                        settings.int32("num.partitions"),
                        settings.int32("default.replication.factor"),
                        List.of(),
                        new LinkedHashMap<>());
        };
    }

    /// The error that a client should see for a topic that could not be created on first use.
    static ErrorCode errorOf(TopicOutcome outcome) {
        return switch (outcome) {
            case Done done -> ErrorCode.NONE;
            case Refused(var error, var reason) -> error == ErrorCode.TOPIC_ALREADY_EXISTS ? ErrorCode.NONE : error;
        };
    }
}
