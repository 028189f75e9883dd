package io.moldau.groups.streams;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/// Tasks of one application by the part that somebody plays in them. Immutable.
///
/// @param active processed
/// @param standby state kept up to date, to take over
/// @param warmup state being built, to become active
record Tasks(SortedSet<Task> active, SortedSet<Task> standby, SortedSet<Task> warmup) {
    static final Tasks NONE = of(List.of(), List.of(), List.of());

    /// One partition of a subtopology's input.
    record Task(String subtopology, int partition) implements Comparable<Task> {
        @Override
        public int compareTo(Task other) {
            int byName = subtopology.compareTo(other.subtopology);
            return byName != 0 ? byName : Integer.compare(partition, other.partition);
        }
    }

    static Tasks of(Collection<Task> active, Collection<Task> standby, Collection<Task> warmup) {
        return new Tasks(set(active), set(standby), set(warmup));
    }

    private static SortedSet<Task> set(Collection<Task> tasks) {
        return Collections.unmodifiableSortedSet(new TreeSet<>(tasks));
    }

    boolean isEmpty() {
        return active.isEmpty() && standby.isEmpty() && warmup.isEmpty();
    }

    Tasks and(Tasks other) {
        return new Tasks(
                where(active, other.active::contains),
                where(standby, other.standby::contains),
                where(warmup, other.warmup::contains));
    }

    Tasks without(Tasks other) {
        return new Tasks(
                where(active, task -> !other.active.contains(task)),
                where(standby, task -> !other.standby.contains(task)),
                where(warmup, task -> !other.warmup.contains(task)));
    }

    Tasks plus(Tasks other) {
        return new Tasks(union(active, other.active), union(standby, other.standby), union(warmup, other.warmup));
    }

    boolean touches(Tasks other) {
        return !and(other).isEmpty();
    }

    boolean hasAll(Tasks other) {
        return other.without(this).isEmpty();
    }

    /// In whatever part.
    boolean has(Task task) {
        return active.contains(task) || standby.contains(task) || warmup.contains(task);
    }

    static SortedSet<Task> where(SortedSet<Task> tasks, Predicate<Task> keep) {
        return set(tasks.stream().filter(keep).toList());
    }

    private static SortedSet<Task> union(SortedSet<Task> one, SortedSet<Task> other) {
        var all = new TreeSet<>(one);
        all.addAll(other);
        return set(all);
    }

    static Map<String, List<Integer>> bySubtopology(SortedSet<Task> tasks) {
        var grouped = new TreeMap<String, List<Integer>>();
        for (var task : tasks) {
            grouped.computeIfAbsent(task.subtopology, name -> new ArrayList<>()).add(task.partition);
        }
        return grouped;
    }
}
