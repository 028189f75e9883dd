package io.moldau.groups.consumer;

import io.moldau.groups.consumer.PartitionSet.One;
import io.moldau.protocol.Uuid;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// Which member reads which partition: pure, and the same for the same input.
enum Assignor {
    /// Spreads all partitions as evenly as subscriptions allow, moving as few as possible (KIP-848 "uniform").
    UNIFORM("uniform") {
        @Override
        Map<String, PartitionSet> assign(SortedMap<String, Reader> readers, Map<Uuid, Integer> partitionCounts) {
            return new Uniform(readers, partitionCounts).assign();
        }
    },
    /// Topic by topic, each member in the order of their names a run of partitions (KIP-848 "range").
    RANGE("range") {
        @Override
        Map<String, PartitionSet> assign(SortedMap<String, Reader> readers, Map<Uuid, Integer> partitionCounts) {
            return range(readers, partitionCounts);
        }
    };

    /// What an assignor knows of a member: what it wants, and what it has now.
    ///
    /// @param order the name that ranges are dealt out by: the instance id, else the member id
    record Reader(String order, Set<Uuid> topics, PartitionSet present) {}

    private final String text;

    Assignor(String text) {
        this.text = text;
    }

    String text() {
        return text;
    }

    static Optional<Assignor> of(String name) {
        for (var assignor : values()) {
            if (assignor.text.equals(name)) {
                return Optional.of(assignor);
            }
        }
        return Optional.empty();
    }

    /// @param readers by member id
    /// @param partitionCounts of the topics that exist; others are not assigned
    abstract Map<String, PartitionSet> assign(SortedMap<String, Reader> readers, Map<Uuid, Integer> partitionCounts);

    private static Map<String, PartitionSet> range(
            SortedMap<String, Reader> readers, Map<Uuid, Integer> partitionCounts) {
        var given = new HashMap<String, List<One>>();
        readers.keySet().forEach(id -> given.put(id, new ArrayList<>()));
        partitionCounts.forEach((topic, count) -> {
            var subscribed = readers.entrySet().stream()
                    .filter(entry -> entry.getValue().topics().contains(topic))
                    .sorted(Comparator.comparing(entry -> entry.getValue().order()))
                    .map(Map.Entry::getKey)
                    .toList();
            int next = 0;
            for (int i = 0; i < subscribed.size(); i++) {
                int share = count / subscribed.size() + (i < count % subscribed.size() ? 1 : 0);
                for (int end = next + share; next < end; next++) {
                    given.getOrDefault(subscribed.get(i), new ArrayList<>()).add(new One(topic, next));
                }
            }
        });
        var result = new HashMap<String, PartitionSet>();
        given.forEach((id, partitions) -> result.put(id, PartitionSet.of(partitions)));
        return result;
    }

    /// Keep what is still right, deal out the rest to whoever has least, then even out.
    private static final class Uniform {
        private final SortedMap<String, Reader> readers;
        private final Map<Uuid, Integer> partitionCounts;
        private final SortedMap<String, List<One>> given = new TreeMap<>();

        Uniform(SortedMap<String, Reader> readers, Map<Uuid, Integer> partitionCounts) {
            this.readers = readers;
            this.partitionCounts = partitionCounts;
        }

        Map<String, PartitionSet> assign() {
            var taken = keepPresent();
            var topics = new TreeMap<String, Uuid>();
            partitionCounts.keySet().forEach(topic -> topics.put(topic.toString(), topic));
            for (var topic : topics.values()) {
                for (int partition = 0; partition < partitionCounts.getOrDefault(topic, 0); partition++) {
                    var one = new One(topic, partition);
                    if (!taken.contains(one)) {
                        least(topic).ifPresent(id -> partitions(id).add(one));
                    }
                }
            }
            evenOut();
            var result = new HashMap<String, PartitionSet>();
            given.forEach((id, partitions) -> result.put(id, PartitionSet.of(partitions)));
            return result;
        }

        private Set<One> keepPresent() {
            var taken = new HashSet<One>();
            readers.forEach((id, reader) -> {
                var kept = new ArrayList<One>();
                for (var one : reader.present().all()) {
                    boolean exists = one.partition() < partitionCounts.getOrDefault(one.topic(), 0);
                    if (exists && reader.topics().contains(one.topic()) && taken.add(one)) {
                        kept.add(one);
                    }
                }
                given.put(id, kept);
            });
            return taken;
        }

        private List<One> partitions(String id) {
            return given.computeIfAbsent(id, member -> new ArrayList<>());
        }

        private Optional<String> least(Uuid topic) {
            return readers.entrySet().stream()
                    .filter(entry -> entry.getValue().topics().contains(topic))
                    .map(Map.Entry::getKey)
                    .min(Comparator.comparingInt((String id) -> partitions(id).size())
                            .thenComparing(Comparator.naturalOrder()));
        }

        /// Moves partitions from members that have at least two more than one that could take them. Each move
        /// lowers the sum of squares of the loads, so this ends.
        private void evenOut() {
            boolean moved = true;
            while (moved) {
                moved = false;
                var fullestFirst = given.keySet().stream()
                        .sorted(Comparator.comparingInt(
                                        (String id) -> -partitions(id).size())
                                .thenComparing(Comparator.naturalOrder()))
                        .toList();
                for (var id : fullestFirst) {
                    moved |= unload(id);
                }
            }
        }

        private boolean unload(String id) {
            var own = partitions(id);
            for (int i = own.size() - 1; i >= 0; i--) {
                var one = own.get(i);
                var other = least(one.topic());
                if (other.isPresent() && own.size() - partitions(other.get()).size() >= 2) {
                    own.remove(i);
                    partitions(other.get()).add(one);
                    return true;
                }
            }
            return false;
        }
    }
}
