package io.moldau.broker;

import io.moldau.metadata.PartitionImage;
import io.moldau.metadata.TopicImage;
import io.moldau.metadata.TopicNames;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.MetadataRequest;
import io.moldau.protocol.message.MetadataResponse;
import io.moldau.protocol.message.MetadataResponse.MetadataResponseBroker;
import io.moldau.protocol.message.MetadataResponse.MetadataResponsePartition;
import io.moldau.protocol.message.MetadataResponse.MetadataResponseTopic;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/// Metadata (key 3), versions 0–13.
/// - v0 an empty list asks for all topics; from v1 on null does
/// - v4 topics may be created on first use
/// - v8 authorized operations (KIP-430)
/// - v12 topics by id (KIP-516)
/// A partition whose log directory failed has no leader, and this node as an offline replica (v5, KIP-112).
final class MetadataHandler implements ApiHandler<MetadataRequest> {
    private final NodeContext context;
    private final TopicCreation creation;

    MetadataHandler(NodeContext context, TopicCreation creation) {
        this.context = context;
        this.creation = creation;
    }

    @Override
    public void handle(MetadataRequest request, Call call) {
        var toCreate = missing(request, call);
        if (toCreate.isEmpty()) {
            call.answer(response(request, call));
        } else {
            creation.ensure(toCreate).whenComplete((outcomes, failure) -> {
                if (failure != null) {
                    call.fail(failure);
                } else {
                    call.answer(response(request, call));
                }
            });
        }
    }

    private List<String> missing(MetadataRequest request, Call call) {
        var topics = request.topics();
        boolean allowed = call.version() < 4 || request.allowAutoTopicCreation();
        if (topics == null || !allowed || !context.settings().bool("auto.create.topics.enable")) {
            return List.of();
        }
        var missing = new LinkedHashSet<String>();
        for (var topic : topics) {
            var name = topic.name();
            if (name != null
                    && !TopicImage.isInternal(name)
                    && TopicNames.problem(name).isEmpty()
                    && context.image().topic(name).isEmpty()) {
                missing.add(name);
            }
        }
        return List.copyOf(missing);
    }

    private MetadataResponse response(MetadataRequest request, Call call) {
        var image = context.image();
        var answers = new ArrayList<MetadataResponseTopic>();
        var wanted = request.topics();
        boolean operations = call.version() >= 8 && request.includeTopicAuthorizedOperations();
        if (wanted == null || (call.version() == 0 && wanted.isEmpty())) {
            image.topics().values().forEach(topic -> answers.add(known(topic, operations)));
        } else {
            for (var topic : wanted) {
                var name = topic.name();
                if (name == null || !topic.topicId().equals(Uuid.ZERO)) {
                    answers.add(image.topic(topic.topicId())
                            .map(found -> known(found, operations))
                            .orElseGet(() -> unknown(ErrorCode.UNKNOWN_TOPIC_ID, null, topic.topicId())));
                } else {
                    answers.add(image.topic(name)
                            .map(found -> known(found, operations))
                            .orElseGet(() -> unknown(
                                    TopicNames.problem(name).isPresent()
                                            ? ErrorCode.INVALID_TOPIC_EXCEPTION
                                            : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
                                    name,
                                    Uuid.ZERO)));
                }
            }
        }
        var address = context.advertised().to(call.peer());
        return MetadataResponse.builder()
                .brokers(List.of(MetadataResponseBroker.builder()
                        .nodeId(context.nodeId())
                        .host(address.host())
                        .port(address.port())
                        .rack(context.settings().value("broker.rack").orElse(null))
                        .build()))
                .clusterId(image.clusterId())
                .controllerId(context.nodeId())
                .topics(answers)
                .clusterAuthorizedOperations(
                        call.version() >= 8 && call.version() <= 10 && request.includeClusterAuthorizedOperations()
                                ? Operations.CLUSTER
                                : Operations.NOT_ASKED)
                .build();
    }

    private MetadataResponseTopic known(TopicImage topic, boolean operations) {
        return MetadataResponseTopic.builder()
                .name(topic.name())
                .topicId(topic.id())
                .isInternal(topic.internal())
                .partitions(topic.partitions().stream()
                        .map(partition -> partition(topic, partition))
                        .toList())
                .topicAuthorizedOperations(operations ? Operations.TOPIC : Operations.NOT_ASKED)
                .build();
    }

    private MetadataResponsePartition partition(TopicImage topic, PartitionImage partition) {
        if (context.partitions().isOffline(topic.name(), partition.index())) {
            return MetadataResponsePartition.builder()
                    .errorCode(ErrorCode.LEADER_NOT_AVAILABLE.code())
                    .partitionIndex(partition.index())
                    .leaderId(-1)
                    .leaderEpoch(partition.leaderEpoch())
                    .replicaNodes(partition.replicas())
                    .isrNodes(partition.isr())
                    .offlineReplicas(List.of(context.nodeId()))
                    .build();
        }
        return MetadataResponsePartition.builder()
                .partitionIndex(partition.index())
                .leaderId(partition.leader())
                .leaderEpoch(partition.leaderEpoch())
                .replicaNodes(partition.replicas())
                .isrNodes(partition.isr())
                .offlineReplicas(List.of())
                .build();
    }

    private static MetadataResponseTopic unknown(
            ErrorCode error, @org.jspecify.annotations.Nullable String name, Uuid id) {
        return MetadataResponseTopic.builder()
                .errorCode(error.code())
                .name(name)
                .topicId(id)
                .partitions(List.of())
                .topicAuthorizedOperations(Operations.NOT_ASKED)
                .build();
    }
}
