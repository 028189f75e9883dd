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
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/// What each record does to the groups. Replaying a record twice does no more than once.
final class StreamsReplay {
    final Map<String, StreamsGroup> groups = new HashMap<>();

    static boolean isFor(short type) {
        return type >= StreamsGroupMetadataKey.RECORD_TYPE && type <= StreamsGroupTopologyKey.RECORD_TYPE && type != 18;
    }

    private StreamsGroup group(String id) {
        return groups.computeIfAbsent(id, StreamsGroup::new);
    }

    private StreamsMember member(String group, String id) {
        return group(group).members.getOrDefault(id, StreamsMember.unknown(id));
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
        if (type == StreamsGroupMetadataKey.RECORD_TYPE) {
            var stored = RecordFormat.value(value, StreamsGroupMetadataValue::read);
            var group =
                    group(RecordFormat.key(key, StreamsGroupMetadataKey::read).groupId());
            group.epoch = stored.epoch();
            group.metadataHash = stored.metadataHash();
        } else if (type == StreamsGroupTopologyKey.RECORD_TYPE) {
            var id = RecordFormat.key(key, StreamsGroupTopologyKey::read);
            group(id.groupId()).topology = Optional.of(RecordFormat.value(value, StreamsGroupTopologyValue::read));
        } else if (type == StreamsGroupMemberMetadataKey.RECORD_TYPE) {
            var id = RecordFormat.key(key, StreamsGroupMemberMetadataKey::read);
            putMember(id, RecordFormat.value(value, StreamsGroupMemberMetadataValue::read));
        } else if (type == StreamsGroupTargetAssignmentMetadataKey.RECORD_TYPE) {
            var id = RecordFormat.key(key, StreamsGroupTargetAssignmentMetadataKey::read);
            var stored = RecordFormat.value(value, StreamsGroupTargetAssignmentMetadataValue::read);
            var group = group(id.groupId());
            group.targetEpoch = stored.assignmentEpoch();
            group.assignedMs = stored.assignmentTimestamp();
        } else if (type == StreamsGroupTargetAssignmentMemberKey.RECORD_TYPE) {
            var id = RecordFormat.key(key, StreamsGroupTargetAssignmentMemberKey::read);
            var stored = RecordFormat.value(value, StreamsGroupTargetAssignmentMemberValue::read);
            group(id.groupId())
                    .targets
                    .put(
                            id.memberId(),
                            Tasks.of(
                                    targets(stored.activeTasks()),
                                    targets(stored.standbyTasks()),
                                    targets(stored.warmupTasks())));
        } else if (type == StreamsGroupCurrentMemberAssignmentKey.RECORD_TYPE) {
            var id = RecordFormat.key(key, StreamsGroupCurrentMemberAssignmentKey::read);
            var stored = RecordFormat.value(value, StreamsGroupCurrentMemberAssignmentValue::read);
            var member = member(id.groupId(), id.memberId())
                    .with(
                            stored.memberEpoch(),
                            stored.previousMemberEpoch(),
                            StreamsMember.State.of(stored.state()),
                            Tasks.of(
                                    currents(stored.activeTasks()),
                                    currents(stored.standbyTasks()),
                                    currents(stored.warmupTasks())),
                            Tasks.of(
                                    currents(stored.activeTasksPendingRevocation()),
                                    currents(stored.standbyTasksPendingRevocation()),
                                    currents(stored.warmupTasksPendingRevocation())));
            group(id.groupId()).members.put(member.id(), member);
        }
    }

    private void putMember(StreamsGroupMemberMetadataKey id, StreamsGroupMemberMetadataValue stored) {
        var before = member(id.groupId(), id.memberId());
        var tags = new TreeMap<String, String>();
        stored.clientTags().forEach(tag -> tags.put(tag.key(), tag.value()));
        group(id.groupId())
                .members
                .put(
                        id.memberId(),
                        new StreamsMember(
                                id.memberId(),
                                stored.rackId(),
                                stored.clientId(),
                                stored.clientHost(),
                                stored.rebalanceTimeoutMs(),
                                stored.topologyEpoch(),
                                stored.processId(),
                                Optional.ofNullable(stored.userEndpoint())
                                        .map(one -> new StreamsMember.Endpoint(one.host(), one.port())),
                                tags,
                                before.epoch(),
                                before.previousEpoch(),
                                before.state(),
                                before.assigned(),
                                before.revoking()));
    }

    private void remove(short type, ByteBuffer key) {
        if (type == StreamsGroupMetadataKey.RECORD_TYPE) {
            groups.remove(RecordFormat.key(key, StreamsGroupMetadataKey::read).groupId());
        } else if (type == StreamsGroupMemberMetadataKey.RECORD_TYPE) {
            var id = RecordFormat.key(key, StreamsGroupMemberMetadataKey::read);
            in(id.groupId(), group -> group.members.remove(id.memberId()));
        } else if (type == StreamsGroupTargetAssignmentMemberKey.RECORD_TYPE) {
            var id = RecordFormat.key(key, StreamsGroupTargetAssignmentMemberKey::read);
            in(id.groupId(), group -> group.targets.remove(id.memberId()));
        }
        // The other tombstones come with those of member and group.
    }

    private void in(String id, Consumer<StreamsGroup> change) {
        var group = groups.get(id);
        if (group != null) {
            change.accept(group);
        }
    }

    private static List<Task> targets(List<StreamsGroupTargetAssignmentMemberValue.TaskIds> ids) {
        var tasks = new ArrayList<Task>();
        ids.forEach(one -> one.partitions().forEach(p -> tasks.add(new Task(one.subtopologyId(), p))));
        return tasks;
    }

    private static List<Task> currents(List<StreamsGroupCurrentMemberAssignmentValue.TaskIds> ids) {
        var tasks = new ArrayList<Task>();
        ids.forEach(one -> one.partitions().forEach(p -> tasks.add(new Task(one.subtopologyId(), p))));
        return tasks;
    }
}
