package io.moldau.client;

import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.CreatePartitionsRequest;
import io.moldau.protocol.message.CreatePartitionsResponse;
import io.moldau.protocol.message.CreateTopicsRequest;
import io.moldau.protocol.message.CreateTopicsResponse;
import io.moldau.protocol.message.DeleteRecordsRequest;
import io.moldau.protocol.message.DeleteRecordsResponse;
import io.moldau.protocol.message.DeleteTopicsRequest;
import io.moldau.protocol.message.DeleteTopicsResponse;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Topics: listing, describing, creating, changing, deleting; offsets and deletion of records.
public final class Topics {
    /// A topic as brokers see it now.
    public record Description(String name, Uuid id, boolean internal, List<PartitionState> partitions) {}

    /// @param leader -1 while there is none
    public record PartitionState(
            int partition, int leader, int leaderEpoch, List<Integer> replicas, List<Integer> isr) {}

    /// @param id the new topic's
    public record Created(Uuid id, int partitions, int replicationFactor) {}

    /// First offset, and one past the last record that may be read.
    public record Range(long beginning, long end) {}

    private static final int BROKER_DEFAULT = -1;

    private final Cluster cluster;
    private final Offsets offsets;

    Topics(Cluster cluster) {
        this.cluster = cluster;
        this.offsets = new Offsets(cluster);
    }

    /// Every topic, by name.
    public List<Description> list() {
        return cluster.allTopics().stream()
                .map(Topics::description)
                .sorted(Comparator.comparing(Description::name))
                .toList();
    }

    public Description describe(String name) {
        return cluster.patiently(() -> {
            var topic = cluster.refresh(List.of(name), false).get(name);
            if (topic == null) {
                throw new ClientException(ErrorCode.LEADER_NOT_AVAILABLE, "topic '" + name + "' is not ready yet");
            }
            return description(topic);
        });
    }

    private static Description description(Cluster.Topic topic) {
        return new Description(
                topic.name(),
                topic.id(),
                topic.internal(),
                topic.partitions().stream()
                        .map(each -> new PartitionState(
                                each.index(), each.leader(), each.leaderEpoch(), each.replicas(), each.isr()))
                        .toList());
    }

    /// @param partitions null: the broker's default
    /// @param replicationFactor null: the broker's default
    public Created create(
            String name,
            @Nullable Integer partitions,
            @Nullable Integer replicationFactor,
            Map<String, String> configs) {
        var topic = CreateTopicsRequest.CreatableTopic.builder()
                .name(name)
                .numPartitions(partitions == null ? BROKER_DEFAULT : partitions)
                .replicationFactor((short) (replicationFactor == null ? BROKER_DEFAULT : replicationFactor))
                .configs(new TreeMap<>(configs)
                        .entrySet().stream()
                                .map(config -> new CreateTopicsRequest.CreatableTopicConfig(
                                        config.getKey(), config.getValue()))
                                .toList())
                .build();
        var request = CreateTopicsRequest.builder()
                .topics(List.of(topic))
                .timeoutMs(cluster.settings().requestTimeoutMs())
                .build();
        var result =
                cluster.callAny(request, CreateTopicsResponse::read).topics().getFirst();
        check(result.errorCode(), "creating topic '" + name + "'", result.errorMessage());
        cluster.forget(name);
        return new Created(result.topicId(), result.numPartitions(), result.replicationFactor());
    }

    public void delete(String name) {
        var request = DeleteTopicsRequest.builder()
                .topics(List.of(new DeleteTopicsRequest.DeleteTopicState(name, Uuid.ZERO)))
                .topicNames(List.of(name))
                .timeoutMs(cluster.settings().requestTimeoutMs());
        var connection = cluster.patiently(cluster::any);
        boolean byState = connection.version(ApiKey.DELETE_TOPICS) >= 6;
        var sent = byState ? request.topicNames(List.of()) : request.topics(List.of());
        var result = cluster.callAny(sent.build(), DeleteTopicsResponse::read)
                .responses()
                .getFirst();
        check(result.errorCode(), "deleting topic '" + name + "'", result.errorMessage());
        cluster.forget(name);
    }

