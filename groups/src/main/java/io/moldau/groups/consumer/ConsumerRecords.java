package io.moldau.groups.consumer;

import io.moldau.coordination.Entry;
import io.moldau.groups.RecordFormat;
import io.moldau.protocol.data.ConsumerGroupCurrentMemberAssignmentKey;
import io.moldau.protocol.data.ConsumerGroupCurrentMemberAssignmentValue;
import io.moldau.protocol.data.ConsumerGroupMemberMetadataKey;
import io.moldau.protocol.data.ConsumerGroupMemberMetadataValue;
import io.moldau.protocol.data.ConsumerGroupMetadataKey;
import io.moldau.protocol.data.ConsumerGroupMetadataValue;
import io.moldau.protocol.data.ConsumerGroupRegularExpressionKey;
import io.moldau.protocol.data.ConsumerGroupRegularExpressionValue;
import io.moldau.protocol.data.ConsumerGroupTargetAssignmentMemberKey;
import io.moldau.protocol.data.ConsumerGroupTargetAssignmentMemberValue;
import io.moldau.protocol.data.ConsumerGroupTargetAssignmentMetadataKey;
import io.moldau.protocol.data.ConsumerGroupTargetAssignmentMetadataValue;
import java.util.Collection;
import java.util.List;

/// The records of a consumer group in `__consumer_offsets`, in Kafka's types and versions.
final class ConsumerRecords {
    private static final short VERSION = 0;

    private ConsumerRecords() {}

    static Entry groupEpoch(String group, int epoch, long metadataHash) {
        return RecordFormat.entry(
                ConsumerGroupMetadataKey.RECORD_TYPE,
                groupKey(group),
                ConsumerGroupMetadataValue.builder()
                        .epoch(epoch)
                        .metadataHash(metadataHash)
                        .build(),
                VERSION);
    }

    static Entry groupTombstone(String group) {
        return RecordFormat.tombstone(ConsumerGroupMetadataKey.RECORD_TYPE, groupKey(group));
    }

    static Entry member(String group, ConsumerMember member) {
        return RecordFormat.entry(
                ConsumerGroupMemberMetadataKey.RECORD_TYPE,
                memberKey(group, member.id()),
                ConsumerGroupMemberMetadataValue.builder()
                        .instanceId(member.instanceId())
                        .rackId(member.rackId())
                        .clientId(member.clientId())
                        .clientHost(member.clientHost())
                        .subscribedTopicNames(member.topics())
                        .subscribedTopicRegex(member.regex())
                        .rebalanceTimeoutMs(member.rebalanceTimeoutMs())
                        .serverAssignor(member.serverAssignor())
                        .classicMemberMetadata(ClassicPart.stored(member.classic()))
                        .build(),
                VERSION);
    }

    static Entry memberTombstone(String group, String memberId) {
        return RecordFormat.tombstone(ConsumerGroupMemberMetadataKey.RECORD_TYPE, memberKey(group, memberId));
    }

    static Entry assignment(String group, ConsumerMember member) {
        return RecordFormat.entry(
                ConsumerGroupCurrentMemberAssignmentKey.RECORD_TYPE,
                currentKey(group, member.id()),
                ConsumerGroupCurrentMemberAssignmentValue.builder()
                        .memberEpoch(member.epoch())
                        .previousMemberEpoch(member.previousEpoch())
                        .state(member.state().code())
                        .assignedPartitions(current(member.assigned()))
                        .partitionsPendingRevocation(current(member.revoking()))
                        .build(),
                VERSION);
    }

    static Entry assignmentTombstone(String group, String memberId) {
        return RecordFormat.tombstone(ConsumerGroupCurrentMemberAssignmentKey.RECORD_TYPE, currentKey(group, memberId));
    }

    static Entry target(String group, String memberId, PartitionSet partitions) {
        return RecordFormat.entry(
                ConsumerGroupTargetAssignmentMemberKey.RECORD_TYPE,
                targetKey(group, memberId),
                ConsumerGroupTargetAssignmentMemberValue.builder()
                        .topicPartitions(partitions.byTopic().entrySet().stream()
                                .map(entry -> ConsumerGroupTargetAssignmentMemberValue.TopicPartition.builder()
                                        .topicId(entry.getKey())
                                        .partitions(List.copyOf(entry.getValue()))
                                        .build())
                                .toList())
                        .build(),
                VERSION);
    }

    static Entry targetTombstone(String group, String memberId) {
        return RecordFormat.tombstone(ConsumerGroupTargetAssignmentMemberKey.RECORD_TYPE, targetKey(group, memberId));
    }

    static Entry targetEpoch(String group, int epoch, long nowMs) {
        return RecordFormat.entry(
                ConsumerGroupTargetAssignmentMetadataKey.RECORD_TYPE,
                targetGroupKey(group),
                ConsumerGroupTargetAssignmentMetadataValue.builder()
                        .assignmentEpoch(epoch)
                        .assignmentTimestamp(nowMs)
                        .build(),
                VERSION);
    }

    static Entry targetEpochTombstone(String group) {
        return RecordFormat.tombstone(ConsumerGroupTargetAssignmentMetadataKey.RECORD_TYPE, targetGroupKey(group));
    }

    static Entry regex(String group, String regex, Collection<String> topics, long nowMs) {
        return RecordFormat.entry(
                ConsumerGroupRegularExpressionKey.RECORD_TYPE,
                regexKey(group, regex),
                ConsumerGroupRegularExpressionValue.builder()
                        .topics(List.copyOf(topics))
                        .version(0)
                        .timestamp(nowMs)
                        .build(),
                VERSION);
    }

    static Entry regexTombstone(String group, String regex) {
        return RecordFormat.tombstone(ConsumerGroupRegularExpressionKey.RECORD_TYPE, regexKey(group, regex));
    }

    private static List<ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions> current(PartitionSet partitions) {
        return partitions.byTopic().entrySet().stream()
                .map(entry -> ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions.builder()
                        .topicId(entry.getKey())
                        .partitions(List.copyOf(entry.getValue()))
                        .build())
                .toList();
    }

    private static ConsumerGroupMetadataKey groupKey(String group) {
        return ConsumerGroupMetadataKey.builder().groupId(group).build();
    }

    private static ConsumerGroupMemberMetadataKey memberKey(String group, String memberId) {
        return ConsumerGroupMemberMetadataKey.builder()
                .groupId(group)
                .memberId(memberId)
                .build();
    }

    private static ConsumerGroupCurrentMemberAssignmentKey currentKey(String group, String memberId) {
        return ConsumerGroupCurrentMemberAssignmentKey.builder()
                .groupId(group)
                .memberId(memberId)
                .build();
    }

    private static ConsumerGroupTargetAssignmentMemberKey targetKey(String group, String memberId) {
        return ConsumerGroupTargetAssignmentMemberKey.builder()
                .groupId(group)
                .memberId(memberId)
                .build();
    }

    private static ConsumerGroupTargetAssignmentMetadataKey targetGroupKey(String group) {
        return ConsumerGroupTargetAssignmentMetadataKey.builder().groupId(group).build();
    }

    private static ConsumerGroupRegularExpressionKey regexKey(String group, String regex) {
        return ConsumerGroupRegularExpressionKey.builder()
                .groupId(group)
                .regularExpression(regex)
                .build();
    }
}
