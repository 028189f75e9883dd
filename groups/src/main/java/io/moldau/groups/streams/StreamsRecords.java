package io.moldau.groups.streams;

import io.moldau.coordination.Entry;
import io.moldau.groups.RecordFormat;
import io.moldau.groups.streams.Tasks.Task;
import io.moldau.protocol.data.StreamsGroupCurrentMemberAssignmentKey;
import io.moldau.protocol.data.StreamsGroupCurrentMemberAssignmentValue;
import io.moldau.protocol.data.StreamsGroupMemberMetadataKey;
import io.moldau.protocol.data.StreamsGroupMemberMetadataValue;
import io.moldau.protocol.data.StreamsGroupMetadataKey;
import io.moldau.protocol.data.StreamsGroupMetadataValue;
import io.moldau.protocol.data.StreamsGroupTargetAssignmentMemberKey;
import io.moldau.protocol.data.StreamsGroupTargetAssignmentMemberValue;
import io.moldau.protocol.data.StreamsGroupTargetAssignmentMetadataKey;
import io.moldau.protocol.data.StreamsGroupTargetAssignmentMetadataValue;
import io.moldau.protocol.data.StreamsGroupTopologyKey;
import io.moldau.protocol.data.StreamsGroupTopologyValue;
import java.util.List;
import java.util.SortedSet;

/// The records of a streams group in `__consumer_offsets`, in Kafka's types and versions.
final class StreamsRecords {
    private static final short VERSION = 0;

    private StreamsRecords() {}

    static Entry group(String group, int epoch, long hash, int validatedTopology) {
        return RecordFormat.entry(
                StreamsGroupMetadataKey.RECORD_TYPE,
                groupKey(group),
                StreamsGroupMetadataValue.builder()
                        .epoch(epoch)
                        .metadataHash(hash)
                        .validatedTopologyEpoch(validatedTopology)
                        .lastAssignmentConfigs(null)
                        .build(),
                VERSION);
    }

    static Entry groupTombstone(String group) {
        return RecordFormat.tombstone(StreamsGroupMetadataKey.RECORD_TYPE, groupKey(group));
    }

    static Entry topology(String group, StreamsGroupTopologyValue topology) {
        return RecordFormat.entry(StreamsGroupTopologyKey.RECORD_TYPE, topologyKey(group), topology, VERSION);
    }

    static Entry topologyTombstone(String group) {
        return RecordFormat.tombstone(StreamsGroupTopologyKey.RECORD_TYPE, topologyKey(group));
    }

    static Entry member(String group, StreamsMember member) {
        var endpoint = member.endpoint()
                .map(one -> StreamsGroupMemberMetadataValue.Endpoint.builder()
                        .host(one.host())
                        .port(one.port())
                        .build())
                .orElse(null);
        return RecordFormat.entry(
                StreamsGroupMemberMetadataKey.RECORD_TYPE,
                memberKey(group, member.id()),
                StreamsGroupMemberMetadataValue.builder()
                        .instanceId(null)
                        .rackId(member.rackId())
                        .clientId(member.clientId())
                        .clientHost(member.clientHost())
                        .rebalanceTimeoutMs(member.rebalanceTimeoutMs())
                        .topologyEpoch(member.topologyEpoch())
                        .processId(member.processId())
                        .userEndpoint(endpoint)
                        .clientTags(member.tags().entrySet().stream()
                                .map(tag -> StreamsGroupMemberMetadataValue.KeyValue.builder()
                                        .key(tag.getKey())
                                        .value(tag.getValue())
                                        .build())
                                .toList())
                        .build(),
                VERSION);
    }

    static Entry memberTombstone(String group, String member) {
        return RecordFormat.tombstone(StreamsGroupMemberMetadataKey.RECORD_TYPE, memberKey(group, member));
    }

    static Entry target(String group, String member, Tasks tasks) {
        return RecordFormat.entry(
                StreamsGroupTargetAssignmentMemberKey.RECORD_TYPE,
                targetKey(group, member),
                StreamsGroupTargetAssignmentMemberValue.builder()
                        .activeTasks(targets(tasks.active()))
                        .standbyTasks(targets(tasks.standby()))
                        .warmupTasks(targets(tasks.warmup()))
                        .build(),
                VERSION);
    }

