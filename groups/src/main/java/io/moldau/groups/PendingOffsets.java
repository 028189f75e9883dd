package io.moldau.groups;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/// Offsets that transactions will commit if they do. Of two commits of one partition the one counts that stands later
/// in the log, whenever its transaction ends: so it is after compaction too.
final class PendingOffsets {
    /// One partition's offset of one group.
    record Place(String group, String topic, int partition) {}

    /// @param offset empty: something that stands later in the log counts in its place
    private record Pending(Optional<CommittedOffset> offset, long order) {}

    private final Map<Long, Map<Place, Pending>> byProducer = new HashMap<>();
    /// The producers that have something pending, by group and place.
    private final Map<String, Map<Place, Set<Long>>> byGroup = new TreeMap<>();
    private long order;

    void put(long producerId, Place place, CommittedOffset offset) {
        byProducer
                .computeIfAbsent(producerId, id -> new HashMap<>())
                .put(place, new Pending(Optional.of(offset), ++order));
        byGroup.computeIfAbsent(place.group, group -> new HashMap<>())
                .computeIfAbsent(place, it -> new HashSet<>())
                .add(producerId);
    }

    /// An offset was committed without a transaction: what is pending does not count any more.
    void supersede(Place place) {
        supersede(place, ++order);
    }

    private void supersede(Place place, long below) {
        for (var producer : producers(place)) {
            byProducer
                    .getOrDefault(producer, Map.of())
                    .computeIfPresent(
                            place,
                            (it, pending) ->
                                    pending.order < below ? new Pending(Optional.empty(), pending.order) : pending);
        }
    }

    /// The offset was deleted, and what is pending with it.
    void remove(Place place) {
        for (var producer : List.copyOf(producers(place))) {
            remove(producer, place);
        }
    }

    private void remove(long producerId, Place place) {
        var places = byProducer.get(producerId);
        if (places != null && places.remove(place) != null && places.isEmpty()) {
            byProducer.remove(producerId);
        }
        forget(producerId, place);
    }

    private void forget(long producerId, Place place) {
        var places = byGroup.getOrDefault(place.group, Map.of());
        var producers = places.get(place);
        if (producers != null && producers.remove(producerId) && producers.isEmpty()) {
            places.remove(place);
            if (places.isEmpty()) {
                byGroup.remove(place.group);
            }
        }
    }

    /// The producer's transaction ended; `committed` is told of each offset that counts now.
    void end(long producerId, boolean commit, BiConsumer<Place, CommittedOffset> committed) {
        var places = byProducer.remove(producerId);
        if (places == null) {
            return;
        }
        places.forEach((place, pending) -> {
            forget(producerId, place);
            if (commit && pending.offset.isPresent()) {
                supersede(place, pending.order);
                committed.accept(place, pending.offset.get());
            }
        });
    }

    boolean has(Place place) {
        return !producers(place).isEmpty();
    }

    private Set<Long> producers(Place place) {
        return byGroup.getOrDefault(place.group, Map.of()).getOrDefault(place, Set.of());
    }

    Set<String> groups() {
        return byGroup.keySet();
    }

    Set<Place> of(String group) {
        return byGroup.getOrDefault(group, Map.of()).keySet();
    }

    List<Place> ofTopic(String topic) {
        var found = new ArrayList<Place>();
        byGroup.values()
                .forEach(places -> places.keySet().stream()
                        .filter(place -> place.topic.equals(topic))
                        .forEach(found::add));
        return found;
    }
}
