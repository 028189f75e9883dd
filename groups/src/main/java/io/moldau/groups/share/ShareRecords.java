package io.moldau.groups.share;

import io.moldau.coordination.Entry;
import io.moldau.groups.RecordFormat;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.data.ShareGroupCurrentMemberAssignmentKey;
import io.moldau.protocol.data.ShareGroupCurrentMemberAssignmentValue;
import io.moldau.protocol.data.ShareGroupMemberMetadataKey;
import io.moldau.protocol.data.ShareGroupMemberMetadataValue;
import io.moldau.protocol.data.ShareGroupMetadataKey;
import io.moldau.protocol.data.ShareGroupMetadataValue;
import io.moldau.protocol.data.ShareGroupStatePartitionMetadataKey;
import io.moldau.protocol.data.ShareGroupStatePartitionMetadataValue;
import io.moldau.protocol.data.ShareGroupStatePartitionMetadataValue.TopicInfo;
import io.moldau.protocol.data.ShareGroupStatePartitionMetadataValue.TopicPartitionsInfo;
import io.moldau.protocol.data.ShareGroupTargetAssignmentMemberKey;
import io.moldau.protocol.data.ShareGroupTargetAssignmentMemberValue;
import io.moldau.protocol.data.ShareGroupTargetAssignmentMetadataKey;
import io.moldau.protocol.data.ShareGroupTargetAssignmentMetadataValue;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// The records of a share group in `__consumer_offsets`, in Kafka's types and versions.
final class ShareRecords {
    private static final short VERSION = 0;

    /// Of an assignment that is complete: a share group's always is.
    private static final byte STABLE = 0;

    private ShareRecords() {}

    /// Whether records of this type are a share group's.
    static boolean isOne(short type) {
        return type >= ShareGroupMemberMetadataKey.RECORD_TYPE
                && type <= ShareGroupStatePartitionMetadataKey.RECORD_TYPE;
    }

    static Entry groupEpoch(String group, int epoch, long metadataHash) {
        return RecordFormat.entry(
                ShareGroupMetadataKey.RECORD_TYPE,
                groupKey(group),
                ShareGroupMetadataValue.builder()
                        .epoch(epoch)
                        .metadataHash(metadataHash)
                        .build(),
                VERSION);
    }

    static Entry groupTombstone(String group) {
        return RecordFormat.tombstone(ShareGroupMetadataKey.RECORD_TYPE, groupKey(group));
    }

    static Entry member(String group, ShareMember member) {
        return RecordFormat.entry(
                ShareGroupMemberMetadataKey.RECORD_TYPE,
                memberKey(group, member.id()),
                ShareGroupMemberMetadataValue.builder()
                        .rackId(member.rackId())
                        .clientId(member.clientId())
                        .clientHost(member.clientHost())
                        .subscribedTopicNames(member.topics())
                        .build(),
                VERSION);
    }

    static Entry memberTombstone(String group, String memberId) {
        return RecordFormat.tombstone(ShareGroupMemberMetadataKey.RECORD_TYPE, memberKey(group, memberId));
    }

    static Entry assignment(String group, ShareMember member) {
        return RecordFormat.entry(
                ShareGroupCurrentMemberAssignmentKey.RECORD_TYPE,
                currentKey(group, member.id()),
                ShareGroupCurrentMemberAssignmentValue.builder()
                        .memberEpoch(member.epoch())
                        .previousMemberEpoch(member.previousEpoch())
                        .state(STABLE)
                        .assignedPartitions(member.assigned().byTopic().entrySet().stream()
                                .map(topic -> ShareGroupCurrentMemberAssignmentValue.TopicPartitions.builder()
                                        .topicId(topic.getKey())
                                        .partitions(List.copyOf(topic.getValue()))
                                        .build())
                                .toList())
                        .build(),
                VERSION);
    }

    static Entry assignmentTombstone(String group, String memberId) {
        return RecordFormat.tombstone(ShareGroupCurrentMemberAssignmentKey.RECORD_TYPE, currentKey(group, memberId));
    }

