package io.moldau.client;

import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.StreamsGroupDescribeRequest;
import io.moldau.protocol.message.StreamsGroupDescribeResponse;
import io.moldau.protocol.message.StreamsGroupDescribeResponse.DescribedGroup;
import io.moldau.protocol.message.StreamsGroupDescribeResponse.Member;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/// Groups of Kafka Streams applications (KIP-1071).
final class StreamsGroups {
    private final Cluster cluster;

    StreamsGroups(Cluster cluster) {
        this.cluster = cluster;
    }

    /// A streams group with its members; empty if there is none of this name.
    Optional<GroupInfo> describe(String group) {
        if (!cluster.offers(ApiKey.STREAMS_GROUP_DESCRIBE)) {
            return Optional.empty();
        }
        var request =
                StreamsGroupDescribeRequest.builder().groupIds(List.of(group)).build();
        var answer =
                (StreamsGroupDescribeResponse) cluster.call(cluster.coordinator(group), request, Cluster.ANY_VERSION);
        var described = answer.groups().getFirst();
        if (described.errorCode() == ErrorCode.GROUP_ID_NOT_FOUND.code()) {
            return Optional.empty();
        }
        ClientException.check(described.errorCode(), described.errorMessage(), "Group '" + group + "'");
        var sources = sources(described);
        var counts = new TreeMap<String, Integer>();
        cluster.allTopics()
                .forEach(topic -> counts.put(topic.name(), topic.partitions().size()));
        var members = described.members().stream()
                .map(member -> new GroupInfo.Member(
                        member.memberId(),
                        "",
                        member.clientId(),
                        member.clientHost(),
                        partitions(member, sources, counts)))
                .toList();
        return Optional.of(new GroupInfo(group, "streams", described.groupState(), "", members));
    }

    /// The topics that each subtopology reads.
    private static Map<String, Collection<String>> sources(DescribedGroup group) {
        var sources = new TreeMap<String, Collection<String>>();
        var topology = group.topology();
        var subtopologies = topology == null ? null : topology.subtopologies();
        if (subtopologies != null) {
            for (var one : subtopologies) {
                var topics = new TreeSet<>(one.sourceTopics());
                one.repartitionSourceTopics().forEach(topic -> topics.add(topic.name()));
                sources.put(one.subtopologyId(), topics);
            }
        }
        return sources;
    }

    /// What a member's active tasks read: the partition of their number in every source topic that has it.
    private static List<TopicPartition> partitions(
            Member member, Map<String, Collection<String>> sources, Map<String, Integer> counts) {
        var partitions = new ArrayList<TopicPartition>();
        for (var tasks : member.assignment().activeTasks()) {
            for (var topic : sources.getOrDefault(tasks.subtopologyId(), List.of())) {
                for (int partition : tasks.partitions()) {
                    if (partition < counts.getOrDefault(topic, 0)) {
                        partitions.add(new TopicPartition(topic, partition));
                    }
                }
            }
        }
        return partitions.stream().sorted().toList();
    }
}
