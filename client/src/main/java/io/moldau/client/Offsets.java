package io.moldau.client;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.ListOffsetsRequest;
import io.moldau.protocol.message.ListOffsetsResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/// Finds offsets by time.
final class Offsets {
    static final long LATEST = -1;
    static final long EARLIEST = -2;

    private final Cluster cluster;

    Offsets(Cluster cluster) {
        this.cluster = cluster;
    }

    /// For each partition the offset of the first record at or after a time (or of [#LATEST], [#EARLIEST]); empty
    /// where there is no such record.
    Map<TopicPartition, OptionalLong> at(Map<TopicPartition, Long> times) {
        var found = new TreeMap<TopicPartition, OptionalLong>();
        cluster.patiently(() -> {
            var missing = new HashMap<>(times);
            missing.keySet().removeAll(found.keySet());
            var byLeader = new HashMap<Integer, Map<TopicPartition, Long>>();
            missing.forEach(
                    (partition, time) -> byLeader.computeIfAbsent(cluster.leader(partition), node -> new HashMap<>())
                            .put(partition, time));
            byLeader.forEach((node, asked) -> found.putAll(ask(node, asked)));
            return found;
        });
        return found;
    }

    private Map<TopicPartition, OptionalLong> ask(int node, Map<TopicPartition, Long> times) {
        var byTopic = new LinkedHashMap<String, List<ListOffsetsRequest.ListOffsetsPartition>>();
        times.forEach((partition, time) -> byTopic.computeIfAbsent(partition.topic(), topic -> new ArrayList<>())
                .add(ListOffsetsRequest.ListOffsetsPartition.builder()
                        .partitionIndex(partition.partition())
                        .currentLeaderEpoch(-1)
                        .timestamp(time)
                        .build()));
        var topics = new ArrayList<ListOffsetsRequest.ListOffsetsTopic>();
        byTopic.forEach((topic, partitions) -> topics.add(new ListOffsetsRequest.ListOffsetsTopic(topic, partitions)));
        var request = ListOffsetsRequest.builder()
                .replicaId(-1)
                .topics(topics)
                .timeoutMs(cluster.settings().requestTimeoutMs())
                .build();
        ListOffsetsResponse response;
        try {
            response = cluster.to(node, Cluster.Use.CONTROL).call(request, ListOffsetsResponse::read);
        } catch (ClientException failure) {
            byTopic.keySet().forEach(cluster::forget);
            throw failure;
        }
        var found = new HashMap<TopicPartition, OptionalLong>();
        for (var topic : response.topics()) {
            for (var each : topic.partitions()) {
                var partition = new TopicPartition(topic.name(), each.partitionIndex());
                var error = ErrorCode.of(each.errorCode());
                if (error != ErrorCode.NONE) {
                    cluster.forget(topic.name());
                    throw ClientException.answered(error, "offsets of " + partition, null);
                }
                found.put(partition, each.offset() < 0 ? OptionalLong.empty() : OptionalLong.of(each.offset()));
            }
        }
        return found;
    }
}
