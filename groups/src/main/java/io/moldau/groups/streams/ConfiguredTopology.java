package io.moldau.groups.streams;

import io.moldau.groups.Topics;
import io.moldau.protocol.data.StreamsGroupTopologyValue;
import io.moldau.protocol.data.StreamsGroupTopologyValue.CopartitionGroup;
import io.moldau.protocol.data.StreamsGroupTopologyValue.Subtopology;
import io.moldau.protocol.data.StreamsGroupTopologyValue.TopicInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// A topology together with the topics that there are: how many tasks each subtopology has, which internal topics are
/// missing, and what is wrong. Pure.
///
/// Repartition topics have as many partitions as the topology says, else as the most of what is written into them
/// comes from; within a copartition group all the same. A changelog has as many as its subtopology has tasks.
///
/// @param tasks how many by subtopology; empty unless the topology is ready
/// @param stateful the subtopologies that have state
/// @param partitions what the internal topics should have, as far as that is known
/// @param problem why there are no tasks
record ConfiguredTopology(
        SortedMap<String, Integer> tasks,
        SortedSet<String> stateful,
        Map<String, Integer> partitions,
        List<InternalTopic> missing,
        Optional<Problem> problem) {
    static final byte MISSING_SOURCE_TOPICS = 1;
    static final byte INCORRECTLY_PARTITIONED_TOPICS = 2;
    static final byte MISSING_INTERNAL_TOPICS = 3;

    /// A status code of the heartbeat's answer, and its text.
    record Problem(byte status, String detail) {}

    boolean isReady() {
        return problem.isEmpty();
    }

    private static ConfiguredTopology failed(byte status, String detail) {
        return new ConfiguredTopology(
                new TreeMap<>(), new TreeSet<>(), Map.of(), List.of(), Optional.of(new Problem(status, detail)));
    }

    /// Every topic that the topology reads or keeps.
    static SortedSet<String> names(Optional<StreamsGroupTopologyValue> topology) {
        var names = new TreeSet<String>();
        topology.ifPresent(value -> value.subtopologies().forEach(one -> {
            names.addAll(one.sourceTopics());
            one.repartitionSourceTopics().forEach(topic -> names.add(topic.name()));
            one.stateChangelogTopics().forEach(topic -> names.add(topic.name()));
        }));
        return names;
    }

    static ConfiguredTopology of(Optional<StreamsGroupTopologyValue> topology, Topics topics) {
        if (topology.isEmpty()) {
            return failed(MISSING_SOURCE_TOPICS, "no member has said what the application does");
        }
        var subtopologies = topology.get().subtopologies();
        var absent = new TreeSet<String>();
        subtopologies.forEach(one -> one.sourceTopics().stream()
                .filter(name -> topics.partitions(name) == 0)
                .forEach(absent::add));
        if (!absent.isEmpty()) {
            return failed(
                    MISSING_SOURCE_TOPICS,
                    "Source topics " + String.join(", ", absent)
                            + " are missing: create them, and the application goes on.");
        }
        var wanted = new LinkedHashMap<String, TopicInfo>();
        subtopologies.forEach(one -> {
            one.repartitionSourceTopics().forEach(topic -> wanted.put(topic.name(), topic));
            one.stateChangelogTopics().forEach(topic -> wanted.put(topic.name(), topic));
        });
        var counts = new TreeMap<String, Integer>();
        subtopologies.forEach(one -> one.repartitionSourceTopics().stream()
                .filter(topic -> topic.partitions() > 0)
                .forEach(topic -> counts.put(topic.name(), topic.partitions())));
        var problem = resolve(subtopologies, topics, counts);
        if (problem.isPresent()) {
            return failed(INCORRECTLY_PARTITIONED_TOPICS, problem.get());
        }
        var tasks = new TreeMap<String, Integer>();
        var stateful = new TreeSet<String>();
        for (var one : subtopologies) {
            int most = most(one, true, topics, counts);
            tasks.put(one.subtopologyId(), most);
            one.stateChangelogTopics().forEach(topic -> counts.put(topic.name(), most));
            if (!one.stateChangelogTopics().isEmpty()) {
                stateful.add(one.subtopologyId());
            }
        }
        return checked(tasks, stateful, counts, wanted, topics);
    }

    private static ConfiguredTopology checked(
            SortedMap<String, Integer> tasks,
            SortedSet<String> stateful,
            SortedMap<String, Integer> counts,
            Map<String, TopicInfo> wanted,
            Topics topics) {
        var missing = new ArrayList<InternalTopic>();
        for (var topic : wanted.values()) {
            int should = counts.getOrDefault(topic.name(), 0);
            int is = topics.partitions(topic.name());
            if (is == 0) {
                var configs = new TreeMap<String, String>();
                topic.topicConfigs().forEach(config -> configs.put(config.key(), config.value()));
                missing.add(new InternalTopic(topic.name(), should, topic.replicationFactor(), configs));
            } else if (is != should) {
                return failed(
                        INCORRECTLY_PARTITIONED_TOPICS,
                        "Existing topic " + topic.name() + " has " + is + " partitions and should have " + should
                                + ": delete it, or change the partitions of the application's input back.");
            }
        }
        if (!missing.isEmpty()) {
            var names = missing.stream().map(InternalTopic::name).toList();
            return new ConfiguredTopology(
                    new TreeMap<>(),
                    stateful,
                    counts,
                    missing,
                    Optional.of(new Problem(
                            MISSING_INTERNAL_TOPICS, "Internal topics are missing: " + String.join(", ", names))));
        }
        return new ConfiguredTopology(tasks, stateful, counts, List.of(), Optional.empty());
    }

    /// Finds the partitions of the repartition topics that do not name them; what is wrong, if something is.
    private static Optional<String> resolve(
            List<Subtopology> subtopologies, Topics topics, SortedMap<String, Integer> counts) {
        var open = new TreeSet<String>();
        subtopologies.forEach(one -> one.repartitionSourceTopics().stream()
                .filter(topic -> topic.partitions() <= 0)
                .forEach(topic -> open.add(topic.name())));
        // What has to have the partitions of a source topic has them, whatever is written into it. So the two
        // subtopologies
        // of a join by foreign key, which write to each other, begin somewhere.
        for (var one : subtopologies) {
            for (var group : one.copartitionGroups()) {
                if (copartition(one, group, topics, counts).isEmpty()) {
                    open.removeIf(name -> counts.getOrDefault(name, 0) > 0);
                }
            }
        }
        while (!open.isEmpty()) {
            boolean found = decide(open, true, subtopologies, topics, counts);
            if (!found && !decide(open, false, subtopologies, topics, counts)) {
                return Optional.of("Nothing tells how many partitions the topics " + open + " should have.");
            }
        }
        for (var one : subtopologies) {
            for (var group : one.copartitionGroups()) {
                var problem = copartition(one, group, topics, counts);
                if (problem.isPresent()) {
                    return problem;
                }
            }
        }
        return Optional.empty();
    }

    /// Takes out of `open` what can be told now.
    ///
    /// @param whole only from subtopologies all of whose input is known; else a circle is broken at one topic
    private static boolean decide(
            SortedSet<String> open,
            boolean whole,
            List<Subtopology> subtopologies,
            Topics topics,
            SortedMap<String, Integer> counts) {
        boolean found = false;
        for (var name : List.copyOf(open)) {
            int most = subtopologies.stream()
                    .filter(one -> one.repartitionSinkTopics().contains(name))
                    .mapToInt(one -> most(one, whole, topics, counts))
                    .max()
                    .orElse(0);
            if (most > 0 && (whole || !found)) {
                counts.put(name, most);
                open.remove(name);
                found = true;
            }
        }
        return found;
    }

    private static Optional<String> copartition(
            Subtopology one, CopartitionGroup group, Topics topics, SortedMap<String, Integer> counts) {
        var fixed = new TreeMap<String, Integer>();
        group.sourceTopics().forEach(index -> {
            var name = one.sourceTopics().get(index);
            fixed.put(name, topics.partitions(name));
        });
        var free = new ArrayList<String>();
        group.repartitionSourceTopics().forEach(index -> {
            var topic = one.repartitionSourceTopics().get(index);
            if (topic.partitions() > 0) {
                fixed.put(topic.name(), topic.partitions());
            } else {
                free.add(topic.name());
            }
        });
        if (fixed.values().stream().distinct().count() > 1) {
            return Optional.of("Following topics do not have the same number of partitions, but must: " + fixed);
        }
        int count = fixed.isEmpty()
                ? free.stream()
                        .mapToInt(name -> counts.getOrDefault(name, 0))
                        .max()
                        .orElse(0)
                : fixed.firstEntry().getValue();
        if (count > 0) {
            free.forEach(name -> counts.put(name, count));
        }
        return Optional.empty();
    }

    /// The partitions of what a subtopology reads, as far as they are known.
    ///
    /// @param whole 0 if they are not all known
    private static int most(Subtopology one, boolean whole, Topics topics, Map<String, Integer> counts) {
        int most = 0;
        for (var name : one.sourceTopics()) {
            most = Math.max(most, topics.partitions(name));
        }
        for (var topic : one.repartitionSourceTopics()) {
            int count = counts.getOrDefault(topic.name(), 0);
            if (count == 0 && whole) {
                return 0;
            }
            most = Math.max(most, count);
        }
        return most;
    }
}
