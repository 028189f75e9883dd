package io.moldau.groups.consumer;

import io.moldau.protocol.Uuid;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiPredicate;

/// Partitions by topic id. Immutable; no topic stands here without partitions.
record PartitionSet(Map<Uuid, SortedSet<Integer>> byTopic) {
    static final PartitionSet NONE = new PartitionSet(Map.of());

    /// One partition of a topic.
    record One(Uuid topic, int partition) {}

    static PartitionSet of(Iterable<One> partitions) {
        var topics = new LinkedHashMap<Uuid, SortedSet<Integer>>();
        for (var one : partitions) {
            topics.computeIfAbsent(one.topic(), topic -> new TreeSet<>()).add(one.partition());
        }
        return new PartitionSet(Collections.unmodifiableMap(topics));
    }

    List<One> all() {
        var list = new ArrayList<One>();
        byTopic.forEach((topic, partitions) -> partitions.forEach(p -> list.add(new One(topic, p))));
        return list;
    }

    boolean isEmpty() {
        return byTopic.isEmpty();
    }

    int size() {
        return byTopic.values().stream().mapToInt(SortedSet::size).sum();
    }

    boolean has(Uuid topic, int partition) {
        var partitions = byTopic.get(topic);
        return partitions != null && partitions.contains(partition);
    }

    boolean hasAll(PartitionSet others) {
        return others.where((topic, partition) -> !has(topic, partition)).isEmpty();
    }

    boolean touches(PartitionSet others) {
        return !where(others::has).isEmpty();
    }

    PartitionSet and(PartitionSet others) {
        return where(others::has);
    }

    PartitionSet without(PartitionSet others) {
        return where((topic, partition) -> !others.has(topic, partition));
    }

    PartitionSet plus(PartitionSet others) {
        var list = all();
        list.addAll(others.all());
        return of(list);
    }

    PartitionSet where(BiPredicate<Uuid, Integer> keep) {
        var kept = new ArrayList<One>();
        for (var one : all()) {
            if (keep.test(one.topic(), one.partition())) {
                kept.add(one);
            }
        }
        return of(kept);
    }

    /// In an order that does not depend on how the set came about.
    Map<String, SortedSet<Integer>> sorted() {
        var sorted = new TreeMap<String, SortedSet<Integer>>();
        byTopic.forEach((topic, partitions) -> sorted.put(topic.toString(), partitions));
        return sorted;
    }
}
