package io.moldau.groups.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.groups.streams.StickyTasks.Worker;
import io.moldau.groups.streams.Tasks.Task;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class StickyTasksTest {
    static LongStream seeds() {
        return LongStream.range(0, 200);
    }

    private static Worker fresh(String process) {
        return new Worker(process, Tasks.NONE);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void everyTaskIsActiveOnceTheLoadIsEvenAndWhoStaysKeepsWhatItMay(long seed) {
        var luck = SimulatedWorld.of(seed).randomness();
        var workers = new TreeMap<String, Worker>();
        for (int round = 0; round < 10; round++) {
            if (workers.size() > 1 && luck.nextInt(3) == 0) {
                workers.remove(workers.firstKey());
            } else {
                workers.put("m" + round, fresh("p" + luck.nextInt(4)));
            }
            var counts = new TreeMap<>(Map.of("0", 1 + luck.nextInt(8), "1", 1 + luck.nextInt(8)));
            int standbys = luck.nextInt(3);
            var assigned = StickyTasks.assign(workers, counts, new TreeSet<>(List.of("1")), standbys);
            check(workers, counts, standbys, assigned);
            // What is assigned and unchanged stays as it is.
            assigned.forEach((id, tasks) ->
                    workers.computeIfPresent(id, (member, worker) -> new Worker(worker.processId(), tasks)));
            assertThat(active(StickyTasks.assign(workers, counts, new TreeSet<>(List.of("1")), standbys)))
                    .isEqualTo(active(assigned));
        }
    }

    private static Map<String, Object> active(Map<String, Tasks> assigned) {
        var active = new HashMap<String, Object>();
        assigned.forEach((id, tasks) -> active.put(id, tasks.active()));
        return active;
    }

    private static void check(
            Map<String, Worker> workers, Map<String, Integer> counts, int standbys, Map<String, Tasks> assigned) {
        var all = new HashSet<Task>();
        assigned.values().forEach(tasks -> assertThat(tasks.active()).allMatch(all::add));
        int total = counts.values().stream().mapToInt(Integer::intValue).sum();
        assertThat(all).hasSize(total);
        var loads =
                assigned.values().stream().map(tasks -> tasks.active().size()).toList();
        assertThat(loads)
                .allMatch(load -> load >= total / workers.size() && load <= Math.ceilDiv(total, workers.size()));
        var processes =
                new HashSet<>(workers.values().stream().map(Worker::processId).toList());
        var byProcess = new HashMap<String, HashSet<Task>>();
        assigned.forEach((id, tasks) -> {
            var process = byProcess.computeIfAbsent(
                    workers.getOrDefault(id, fresh("")).processId(), name -> new HashSet<>());
            assertThat(tasks.active()).allMatch(process::add);
            assertThat(tasks.standby())
                    .allMatch(task -> task.subtopology().equals("1"))
                    .allMatch(process::add);
        });
        int copies = assigned.values().stream()
                .mapToInt(tasks -> tasks.standby().size())
                .sum();
        assertThat(copies).isEqualTo(counts.getOrDefault("1", 0) * Math.min(standbys, processes.size() - 1));
    }

    /// Otherwise one member had all the work without state, the other all that with, and all standbys were in one
    /// place.
    @Test
    void whoGivesWorkUpToANewMemberKeepsSomeOfEachKind() {
        for (var counts : List.of(
                Map.of("0", 4, "1", 4), Map.of("0", 8, "1", 2), Map.of("0", 2, "1", 8), Map.of("0", 3, "1", 5))) {
            var workers = new TreeMap<String, Worker>(Map.of("a", fresh("pa")));
            var alone = StickyTasks.assign(workers, new TreeMap<>(counts), new TreeSet<>(List.of("1")), 1);
            workers.put("a", new Worker("pa", alone.getOrDefault("a", Tasks.NONE)));
            workers.put("b", fresh("pb"));
            var shared = StickyTasks.assign(workers, new TreeMap<>(counts), new TreeSet<>(List.of("1")), 1);
            assertThat(shared.values()).hasSize(2).allSatisfy(tasks -> {
                for (var kind : counts.keySet()) {
                    assertThat(tasks.active().stream()
                                    .filter(task -> task.subtopology().equals(kind))
                                    .count())
                            .as("tasks of %s, of %s", kind, counts)
                            .isBetween((long) counts.get(kind) / 2, (long) Math.ceilDiv(counts.get(kind), 2));
                }
                assertThat(tasks.standby()).isNotEmpty();
            });
        }
    }

    @Test
    void aTaskThatLosesItsMemberGoesWhereItsStandbyWas() {
        var workers = new TreeMap<String, Worker>(Map.of("a", fresh("pa"), "b", fresh("pb"), "c", fresh("pc")));
        var counts = new TreeMap<>(Map.of("0", 3));
        var stateful = new TreeSet<>(List.of("0"));
        var before = StickyTasks.assign(workers, counts, stateful, 1);
        before.forEach((id, tasks) -> workers.put(id, new Worker("p" + id, tasks)));
        var lost = before.getOrDefault("a", Tasks.NONE).active().first();
        workers.remove("a");
        var after = StickyTasks.assign(workers, counts, stateful, 0);
        var heir = after.entrySet().stream()
                .filter(entry -> entry.getValue().active().contains(lost))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow();
        assertThat(before.getOrDefault(heir, Tasks.NONE).standby()).contains(lost);
    }
}
