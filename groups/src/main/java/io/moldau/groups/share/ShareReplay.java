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
import io.moldau.protocol.data.ShareGroupStatePartitionMetadataValue.TopicPartitionsInfo;
import io.moldau.protocol.data.ShareGroupTargetAssignmentMemberKey;
import io.moldau.protocol.data.ShareGroupTargetAssignmentMemberValue;
import io.moldau.protocol.data.ShareGroupTargetAssignmentMetadataKey;
import io.moldau.protocol.data.ShareGroupTargetAssignmentMetadataValue;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What each record does to the groups. Replaying a record twice does no more than once.
final class ShareReplay {
    final Map<String, ShareGroup> groups = new HashMap<>();

    private ShareGroup group(String id) {
        return groups.computeIfAbsent(id, ShareGroup::new);
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
        if (type == ShareGroupMetadataKey.RECORD_TYPE) {
            var stored = RecordFormat.value(value, ShareGroupMetadataValue::read);
            var group = group(RecordFormat.key(key, ShareGroupMetadataKey::read).groupId());
            group.epoch = stored.epoch();
            group.metadataHash = stored.metadataHash();
        } else if (type == ShareGroupMemberMetadataKey.RECORD_TYPE) {
            var id = RecordFormat.key(key, ShareGroupMemberMetadataKey::read);
            var stored = RecordFormat.value(value, ShareGroupMemberMetadataValue::read);
            var members = group(id.groupId()).members;
            members.put(
                    id.memberId(),
                    members.getOrDefault(id.memberId(), ShareMember.unknown(id.memberId()))
                            .described(
                                    stored.rackId(),
                                    stored.clientId(),
                                    stored.clientHost(),
                                    stored.subscribedTopicNames()));
        } else if (type == ShareGroupTargetAssignmentMetadataKey.RECORD_TYPE) {
            var id = RecordFormat.key(key, ShareGroupTargetAssignmentMetadataKey::read);
            var stored = RecordFormat.value(value, ShareGroupTargetAssignmentMetadataValue::read);
            var group = group(id.groupId());
            group.targetEpoch = stored.assignmentEpoch();
            group.assignedMs = stored.assignmentTimestamp();
        } else if (type == ShareGroupTargetAssignmentMemberKey.RECORD_TYPE) {
            var id = RecordFormat.key(key, ShareGroupTargetAssignmentMemberKey::read);
            var partitions = new HashMap<Uuid, List<Integer>>();
            RecordFormat.value(value, ShareGroupTargetAssignmentMemberValue::read)
                    .topicPartitions()
                    .forEach(topic -> partitions.put(topic.topicId(), topic.partitions()));
            group(id.groupId()).targets.put(id.memberId(), TopicParts.of(partitions));
        } else if (type == ShareGroupCurrentMemberAssignmentKey.RECORD_TYPE) {
            var id = RecordFormat.key(key, ShareGroupCurrentMemberAssignmentKey::read);
            var stored = RecordFormat.value(value, ShareGroupCurrentMemberAssignmentValue::read);
            var partitions = new HashMap<Uuid, List<Integer>>();
            stored.assignedPartitions().forEach(topic -> partitions.put(topic.topicId(), topic.partitions()));
            var members = group(id.groupId()).members;
            var before = members.getOrDefault(id.memberId(), ShareMember.unknown(id.memberId()));
            members.put(
                    id.memberId(),
                    new ShareMember(
                            before.id(),
                            before.rackId(),
                            before.clientId(),
                            before.clientHost(),
                            before.topics(),
                            stored.memberEpoch(),
                            stored.previousMemberEpoch(),
                            TopicParts.of(partitions)));
        } else if (type == ShareGroupStatePartitionMetadataKey.RECORD_TYPE) {
            var group = group(RecordFormat.key(key, ShareGroupStatePartitionMetadataKey::read)
                    .groupId());
            var stored = RecordFormat.value(value, ShareGroupStatePartitionMetadataValue::read);
            group.topicNames.clear();
            group.initialising = parts(group, stored.initializingTopics());
            group.initialised = parts(group, stored.initializedTopics());
            group.deleting.clear();
            stored.deletingTopics().forEach(topic -> group.deleting.put(topic.topicId(), topic.topicName()));
        }
    }

    private static TopicParts parts(ShareGroup group, List<TopicPartitionsInfo> topics) {
        var partitions = new HashMap<Uuid, List<Integer>>();
        topics.forEach(topic -> {
            partitions.put(topic.topicId(), topic.partitions());
            group.topicNames.put(topic.topicId(), topic.topicName());
        });
        return TopicParts.of(partitions);
    }

    private void remove(short type, ByteBuffer key) {
        if (type == ShareGroupMetadataKey.RECORD_TYPE) {
            groups.remove(RecordFormat.key(key, ShareGroupMetadataKey::read).groupId());
        } else if (type == ShareGroupMemberMetadataKey.RECORD_TYPE) {
            var id = RecordFormat.key(key, ShareGroupMemberMetadataKey::read);
            var group = groups.get(id.groupId());
            if (group != null) {
                group.members.remove(id.memberId());
            }
        } else if (type == ShareGroupTargetAssignmentMemberKey.RECORD_TYPE) {
            var id = RecordFormat.key(key, ShareGroupTargetAssignmentMemberKey::read);
            var group = groups.get(id.groupId());
            if (group != null) {
                group.targets.remove(id.memberId());
            }
        }
        // The tombstones of assignments, the target's epoch and the states come with those of member and group.
    }
}
