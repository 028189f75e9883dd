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
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/// What each record does to the groups. Replaying a record twice does no more than once.
final class ConsumerReplay {
    final Map<String, ConsumerGroup> groups = new HashMap<>();

    private ConsumerGroup group(String id) {
        return groups.computeIfAbsent(id, ConsumerGroup::new);
    }

    private ConsumerMember member(String group, String id) {
        return group(group).members.getOrDefault(id, ConsumerMember.unknown(id));
    }

    void apply(Entry entry) {
        short type = RecordFormat.type(entry.key());
        var value = entry.value();
        if (value == null) {
            remove(type, entry.key());
        } else {
            put(type, entry.key(), value);
        }
    }

    private void put(short type, ByteBuffer key, ByteBuffer value) {
        if (type == ConsumerGroupMetadataKey.RECORD_TYPE) {
            var stored = RecordFormat.value(value, ConsumerGroupMetadataValue::read);
            var group =
                    group(RecordFormat.key(key, ConsumerGroupMetadataKey::read).groupId());
            group.epoch = stored.epoch();
            group.metadataHash = stored.metadataHash();
        } else if (type == ConsumerGroupMemberMetadataKey.RECORD_TYPE) {
            var id = RecordFormat.key(key, ConsumerGroupMemberMetadataKey::read);
            putMember(id, RecordFormat.value(value, ConsumerGroupMemberMetadataValue::read));
        } else if (type == ConsumerGroupTargetAssignmentMetadataKey.RECORD_TYPE) {
            var id = RecordFormat.key(key, ConsumerGroupTargetAssignmentMetadataKey::read);
            var stored = RecordFormat.value(value, ConsumerGroupTargetAssignmentMetadataValue::read);
            var group = group(id.groupId());
            group.targetEpoch = stored.assignmentEpoch();
            group.assignedMs = stored.assignmentTimestamp();
        } else if (type == ConsumerGroupTargetAssignmentMemberKey.RECORD_TYPE) {
            var id = RecordFormat.key(key, ConsumerGroupTargetAssignmentMemberKey::read);
            var partitions = new ArrayList<PartitionSet.One>();
            RecordFormat.value(value, ConsumerGroupTargetAssignmentMemberValue::read)
                    .topicPartitions()
                    .forEach(topic ->
                            topic.partitions().forEach(p -> partitions.add(new PartitionSet.One(topic.topicId(), p))));
            group(id.groupId()).targets.put(id.memberId(), PartitionSet.of(partitions));
        } else if (type == ConsumerGroupCurrentMemberAssignmentKey.RECORD_TYPE) {
            var id = RecordFormat.key(key, ConsumerGroupCurrentMemberAssignmentKey::read);
            var stored = RecordFormat.value(value, ConsumerGroupCurrentMemberAssignmentValue::read);
            var member = member(id.groupId(), id.memberId())
                    .withAssignment(
                            stored.memberEpoch(),
                            stored.previousMemberEpoch(),
                            ConsumerMember.State.of(stored.state()),
                            partitions(stored.assignedPartitions()),
                            partitions(stored.partitionsPendingRevocation()));
            group(id.groupId()).members.put(member.id(), member);
        } else if (type == ConsumerGroupRegularExpressionKey.RECORD_TYPE) {
            var id = RecordFormat.key(key, ConsumerGroupRegularExpressionKey::read);
            var stored = RecordFormat.value(value, ConsumerGroupRegularExpressionValue::read);
            group(id.groupId()).topicsByRegex.put(id.regularExpression(), new TreeSet<>(stored.topics()));
        }
    }

    private void putMember(ConsumerGroupMemberMetadataKey id, ConsumerGroupMemberMetadataValue stored) {
        var before = member(id.groupId(), id.memberId());
        group(id.groupId())
                .members
                .put(
                        id.memberId(),
                        new ConsumerMember(
                                id.memberId(),
                                stored.instanceId(),
                                stored.rackId(),
                                stored.clientId(),
                                stored.clientHost(),
                                stored.subscribedTopicNames(),
                                stored.subscribedTopicRegex(),
                                stored.rebalanceTimeoutMs(),
                                stored.serverAssignor(),
                                before.epoch(),
                                before.previousEpoch(),
                                before.state(),
                                before.assigned(),
                                before.revoking(),
                                ClassicPart.of(stored.classicMemberMetadata())));
    }

    private void remove(short type, ByteBuffer key) {
        if (type == ConsumerGroupMetadataKey.RECORD_TYPE) {
            groups.remove(RecordFormat.key(key, ConsumerGroupMetadataKey::read).groupId());
        } else if (type == ConsumerGroupMemberMetadataKey.RECORD_TYPE) {
            var id = RecordFormat.key(key, ConsumerGroupMemberMetadataKey::read);
            var group = groups.get(id.groupId());
            if (group != null) {
                group.members.remove(id.memberId());
            }
        } else if (type == ConsumerGroupTargetAssignmentMemberKey.RECORD_TYPE) {
            var id = RecordFormat.key(key, ConsumerGroupTargetAssignmentMemberKey::read);
            var group = groups.get(id.groupId());
            if (group != null) {
                group.targets.remove(id.memberId());
            }
        } else if (type == ConsumerGroupRegularExpressionKey.RECORD_TYPE) {
            var id = RecordFormat.key(key, ConsumerGroupRegularExpressionKey::read);
            var group = groups.get(id.groupId());
            if (group != null) {
                group.topicsByRegex.remove(id.regularExpression());
            }
        }
        // The tombstones of a member's assignment and of the target's epoch come with those of member and group.
    }

    private static PartitionSet partitions(List<ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions> topics) {
        var all = new ArrayList<PartitionSet.One>();
        topics.forEach(topic -> topic.partitions().forEach(p -> all.add(new PartitionSet.One(topic.topicId(), p))));
        return PartitionSet.of(all);
    }
}
