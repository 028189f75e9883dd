package io.moldau.groups;

import io.moldau.coordination.Effects;
import io.moldau.coordination.Entry;
import io.moldau.groups.PendingOffsets.Place;
import io.moldau.protocol.data.OffsetCommitKey;
import io.moldau.protocol.data.OffsetCommitValue;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// The committed offsets of the groups of one offsets partition, and those that transactions will commit. Purely the
/// replay of the log.
final class OffsetStore {
    private static final short VALUE_VERSION = 3;

    private final Map<String, Map<String, Map<Integer, CommittedOffset>>> byGroup = new HashMap<>();
    private final PendingOffsets pending = new PendingOffsets();

    void replay(OffsetCommitKey key, Optional<OffsetCommitValue> value) {
        var place = place(key);
        if (value.isPresent()) {
            pending.supersede(place);
            put(place, committed(value.get()));
        } else {
            pending.remove(place);
            remove(place);
        }
    }

    /// The same in a transaction that has not ended.
    void replayPending(long producerId, OffsetCommitKey key, Optional<OffsetCommitValue> value) {
        if (value.isPresent()) {
            pending.put(producerId, place(key), committed(value.get()));
        }
    }

    void replayEnd(long producerId, boolean commit) {
        pending.end(producerId, commit, this::put);
    }

    private static Place place(OffsetCommitKey key) {
        return new Place(key.group(), key.topic(), key.partition());
    }

    private static CommittedOffset committed(OffsetCommitValue value) {
        return new CommittedOffset(value.offset(), value.leaderEpoch(), value.metadata(), value.commitTimestamp());
    }

    private void put(Place place, CommittedOffset offset) {
        byGroup.computeIfAbsent(place.group(), group -> new TreeMap<>())
                .computeIfAbsent(place.topic(), topic -> new TreeMap<>())
                .put(place.partition(), offset);
    }

    private void remove(Place place) {
        var topics = byGroup.get(place.group());
        var partitions = topics == null ? null : topics.get(place.topic());
        if (topics == null || partitions == null) {
            return;
        }
        partitions.remove(place.partition());
        if (partitions.isEmpty()) {
            topics.remove(place.topic());
            if (topics.isEmpty()) {
                byGroup.remove(place.group());
            }
        }
    }

    Optional<CommittedOffset> offset(String group, String topic, int partition) {
        return Optional.ofNullable(offsets(group).getOrDefault(topic, Map.of()).get(partition));
    }

    /// Whether an open transaction may change this offset.
    boolean isPending(String group, String topic, int partition) {
        return pending.has(new Place(group, topic, partition));
    }

    /// Whether the group has offsets here, committed or pending.
    boolean has(String group) {
        return byGroup.containsKey(group) || pending.groups().contains(group);
    }

    /// A group's offsets by topic and partition.
    Map<String, Map<Integer, CommittedOffset>> offsets(String group) {
        return byGroup.getOrDefault(group, Map.of());
    }

    /// Those with offsets, committed or pending.
    Set<String> groups() {
        var groups = new HashSet<>(byGroup.keySet());
        groups.addAll(pending.groups());
        return groups;
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
        if (offset(group, topic, partition).isPresent() || isPending(group, topic, partition)) {
            effects.append(tombstone(new Place(group, topic, partition)));
        }
    }

    void deleteGroup(String group, Effects effects) {
        var gone = new LinkedHashSet<Place>();
        offsets(group)
                .forEach((topic, partitions) ->
                        partitions.keySet().forEach(partition -> gone.add(new Place(group, topic, partition))));
        gone.addAll(pending.of(group));
        gone.forEach(place -> effects.append(tombstone(place)));
    }

    void deleteTopic(String topic, Effects effects) {
        var gone = new LinkedHashSet<Place>();
        byGroup.forEach((group, topics) -> topics.getOrDefault(topic, Map.of())
                .keySet()
                .forEach(partition -> gone.add(new Place(group, topic, partition))));
        gone.addAll(pending.ofTopic(topic));
        gone.forEach(place -> effects.append(tombstone(place)));
    }

    private static Entry tombstone(Place place) {
        return RecordFormat.tombstone(
                OffsetCommitKey.RECORD_TYPE, key(place.group(), place.topic(), place.partition()));
    }

    private static OffsetCommitKey key(String group, String topic, int partition) {
        return OffsetCommitKey.builder()
                .group(group)
                .topic(topic)
                .partition(partition)
                .build();
    }
}
