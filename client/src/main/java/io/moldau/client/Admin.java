package io.moldau.client;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Request;
import io.moldau.protocol.Response;
import io.moldau.protocol.message.CreatePartitionsRequest;
import io.moldau.protocol.message.CreatePartitionsRequest.CreatePartitionsTopic;
import io.moldau.protocol.message.CreatePartitionsResponse;
import io.moldau.protocol.message.CreateTopicsRequest;
import io.moldau.protocol.message.CreateTopicsRequest.CreatableTopic;
import io.moldau.protocol.message.CreateTopicsRequest.CreatableTopicConfig;
import io.moldau.protocol.message.CreateTopicsResponse;
import io.moldau.protocol.message.DeleteRecordsRequest;
import io.moldau.protocol.message.DeleteRecordsRequest.DeleteRecordsPartition;
import io.moldau.protocol.message.DeleteRecordsRequest.DeleteRecordsTopic;
import io.moldau.protocol.message.DeleteRecordsResponse;
import io.moldau.protocol.message.DeleteTopicsRequest;
import io.moldau.protocol.message.DeleteTopicsRequest.DeleteTopicState;
import io.moldau.protocol.message.DeleteTopicsResponse;
import io.moldau.protocol.message.DescribeConfigsRequest;
import io.moldau.protocol.message.DescribeConfigsRequest.DescribeConfigsResource;
import io.moldau.protocol.message.DescribeConfigsResponse;
import io.moldau.protocol.message.IncrementalAlterConfigsRequest;
import io.moldau.protocol.message.IncrementalAlterConfigsRequest.AlterConfigsResource;
import io.moldau.protocol.message.IncrementalAlterConfigsRequest.AlterableConfig;
import io.moldau.protocol.message.IncrementalAlterConfigsResponse;
import io.moldau.protocol.message.ListOffsetsRequest;
import io.moldau.protocol.message.ListOffsetsRequest.ListOffsetsPartition;
import io.moldau.protocol.message.ListOffsetsRequest.ListOffsetsTopic;
import io.moldau.protocol.message.ListOffsetsResponse;
import io.moldau.protocol.message.OffsetCommitResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Topics, settings, records and offsets. Groups are described by [GroupAdmin].
public final class Admin {
    /// Special timestamps of [#offsets].
    public static final long LATEST = -1;

    public static final long EARLIEST = -2;
    private static final byte SET = 0;
    private static final byte DELETE = 1;

    private final Cluster cluster;

    public Admin(Cluster cluster) {
        this.cluster = cluster;
    }

    /// Creates a topic; -1 partitions or replicas mean the broker's default.
    public void createTopic(String name, int partitions, int replicas, Map<String, String> configs) {
        var request = CreateTopicsRequest.builder()
                .topics(List.of(CreatableTopic.builder()
                        .name(name)
                        .numPartitions(partitions)
                        .replicationFactor((short) replicas)
                        .configs(configs.entrySet().stream()
                                .map(entry -> CreatableTopicConfig.builder()
                                        .name(entry.getKey())
                                        .value(entry.getValue())
                                        .build())
                                .toList())
                        .build()))
                .timeoutMs(cluster.settings().timeoutMs())
                .build();
        var answer = (CreateTopicsResponse) cluster.callController(request);
        answer.topics()
                .forEach(topic -> ClientException.check(
                        topic.errorCode(), topic.errorMessage(), "Creating topic '" + name + "'"));
    }

    public void deleteTopic(String name) {
        // By name until version 5, as an element of a list from 6 on: the message carries one or the other.
        var request = DeleteTopicsRequest.builder()
                .topics(List.of(DeleteTopicState.builder().name(name).build()))
                .timeoutMs(cluster.settings().timeoutMs())
                .build();
        var answer = (DeleteTopicsResponse) cluster.callController(request);
        answer.responses()
                .forEach(topic -> ClientException.check(
                        topic.errorCode(), topic.errorMessage(), "Deleting topic '" + name + "'"));
        cluster.forget(name);
    }

    /// Raises the number of partitions.
    public void growTopic(String name, int partitions) {
        var request = CreatePartitionsRequest.builder()
                .topics(List.of(CreatePartitionsTopic.builder()
                        .name(name)
                        .count(partitions)
                        .assignments(null)
                        .build()))
                .timeoutMs(cluster.settings().timeoutMs())
                .build();
        var answer = (CreatePartitionsResponse) cluster.callController(request);
        answer.results()
                .forEach(topic -> ClientException.check(
                        topic.errorCode(), topic.errorMessage(), "Changing topic '" + name + "'"));
        cluster.forget(name);
    }

    public List<ConfigValue> configs(ConfigResource resource) {
        var request = DescribeConfigsRequest.builder()
                .resources(List.of(DescribeConfigsResource.builder()
                        .resourceType(resource.kind().code())
                        .resourceName(resource.name())
                        .configurationKeys(null)
                        .build()))
                .includeDocumentation(true)
                .build();
        var answer = (DescribeConfigsResponse) callFor(resource, request);
        return answer.results().stream()
                .peek(result -> ClientException.check(
                        result.errorCode(), result.errorMessage(), "Reading the settings of " + text(resource)))
                .flatMap(result -> result.configs().stream())
                .map(config -> new ConfigValue(
                        config.name(),
                        Optional.ofNullable(config.value()).orElse(""),
                        source(config.configSource()),
                        config.readOnly(),
                        Optional.ofNullable(config.documentation()).orElse("")))
                .toList();
    }

    /// A decision that the node took of its own accord.
    ///
    /// @param time as text, in UTC
    public record DecisionInfo(String time, String what) {}