    private static List<StreamsGroupTargetAssignmentMemberValue.TaskIds> targets(SortedSet<Task> tasks) {
        return Tasks.bySubtopology(tasks).entrySet().stream()
                .map(entry -> StreamsGroupTargetAssignmentMemberValue.TaskIds.builder()
                        .subtopologyId(entry.getKey())
                        .partitions(entry.getValue())
                        .build())
                .toList();
    }

    static Entry targetTombstone(String group, String member) {
        return RecordFormat.tombstone(StreamsGroupTargetAssignmentMemberKey.RECORD_TYPE, targetKey(group, member));
    }

    static Entry targetEpoch(String group, int epoch, long nowMs) {
        return RecordFormat.entry(
                StreamsGroupTargetAssignmentMetadataKey.RECORD_TYPE,
                targetGroupKey(group),
                StreamsGroupTargetAssignmentMetadataValue.builder()
                        .assignmentEpoch(epoch)
                        .assignmentTimestamp(nowMs)
                        .build(),
                VERSION);
    }

    static Entry targetEpochTombstone(String group) {
        return RecordFormat.tombstone(StreamsGroupTargetAssignmentMetadataKey.RECORD_TYPE, targetGroupKey(group));
    }

    static Entry current(String group, StreamsMember member) {
        return RecordFormat.entry(
                StreamsGroupCurrentMemberAssignmentKey.RECORD_TYPE,
                currentKey(group, member.id()),
                StreamsGroupCurrentMemberAssignmentValue.builder()
                        .memberEpoch(member.epoch())
                        .previousMemberEpoch(member.previousEpoch())
                        .state(member.state().code())
                        .activeTasks(currents(member.assigned().active()))
                        .standbyTasks(currents(member.assigned().standby()))
                        .warmupTasks(currents(member.assigned().warmup()))
                        .activeTasksPendingRevocation(currents(member.revoking().active()))
                        .standbyTasksPendingRevocation(
                                currents(member.revoking().standby()))
                        .warmupTasksPendingRevocation(currents(member.revoking().warmup()))
                        .build(),
                VERSION);
    }

    private static List<StreamsGroupCurrentMemberAssignmentValue.TaskIds> currents(SortedSet<Task> tasks) {
        return Tasks.bySubtopology(tasks).entrySet().stream()
                .map(entry -> StreamsGroupCurrentMemberAssignmentValue.TaskIds.builder()
                        .subtopologyId(entry.getKey())
                        .partitions(entry.getValue())
                        .assignmentEpochs(null)
                        .build())
                .toList();
    }

    static Entry currentTombstone(String group, String member) {
        return RecordFormat.tombstone(StreamsGroupCurrentMemberAssignmentKey.RECORD_TYPE, currentKey(group, member));
    }

    private static StreamsGroupMetadataKey groupKey(String group) {
        return StreamsGroupMetadataKey.builder().groupId(group).build();
    }

    private static StreamsGroupTopologyKey topologyKey(String group) {
        return StreamsGroupTopologyKey.builder().groupId(group).build();
    }

    private static StreamsGroupTargetAssignmentMetadataKey targetGroupKey(String group) {
        return StreamsGroupTargetAssignmentMetadataKey.builder().groupId(group).build();
    }

    private static StreamsGroupMemberMetadataKey memberKey(String group, String member) {
        return StreamsGroupMemberMetadataKey.builder()
                .groupId(group)
                .memberId(member)
                .build();
    }

    private static StreamsGroupTargetAssignmentMemberKey targetKey(String group, String member) {
        return StreamsGroupTargetAssignmentMemberKey.builder()
                .groupId(group)
                .memberId(member)
                .build();
    }

    private static StreamsGroupCurrentMemberAssignmentKey currentKey(String group, String member) {
        return StreamsGroupCurrentMemberAssignmentKey.builder()
                .groupId(group)
                .memberId(member)
                .build();
    }
}
