package io.moldau.groups.share;

import io.moldau.protocol.Uuid;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Partitions by topic. Immutable.
record TopicParts(SortedMap<Uuid, SortedSet<Integer>> byTopic) {
    static final TopicParts NONE = new TopicParts(Collections.emptySortedMap());

    static TopicParts of(Map<Uuid, ? extends Iterable<Integer>> partitions) {
        var all = new TreeMap<Uuid, SortedSet<Integer>>();
        partitions.forEach((topic, some) -> {
            var sorted = new TreeSet<Integer>();
            some.forEach(sorted::add);
            if (!sorted.isEmpty()) {
                all.put(topic, Collections.unmodifiableSortedSet(sorted));
            }
        });
        return new TopicParts(Collections.unmodifiableSortedMap(all));
    }

    boolean isEmpty() {
        return byTopic.isEmpty();
    }

    SortedSet<Integer> of(Uuid topic) {
        return byTopic.getOrDefault(topic, Collections.emptySortedSet());
    }

    TopicParts plus(TopicParts others) {
        var all = new TreeMap<Uuid, SortedSet<Integer>>();
        byTopic.forEach((topic, partitions) -> all.put(topic, new TreeSet<>(partitions)));
        others.byTopic.forEach((topic, partitions) ->
                all.computeIfAbsent(topic, one -> new TreeSet<>()).addAll(partitions));
        return of(all);
    }

    TopicParts without(Uuid topic) {
        var all = new TreeMap<>(byTopic);
        all.remove(topic);
        return new TopicParts(Collections.unmodifiableSortedMap(all));
    }
}