    /// Adds partitions until there are `count`.
    public void growTo(String name, int count) {
        var request = CreatePartitionsRequest.builder()
                .topics(List.of(new CreatePartitionsRequest.CreatePartitionsTopic(name, count, null)))
                .timeoutMs(cluster.settings().requestTimeoutMs())
                .build();
        var result = cluster.callAny(request, CreatePartitionsResponse::read)
                .results()
                .getFirst();
        check(result.errorCode(), "adding partitions to topic '" + name + "'", result.errorMessage());
        cluster.forget(name);
    }

    /// Beginning and end of each partition of a topic.
    public Map<TopicPartition, Range> ranges(String name) {
        return ranges(partitions(name));
    }

    public Map<TopicPartition, Range> ranges(Collection<TopicPartition> partitions) {
        var beginnings = offsets.at(each(partitions, Offsets.EARLIEST));
        var ends = offsets.at(each(partitions, Offsets.LATEST));
        var ranges = new TreeMap<TopicPartition, Range>();
        for (var partition : partitions) {
            ranges.put(
                    partition,
                    new Range(
                            beginnings
                                    .getOrDefault(partition, OptionalLong.empty())
                                    .orElse(0),
                            ends.getOrDefault(partition, OptionalLong.empty()).orElse(0)));
        }
        return ranges;
    }

    /// For each partition the offset of the first record with this timestamp or a later one; empty where there is none.
    public Map<TopicPartition, OptionalLong> offsetsAt(Collection<TopicPartition> partitions, long timestampMs) {
        return offsets.at(each(partitions, timestampMs));
    }

    public List<TopicPartition> partitions(String name) {
        return cluster.topic(name, false).partitions().stream()
                .map(each -> new TopicPartition(name, each.index()))
                .toList();
    }

    private static Map<TopicPartition, Long> each(Collection<TopicPartition> partitions, long time) {
        var times = new HashMap<TopicPartition, Long>();
        partitions.forEach(partition -> times.put(partition, time));
        return times;
    }

    /// Deletes the records before these offsets (-1: all); the new beginnings.
    public Map<TopicPartition, Long> deleteRecords(Map<TopicPartition, Long> before) {
        var lows = new TreeMap<TopicPartition, Long>();
        cluster.patiently(() -> {
            for (var entry : before.entrySet()) {
                if (!lows.containsKey(entry.getKey())) {
                    lows.put(entry.getKey(), deleteRecords(entry.getKey(), entry.getValue()));
                }
            }
            return lows;
        });
        return lows;
    }

    private long deleteRecords(TopicPartition partition, long before) {
        var request = DeleteRecordsRequest.builder()
                .topics(List.of(new DeleteRecordsRequest.DeleteRecordsTopic(
                        partition.topic(),
                        List.of(new DeleteRecordsRequest.DeleteRecordsPartition(partition.partition(), before)))))
                .timeoutMs(cluster.settings().requestTimeoutMs())
                .build();
        var result = cluster.to(cluster.leader(partition), Cluster.Use.CONTROL)
                .call(request, DeleteRecordsResponse::read)
                .topics()
                .getFirst()
                .partitions()
                .getFirst();
        var error = ErrorCode.of(result.errorCode());
        if (error != ErrorCode.NONE) {
            cluster.forget(partition.topic());
            throw ClientException.answered(error, "deleting records of " + partition, null);
        }
        return result.lowWatermark();
    }

    private static void check(short code, String what, @Nullable String message) {
        var error = ErrorCode.of(code);
        if (error != ErrorCode.NONE) {
            throw ClientException.answered(error, what, message);
        }
    }

    static <K, V> void add(Map<K, List<V>> lists, K key, V value) {
        lists.computeIfAbsent(key, missing -> new ArrayList<>()).add(value);
    }
}
