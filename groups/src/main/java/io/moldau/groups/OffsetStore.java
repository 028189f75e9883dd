package io.moldau.groups;

import io.moldau.coordination.Effects;
import io.moldau.coordination.Entry;
import io.moldau.protocol.data.OffsetCommitKey;
import io.moldau.protocol.data.OffsetCommitValue;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// The committed offsets of the groups of one offsets partition. Purely the replay of the log.
final class OffsetStore {
    private static final short VALUE_VERSION = 3;

    private final Map<String, Map<String, Map<Integer, CommittedOffset>>> byGroup = new HashMap<>();

    void replay(OffsetCommitKey key, Optional<OffsetCommitValue> value) {
        if (value.isPresent()) {
            var stored = value.get();
            byGroup.computeIfAbsent(key.group(), group -> new TreeMap<>())
                    .computeIfAbsent(key.topic(), topic -> new TreeMap<>())
                    .put(
                            key.partition(),
                            new CommittedOffset(
                                    stored.offset(),
                                    stored.leaderEpoch(),
                                    stored.metadata(),
                                    stored.commitTimestamp()));
            return;
        }
        var topics = byGroup.get(key.group());
        var partitions = topics == null ? null : topics.get(key.topic());
        if (topics == null || partitions == null) {
            return;
        }
        partitions.remove(key.partition());
        if (partitions.isEmpty()) {
            topics.remove(key.topic());
            if (topics.isEmpty()) {
                byGroup.remove(key.group());
            }
        }
    }

    Optional<CommittedOffset> offset(String group, String topic, int partition) {
        return Optional.ofNullable(offsets(group).getOrDefault(topic, Map.of()).get(partition));
    }

    /// A group's offsets by topic and partition.
    Map<String, Map<Integer, CommittedOffset>> offsets(String group) {
        return byGroup.getOrDefault(group, Map.of());
    }

    Set<String> groups() {
        return byGroup.keySet();
    }

    void commit(String group, String topic, int partition, CommittedOffset offset, Effects effects) {
        var value = OffsetCommitValue.builder()
                .offset(offset.offset())
                .leaderEpoch(offset.leaderEpoch())
                .metadata(offset.metadata())
                .commitTimestamp(offset.commitTimestampMs())
                .build();
        effects.append(
                RecordFormat.entry(OffsetCommitKey.RECORD_TYPE, key(group, topic, partition), value, VALUE_VERSION));
    }

    void delete(String group, String topic, int partition, Effects effects) {
        if (offset(group, topic, partition).isPresent()) {
            effects.append(tombstone(group, topic, partition));
        }
    }

    void deleteGroup(String group, Effects effects) {
        offsets(group)
                .forEach((topic, partitions) ->
                        partitions.keySet().forEach(partition -> effects.append(tombstone(group, topic, partition))));
    }

    void deleteTopic(String topic, Effects effects) {
        byGroup.forEach((group, topics) -> topics.getOrDefault(topic, Map.of())
                .keySet()
                .forEach(partition -> effects.append(tombstone(group, topic, partition))));
    }

    private static Entry tombstone(String group, String topic, int partition) {
        return RecordFormat.tombstone(OffsetCommitKey.RECORD_TYPE, key(group, topic, partition));
    }

    private static OffsetCommitKey key(String group, String topic, int partition) {
        return OffsetCommitKey.builder()
                .group(group)
                .topic(topic)
                .partition(partition)
                .build();
    }
}
