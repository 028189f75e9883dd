package io.moldau.client;

import io.moldau.protocol.ByteReader;
import io.moldau.protocol.ByteWriter;
import io.moldau.protocol.data.ConsumerProtocolAssignment;
import io.moldau.protocol.data.ConsumerProtocolSubscription;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/// What members of a classic group tell each other through the coordinator, and the range assignor.
final class ClassicProtocol {
    static final String TYPE = "consumer";
    static final String RANGE = "range";
    private static final short VERSION = 0;

    private ClassicProtocol() {}

    static ByteBuffer subscription(List<String> topics) {
        var out = new ByteWriter();
        out.int16(VERSION);
        ConsumerProtocolSubscription.builder().topics(topics).build().write(out, VERSION);
        return out.toBuffer();
    }

    static List<String> readSubscription(ByteBuffer bytes) {
        var in = new ByteReader(bytes.duplicate());
        var version = in.int16();
        return ConsumerProtocolSubscription.read(
                        in, (short) Math.min(version, ConsumerProtocolSubscription.HIGHEST_VERSION))
                .topics();
    }

    static ByteBuffer assignment(List<TopicPartition> partitions) {
        var byTopic = new TreeMap<String, List<Integer>>();
        partitions.forEach(partition -> Topics.add(byTopic, partition.topic(), partition.partition()));
        var out = new ByteWriter();
        out.int16(VERSION);
        ConsumerProtocolAssignment.builder()
                .assignedPartitions(byTopic.entrySet().stream()
                        .map(topic -> new ConsumerProtocolAssignment.TopicPartition(topic.getKey(), topic.getValue()))
                        .toList())
                .build()
                .write(out, VERSION);
        return out.toBuffer();
    }

    static List<TopicPartition> readAssignment(ByteBuffer bytes) {
        if (bytes.remaining() < Short.BYTES) {
            return List.of();
        }
        var in = new ByteReader(bytes.duplicate());
        var version = in.int16();
        var read = ConsumerProtocolAssignment.read(
                in, (short) Math.min(version, ConsumerProtocolAssignment.HIGHEST_VERSION));
        var partitions = new TreeSet<TopicPartition>();
        read.assignedPartitions()
                .forEach(topic ->
                        topic.partitions().forEach(index -> partitions.add(new TopicPartition(topic.topic(), index))));
        return List.copyOf(partitions);
    }

    /// Each topic by itself: its partitions in order, in runs, to its subscribers in the order of their names; the
    /// first ones get one more where it does not come out even.
    static Map<String, List<TopicPartition>> range(
            Map<String, List<String>> subscriptions, Map<String, Integer> partitionCounts) {
        var assignments = new TreeMap<String, List<TopicPartition>>();
        var subscribers = new TreeMap<String, List<String>>();
        new TreeMap<>(subscriptions).forEach((member, topics) -> {
            assignments.put(member, new ArrayList<>());
            topics.stream().distinct().forEach(topic -> Topics.add(subscribers, topic, member));
        });
        subscribers.forEach((topic, members) -> {
            int count = partitionCounts.getOrDefault(topic, 0);
            int each = count / members.size();
            int more = count % members.size();
            int next = 0;
            for (int index = 0; index < members.size(); index++) {
                int end = next + each + (index < more ? 1 : 0);
                for (; next < end; next++) {
                    Topics.add(assignments, members.get(index), new TopicPartition(topic, next));
                }
            }
        });
        return assignments;
    }
}
