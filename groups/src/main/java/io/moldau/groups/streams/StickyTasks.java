package io.moldau.groups.streams;

import io.moldau.groups.streams.Tasks.Task;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

/// Which member works on which task: as evenly as can be, moving as few as possible; a task that must move goes where
/// its state is. Standby tasks go to other processes than the active one. Pure, and the same for the same input.
final class StickyTasks {
    /// A member as the assignor sees it.
    record Worker(String processId, Tasks present) {}

    private final SortedMap<String, Worker> workers;
    private final SortedMap<String, List<Task>> active = new TreeMap<>();
    private final SortedMap<String, List<Task>> standby = new TreeMap<>();
    private final Map<String, Set<Task>> byProcess = new HashMap<>();

    private StickyTasks(SortedMap<String, Worker> workers) {
        this.workers = workers;
        workers.keySet().forEach(id -> {
            active.put(id, new ArrayList<>());
            standby.put(id, new ArrayList<>());
        });
    }

    /// @param workers by member id
    /// @param counts tasks by subtopology
    /// @param stateful subtopologies whose tasks have standbys
    static Map<String, Tasks> assign(
            SortedMap<String, Worker> workers,
            SortedMap<String, Integer> counts,
            SortedSet<String> stateful,
            int standbys) {
        if (workers.isEmpty()) {
            return Map.of();
        }
        var all = new ArrayList<Task>();
        counts.forEach((subtopology, count) -> {
            for (int partition = 0; partition < count; partition++) {
                all.add(new Task(subtopology, partition));
            }
        });
        var assignor = new StickyTasks(workers);
        var open = assignor.keepActive(mixed(all, counts));
        assignor.assignActive(all.stream().filter(open::contains).toList());
        for (int i = 0; i < standbys; i++) {
            for (var task : all) {
                if (stateful.contains(task.subtopology())) {
                    assignor.assignStandby(task);
                }
            }
        }
        var result = new HashMap<String, Tasks>();
        workers.keySet().forEach(id -> result.put(id, Tasks.of(assignor.active(id), assignor.standby(id), List.of())));
        return result;
    }

    private List<Task> active(String id) {
        return active.getOrDefault(id, List.of());
    }

    private List<Task> standby(String id) {
        return standby.getOrDefault(id, List.of());
    }

    private Worker worker(String id) {
        return workers.getOrDefault(id, new Worker("", Tasks.NONE));
    }

    private Set<Task> process(String id) {
        return byProcess.computeIfAbsent(worker(id).processId(), process -> new HashSet<>());
    }

    private void giveActive(String id, Task task) {
        active.computeIfAbsent(id, member -> new ArrayList<>()).add(task);
        process(id).add(task);
    }

    /// In an order in which every beginning has its share of each subtopology: a member that must give work up keeps
    /// some of every kind, and does not leave all the state to the others.
    private static List<Task> mixed(List<Task> all, Map<String, Integer> counts) {
        Comparator<Task> byShare = (one, other) -> Long.compare(
                (2L * one.partition() + 1) * counts.getOrDefault(other.subtopology(), 0),
                (2L * other.partition() + 1) * counts.getOrDefault(one.subtopology(), 0));
        return all.stream().sorted(byShare.thenComparing(Task::subtopology)).toList();
    }

    /// Members keep what they have, up to their share. Returns the tasks that nobody has then.
    private Set<Task> keepActive(List<Task> all) {
        int fair = all.size() / workers.size();
        int more = all.size() % workers.size();
        var open = new HashSet<Task>();
        for (var task : all) {
            var present = workers.entrySet().stream()
                    .filter(entry -> entry.getValue().present().active().contains(task))
                    .map(Map.Entry::getKey)
                    .findFirst();
            if (present.isPresent() && active(present.get()).size() < fair) {
                giveActive(present.get(), task);
            } else if (present.isPresent() && active(present.get()).size() == fair && more > 0) {
                more--;
                giveActive(present.get(), task);
            } else {
                open.add(task);
            }
        }
        return open;
    }

    private void assignActive(List<Task> open) {
        for (var task : open) {
            int least = active.values().stream().mapToInt(List::size).min().orElse(0);
            var takers = active.keySet().stream()
                    .filter(id -> active(id).size() == least)
                    .toList();
            var withState = takers.stream().filter(id -> hasState(id, task)).findFirst();
            giveActive(
                    withState.orElseGet(() -> takers.stream()
                            .min(Comparator.comparingInt(
                                            (String id) -> process(id).size())
                                    .thenComparing(Comparator.naturalOrder()))
                            .orElseThrow()),
                    task);
        }
    }

    private boolean hasState(String id, Task task) {
        return workers.values().stream()
                .anyMatch(one -> one.processId().equals(worker(id).processId())
                        && one.present().has(task));
    }

    private void assignStandby(Task task) {
        var candidates = workers.keySet().stream()
                .filter(id -> !process(id).contains(task))
                .toList();
        int least = candidates.stream().mapToInt(this::load).min().orElse(0);
        Optional<String> chosen = candidates.stream()
                .filter(id -> worker(id).present().standby().contains(task) && load(id) <= least + 1)
                .findFirst()
                .or(() -> candidates.stream()
                        .min(Comparator.comparingInt(this::load).thenComparing(Comparator.naturalOrder())));
        chosen.ifPresent(id -> {
            standby.computeIfAbsent(id, member -> new ArrayList<>()).add(task);
            process(id).add(task);
        });
    }

    private int load(String id) {
        return active(id).size() + standby(id).size();
    }
}