    static Entry target(String group, String memberId, TopicParts partitions) {
        return RecordFormat.entry(
                ShareGroupTargetAssignmentMemberKey.RECORD_TYPE,
                targetKey(group, memberId),
                ShareGroupTargetAssignmentMemberValue.builder()
                        .topicPartitions(partitions.byTopic().entrySet().stream()
                                .map(topic -> ShareGroupTargetAssignmentMemberValue.TopicPartition.builder()
                                        .topicId(topic.getKey())
                                        .partitions(List.copyOf(topic.getValue()))
                                        .build())
                                .toList())
                        .build(),
                VERSION);
    }

    static Entry targetTombstone(String group, String memberId) {
        return RecordFormat.tombstone(ShareGroupTargetAssignmentMemberKey.RECORD_TYPE, targetKey(group, memberId));
    }

    static Entry targetEpoch(String group, int epoch, long nowMs) {
        return RecordFormat.entry(
                ShareGroupTargetAssignmentMetadataKey.RECORD_TYPE,
                targetGroupKey(group),
                ShareGroupTargetAssignmentMetadataValue.builder()
                        .assignmentEpoch(epoch)
                        .assignmentTimestamp(nowMs)
                        .build(),
                VERSION);
    }

    static Entry targetEpochTombstone(String group) {
        return RecordFormat.tombstone(ShareGroupTargetAssignmentMetadataKey.RECORD_TYPE, targetGroupKey(group));
    }

    /// @param name of a topic, "" if it is gone
    static Entry states(
            String group,
            TopicParts initialising,
            TopicParts initialised,
            Map<Uuid, String> deleting,
            Function<Uuid, String> name) {
        return RecordFormat.entry(
                ShareGroupStatePartitionMetadataKey.RECORD_TYPE,
                statesKey(group),
                ShareGroupStatePartitionMetadataValue.builder()
                        .initializingTopics(infos(initialising, name))
                        .initializedTopics(infos(initialised, name))
                        .deletingTopics(deleting.entrySet().stream()
                                .map(topic -> TopicInfo.builder()
                                        .topicId(topic.getKey())
                                        .topicName(topic.getValue())
                                        .build())
                                .toList())
                        .build(),
                VERSION);
    }

    static Entry statesTombstone(String group) {
        return RecordFormat.tombstone(ShareGroupStatePartitionMetadataKey.RECORD_TYPE, statesKey(group));
    }

    private static List<TopicPartitionsInfo> infos(TopicParts partitions, Function<Uuid, String> name) {
        return partitions.byTopic().entrySet().stream()
                .map(topic -> TopicPartitionsInfo.builder()
                        .topicId(topic.getKey())
                        .topicName(name.apply(topic.getKey()))
                        .partitions(List.copyOf(topic.getValue()))
                        .build())
                .toList();
    }

    private static ShareGroupMetadataKey groupKey(String group) {
        return ShareGroupMetadataKey.builder().groupId(group).build();
    }

    private static ShareGroupMemberMetadataKey memberKey(String group, String memberId) {
        return ShareGroupMemberMetadataKey.builder()
                .groupId(group)
                .memberId(memberId)
                .build();
    }

    private static ShareGroupCurrentMemberAssignmentKey currentKey(String group, String memberId) {
        return ShareGroupCurrentMemberAssignmentKey.builder()
                .groupId(group)
                .memberId(memberId)
                .build();
    }

    private static ShareGroupTargetAssignmentMemberKey targetKey(String group, String memberId) {
        return ShareGroupTargetAssignmentMemberKey.builder()
                .groupId(group)
                .memberId(memberId)
                .build();
    }

    private static ShareGroupTargetAssignmentMetadataKey targetGroupKey(String group) {
        return ShareGroupTargetAssignmentMetadataKey.builder().groupId(group).build();
    }

    private static ShareGroupStatePartitionMetadataKey statesKey(String group) {
        return ShareGroupStatePartitionMetadataKey.builder().groupId(group).build();
    }
}