    /// What a node decided about a group, a transactional id or a topic, the oldest first; see
    /// `docs/decisions/0025-explain.md`. Other brokers than Moldau refuse it.
    public List<DecisionInfo> decisions(ConfigResource.Kind kind, String name) {
        var request = DescribeConfigsRequest.builder()
                .resources(List.of(DescribeConfigsResource.builder()
                        .resourceType(kind.code())
                        .resourceName(name)
                        .configurationKeys(null)
                        .build()))
                .build();
        var answer = (DescribeConfigsResponse) cluster.callController(request);
        var result = answer.results().getFirst();
        ClientException.check(result.errorCode(), result.errorMessage(), "Explaining '" + name + "'");
        return result.configs().stream()
                .map(config -> new DecisionInfo(
                        config.name().substring(config.name().indexOf(' ') + 1),
                        Optional.ofNullable(config.value()).orElse("")))
                .toList();
    }

    /// Sets those with a value, takes back those without.
    public void alterConfigs(ConfigResource resource, Map<String, Optional<String>> changes) {
        var request = IncrementalAlterConfigsRequest.builder()
                .resources(List.of(AlterConfigsResource.builder()
                        .resourceType(resource.kind().code())
                        .resourceName(resource.name())
                        .configs(changes.entrySet().stream()
                                .map(entry -> AlterableConfig.builder()
                                        .name(entry.getKey())
                                        .configOperation(entry.getValue().isPresent() ? SET : DELETE)
                                        .value(entry.getValue().orElse(null))
                                        .build())
                                .toList())
                        .build()))
                .build();
        var answer = (IncrementalAlterConfigsResponse) callFor(resource, request);
        answer.responses()
                .forEach(result -> ClientException.check(
                        result.errorCode(), result.errorMessage(), "Changing the settings of " + text(resource)));
    }

    private Response callFor(ConfigResource resource, Request request) {
        if (resource.kind() == ConfigResource.Kind.BROKER && resource.name().matches("[0-9]{1,9}")) {
            cluster.refresh(List.of(), false);
            return cluster.call(Integer.parseInt(resource.name()), request, Cluster.ANY_VERSION);
        }
        return cluster.callController(request);
    }

    private static String text(ConfigResource resource) {
        return switch (resource.kind()) {
            case TOPIC -> "topic '" + resource.name() + "'";
            case BROKER -> resource.name().isEmpty() ? "all brokers" : "broker " + resource.name();
            case GROUP -> "group '" + resource.name() + "'";
            case GROUP_DECISIONS, TRANSACTION_DECISIONS, TOPIC_DECISIONS -> "'" + resource.name() + "'";
        };
    }

    private static String source(byte code) {
        return switch (code) {
            case 1 -> "topic";
            case 2, 3 -> "broker (changed)";
            case 4 -> "broker (start)";
            case 5 -> "default";
            case 8 -> "group";
            default -> "other";
        };
    }

    /// For each partition the offset that goes with a timestamp in milliseconds: of the first record at or after
    /// it (the end if there is none), or of [#EARLIEST] or [#LATEST].
    public Map<TopicPartition, Long> offsets(Map<TopicPartition, Long> timestamps) {
        return cluster.retrying(() -> {
            var found = new TreeMap<TopicPartition, Long>();
            var late = new TreeMap<TopicPartition, Long>();
            for (var entry : timestamps.entrySet()) {
                long offset = offset(entry.getKey(), entry.getValue());
                if (offset >= 0) {
                    found.put(entry.getKey(), offset);
                } else {
                    late.put(entry.getKey(), offset(entry.getKey(), LATEST));
                }
            }
            found.putAll(late);
            return found;
        });
    }

    private long offset(TopicPartition partition, long timestamp) {
        var request = ListOffsetsRequest.builder()
                .replicaId(-1)
                .topics(List.of(ListOffsetsTopic.builder()
                        .name(partition.topic())
                        .partitions(List.of(ListOffsetsPartition.builder()
                                .partitionIndex(partition.partition())
                                .timestamp(timestamp)
                                .build()))
                        .build()))
                .build();
        var answer = (ListOffsetsResponse) cluster.call(cluster.leader(partition), request, Cluster.ANY_VERSION);
        var result = answer.topics().getFirst().partitions().getFirst();
        if (result.errorCode() != ErrorCode.NONE.code()) {
            cluster.forget(partition.topic());
            throw ClientException.of(result.errorCode(), null, "Finding offsets of " + partition);
        }
        return result.offset();
    }

    /// Deletes the records below an offset; -1 means all that are there. Returns the new first offset.
    public long deleteRecords(TopicPartition partition, long beforeOffset) {
        var request = DeleteRecordsRequest.builder()
                .topics(List.of(DeleteRecordsTopic.builder()
                        .name(partition.topic())
                        .partitions(List.of(DeleteRecordsPartition.builder()
                                .partitionIndex(partition.partition())
                                .offset(beforeOffset)
                                .build()))
                        .build()))
                .timeoutMs(cluster.settings().timeoutMs())
                .build();
        var answer = (DeleteRecordsResponse) cluster.call(cluster.leader(partition), request, Cluster.ANY_VERSION);
        var result = answer.topics().getFirst().partitions().getFirst();
        ClientException.check(result.errorCode(), null, "Deleting records of " + partition);
        return result.lowWatermark();
    }

    /// The committed offsets of a group.
    public Map<TopicPartition, Long> committed(String group) {
        return new GroupAdmin(cluster).committed(group);
    }

    static void check(OffsetCommitResponse response, String doing) {
        for (var topic : response.topics()) {
            for (var partition : topic.partitions()) {
                ClientException.check(partition.errorCode(), null, doing);
            }
        }
    }
}
