package io.moldau.groups.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.simulated.SeededRandomness;
import io.moldau.groups.consumer.Assignor.Reader;
import io.moldau.groups.consumer.PartitionSet.One;
import io.moldau.protocol.Uuid;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AssignorTest {
    static LongStream seeds() {
        return LongStream.range(0, 200);
    }

    private static Map<Uuid, Integer> topics(SeededRandomness luck) {
        var counts = new HashMap<Uuid, Integer>();
        IntStream.rangeClosed(1, 1 + luck.nextInt(5)).forEach(i -> counts.put(new Uuid(i, i), 1 + luck.nextInt(12)));
        return counts;
    }

    private static SortedMap<String, Reader> readers(SeededRandomness luck, Set<Uuid> all, boolean equal) {
        var readers = new TreeMap<String, Reader>();
        for (int i = 0; i <= luck.nextInt(7); i++) {
            var wanted = new HashSet<>(all);
            wanted.removeIf(topic -> !equal && luck.nextInt(3) == 0);
            readers.put("member-" + i, new Reader("member-" + i, wanted, PartitionSet.NONE));
        }
        return readers;
    }

    private static void checkEachPartitionOnce(
            Map<String, PartitionSet> given, SortedMap<String, Reader> readers, Map<Uuid, Integer> counts) {
        var seen = new HashSet<One>();
        given.forEach((id, partitions) -> partitions.all().forEach(one -> {
            assertThat(seen.add(one)).as("%s is given once", one).isTrue();
            assertThat(readers).containsKey(id);
            assertThat(readers.getOrDefault(id, new Reader("", Set.of(), PartitionSet.NONE))
                            .topics())
                    .contains(one.topic());
        }));
        int wanted = counts.entrySet().stream()
                .filter(topic -> readers.values().stream()
                        .anyMatch(reader -> reader.topics().contains(topic.getKey())))
                .mapToInt(Map.Entry::getValue)
                .sum();
        assertThat(seen).hasSize(wanted);
    }

    private static SortedMap<String, Reader> with(SortedMap<String, Reader> readers, Map<String, PartitionSet> given) {
        var next = new TreeMap<String, Reader>();
        readers.forEach((id, reader) ->
                next.put(id, new Reader(reader.order(), reader.topics(), given.getOrDefault(id, PartitionSet.NONE))));
        return next;
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void everyWantedPartitionIsGivenExactlyOnce(long seed) {
        var luck = new SeededRandomness(seed);
        var counts = topics(luck);
        var readers = readers(luck, counts.keySet(), luck.nextInt(2) == 0);
        for (var assignor : Assignor.values()) {
            checkEachPartitionOnce(assignor.assign(readers, counts), readers, counts);
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void uniformIsBalancedWithinOneForEqualSubscriptions(long seed) {
        var luck = new SeededRandomness(seed);
        var counts = topics(luck);
        var given = Assignor.UNIFORM.assign(readers(luck, counts.keySet(), true), counts);
        var sizes = given.values().stream().mapToInt(PartitionSet::size).summaryStatistics();
        assertThat(sizes.getMax() - sizes.getMin()).isLessThanOrEqualTo(1);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void rangeGivesEachMemberOneRunOfEachTopicBalancedWithinOne(long seed) {
        var luck = new SeededRandomness(seed);
        var counts = topics(luck);
        var given = Assignor.RANGE.assign(readers(luck, counts.keySet(), true), counts);
        counts.forEach((topic, count) -> given.values().forEach(partitions -> {
            var run = partitions.byTopic().getOrDefault(topic, new java.util.TreeSet<>());
            assertThat(run.size()).isBetween(count / given.size(), (count + given.size() - 1) / given.size());
            assertThat(run.isEmpty() || run.last() - run.first() == run.size() - 1)
                    .isTrue();
        }));
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void uniformMovesNothingWithoutNeed(long seed) {
        var luck = new SeededRandomness(seed);
        var counts = topics(luck);
        var readers = readers(luck, counts.keySet(), luck.nextInt(2) == 0);
        var first = Assignor.UNIFORM.assign(readers, counts);
        assertThat(Assignor.UNIFORM.assign(with(readers, first), counts)).isEqualTo(first);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void uniformLeavesTheOthersWhatTheyHaveWhenOneLeaves(long seed) {
        var luck = new SeededRandomness(seed);
        var counts = topics(luck);
        var readers = with(readers(luck, counts.keySet(), true), Map.of());
        var first = Assignor.UNIFORM.assign(readers, counts);
        var left = with(readers, first);
        if (left.size() == 1) {
            return;
        }
        left.remove(left.lastKey());
        var second = Assignor.UNIFORM.assign(left, counts);
        checkEachPartitionOnce(second, left, counts);
        left.forEach((id, reader) -> assertThat(
                        second.getOrDefault(id, PartitionSet.NONE).hasAll(reader.present()))
                .as(id)
                .isTrue());
    }
}
