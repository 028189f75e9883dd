package io.moldau.groups.streams;

import io.moldau.groups.Topics;
import io.moldau.groups.streams.Tasks.Task;
import io.moldau.protocol.data.StreamsGroupTopologyValue;
import io.moldau.protocol.message.StreamsGroupDescribeResponse;
import io.moldau.protocol.message.StreamsGroupDescribeResponse.DescribedGroup;
import io.moldau.protocol.message.StreamsGroupHeartbeatResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;

/// Groups and assignments in the shapes of the protocol.
final class StreamsViews {
    private StreamsViews() {}

    static List<StreamsGroupHeartbeatResponse.TaskIds> tasks(SortedSet<Task> tasks) {
        return Tasks.bySubtopology(tasks).entrySet().stream()
                .map(entry -> StreamsGroupHeartbeatResponse.TaskIds.builder()
                        .subtopologyId(entry.getKey())
                        .partitions(entry.getValue())
                        .build())
                .toList();
    }

    /// Which process answers queries about which partitions. The members of a process, its threads, have one endpoint:
    /// a client keeps one entry for each.
    static List<StreamsGroupHeartbeatResponse.EndpointToPartitions> endpoints(StreamsGroup group, Topics topics) {
        var tasks = new LinkedHashMap<StreamsMember.Endpoint, Tasks>();
        for (var member : group.members.values()) {
            member.endpoint().ifPresent(endpoint -> tasks.merge(endpoint, member.assigned(), Tasks::plus));
        }
        return tasks.entrySet().stream()
                .map(one -> StreamsGroupHeartbeatResponse.EndpointToPartitions.builder()
                        .userEndpoint(StreamsGroupHeartbeatResponse.Endpoint.builder()
                                .host(one.getKey().host())
                                .port(one.getKey().port())
                                .build())
                        .activePartitions(partitions(group, one.getValue().active(), topics))
                        .standbyPartitions(partitions(group, one.getValue().standby(), topics))
                        .build())
                .toList();
    }

    /// What tasks read: the partition of their number in every source topic that has it.
    private static List<StreamsGroupHeartbeatResponse.TopicPartition> partitions(
            StreamsGroup group, SortedSet<Task> tasks, Topics topics) {
        var byTopic = new TreeMap<String, List<Integer>>();
        group.topology.ifPresent(topology -> topology.subtopologies().forEach(one -> {
            var sources = new ArrayList<>(one.sourceTopics());
            one.repartitionSourceTopics().forEach(topic -> sources.add(topic.name()));
            for (var task : tasks) {
                if (task.subtopology().equals(one.subtopologyId())) {
                    for (var source : sources) {
                        if (task.partition() < topics.partitions(source)) {
                            byTopic.computeIfAbsent(source, name -> new ArrayList<>())
                                    .add(task.partition());
                        }
                    }
                }
            }
        }));
        return byTopic.entrySet().stream()
                .map(entry -> StreamsGroupHeartbeatResponse.TopicPartition.builder()
                        .topic(entry.getKey())
                        .partitions(entry.getValue())
                        .build())
                .toList();
    }

    static DescribedGroup describe(StreamsGroup group, Topics topics) {
        var configured = group.configured(topics);
        return DescribedGroup.builder()
                .groupId(group.id)
                .groupState(group.state(topics))
                .groupEpoch(group.epoch)
                .assignmentEpoch(group.targetEpoch)
                .topology(group.topology
                        .map(topology -> topology(topology, configured))
                        .orElse(null))
                .members(group.members.values().stream()
                        .map(member -> member(group, member))
                        .toList())
                .build();
    }

    private static StreamsGroupDescribeResponse.Topology topology(
            StreamsGroupTopologyValue topology, ConfiguredTopology configured) {
        var counts = configured.partitions();
        return StreamsGroupDescribeResponse.Topology.builder()
                .epoch(topology.epoch())
                // The official admin client cannot read null here, which the protocol has for groups that are not
                // ready.
                .subtopologies(topology.subtopologies().stream()
                        .map(one -> StreamsGroupDescribeResponse.Subtopology.builder()
                                .subtopologyId(one.subtopologyId())
                                .sourceTopics(one.sourceTopics())
                                .repartitionSinkTopics(one.repartitionSinkTopics())
                                .stateChangelogTopics(infos(one.stateChangelogTopics(), counts))
                                .repartitionSourceTopics(infos(one.repartitionSourceTopics(), counts))
                                .build())
                        .toList())
                .build();
    }

    private static List<StreamsGroupDescribeResponse.TopicInfo> infos(
            List<StreamsGroupTopologyValue.TopicInfo> topics, Map<String, Integer> counts) {
        return topics.stream()
                .map(topic -> StreamsGroupDescribeResponse.TopicInfo.builder()
                        .name(topic.name())
                        .partitions(counts.getOrDefault(topic.name(), 0))
                        .replicationFactor(topic.replicationFactor())
                        .topicConfigs(topic.topicConfigs().stream()
                                .map(config -> StreamsGroupDescribeResponse.KeyValue.builder()
                                        .key(config.key())
                                        .value(config.value())
                                        .build())
                                .toList())
                        .build())
                .toList();
    }

    private static StreamsGroupDescribeResponse.Member member(StreamsGroup group, StreamsMember member) {
        return StreamsGroupDescribeResponse.Member.builder()
                .memberId(member.id())
                .memberEpoch(member.epoch())
                .instanceId(null)
                .rackId(member.rackId())
                .clientId(member.clientId())
                .clientHost(member.clientHost())
                .topologyEpoch(member.topologyEpoch())
                .processId(member.processId())
                .userEndpoint(member.endpoint()
                        .map(one -> StreamsGroupDescribeResponse.Endpoint.builder()
                                .host(one.host())
                                .port(one.port())
                                .build())
                        .orElse(null))
                .clientTags(member.tags().entrySet().stream()
                        .map(tag -> StreamsGroupDescribeResponse.KeyValue.builder()
                                .key(tag.getKey())
                                .value(tag.getValue())
                                .build())
                        .toList())
                .taskOffsets(List.of())
                .taskEndOffsets(List.of())
                .assignment(assignment(member.assigned()))
                .targetAssignment(assignment(group.target(member.id())))
                .isClassic(false)
                .build();
    }

    private static StreamsGroupDescribeResponse.Assignment assignment(Tasks tasks) {
        return StreamsGroupDescribeResponse.Assignment.builder()
                .activeTasks(described(tasks.active()))
                .standbyTasks(described(tasks.standby()))
                .warmupTasks(described(tasks.warmup()))
                .build();
    }

    private static List<StreamsGroupDescribeResponse.TaskIds> described(SortedSet<Task> tasks) {
        return Tasks.bySubtopology(tasks).entrySet().stream()
                .map(entry -> StreamsGroupDescribeResponse.TaskIds.builder()
                        .subtopologyId(entry.getKey())
                        .partitions(entry.getValue())
                        .build())
                .toList();
    }
}
