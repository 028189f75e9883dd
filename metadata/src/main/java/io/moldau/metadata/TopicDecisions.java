package io.moldau.metadata;

import io.moldau.metadata.Controller.Decision;
import io.moldau.metadata.TopicOutcome.Done;
import io.moldau.metadata.TopicOutcome.Refused;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// The controller's decisions on topics and partitions. Pure: nothing happens until the records are replayed.
public final class TopicDecisions {
    /// Partitions that one topic may have.
    private static final int MAX_PARTITIONS = 100_000;

    private final List<Integer> brokers;
    private final Supplier<Uuid> newTopicIds;

    /// @param brokers the ids of the brokers that may hold replicas
    public TopicDecisions(List<Integer> brokers, Supplier<Uuid> newTopicIds) {
        this.brokers = List.copyOf(brokers);
        this.newTopicIds = newTopicIds;
    }

    private static final Refused USED_UP = new Refused(
            ErrorCode.THROTTLING_QUOTA_EXCEEDED,
            "the quota controller_mutation_rate is used up: try again after throttle_time_ms");

    /// Each topic is decided alone: one that is refused does not hinder the others.
    public Decision<List<TopicOutcome>> create(MetadataImage image, List<NewTopic> wishes, boolean validateOnly) {
        return create(image, wishes, validateOnly, partitions -> true);
    }

    /// @param allowance asked once for each topic that is to be, with its number of partitions: whether its creator may
    ///     have so many now
    public Decision<List<TopicOutcome>> create(
            MetadataImage image, List<NewTopic> wishes, boolean validateOnly, IntPredicate allowance) {
        var records = new ArrayList<MetadataRecord>();
        var outcomes = new ArrayList<TopicOutcome>();
        var created = new HashSet<String>();
        for (var wish : wishes) {
            var refusal = refusalToCreate(image, created, wish);
            if (refusal.isPresent()) {
                outcomes.add(refusal.get());
                continue;
            }
            var partitions = partitions(wish);
            if (!validateOnly && !allowance.test(partitions.size())) {
                outcomes.add(USED_UP);
                continue;
            }
            var id = newTopicIds.get();
            records.add(new MetadataRecord.TopicCreated(wish.name(), id));
            partitions.forEach(partition -> records.add(new MetadataRecord.PartitionChanged(id, partition)));
            wish.configs()
                    .forEach((key, value) -> records.add(new MetadataRecord.ConfigChanged(
                            ConfigResource.topic(wish.name()), key, Optional.of(value))));
            created.add(wish.name());
            outcomes.add(new Done(new TopicImage(wish.name(), id, partitions)));
        }
        return new Decision<>(validateOnly ? List.of() : records, outcomes);
    }

    /// @param allowance asked with the number of the topic's partitions, as by [#create]
    public Decision<TopicOutcome> delete(MetadataImage image, Uuid topicId, IntPredicate allowance) {
        return image.topic(topicId)
                .map(topic -> allowance.test(topic.partitions().size())
                        ? new Decision<TopicOutcome>(List.of(new MetadataRecord.TopicDeleted(topicId)), new Done(topic))
                        : new Decision<TopicOutcome>(List.of(), USED_UP))
                .orElseGet(() -> refused(
                        ErrorCode.UNKNOWN_TOPIC_ID, "there is no topic with the id " + topicId + " (any more)"));
    }

    /// Raises the number of partitions to `total`.
    ///
    /// @param allowance asked with the number of new partitions, as by [#create]
    public Decision<TopicOutcome> addPartitions(
            MetadataImage image,
            String name,
            int total,
            List<List<Integer>> assignments,
            boolean validateOnly,
            IntPredicate allowance) {
        var topic = image.topic(name).orElse(null);
        if (topic == null) {
            return refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "there is no topic \"" + name + "\"");
        }
        int present = topic.partitions().size();
        if (total <= present || total > MAX_PARTITIONS) {
            return refused(
                    ErrorCode.INVALID_PARTITIONS,
                    "topic \"" + name + "\" has " + present + " partitions; the number can only grow, to at most "
                            + MAX_PARTITIONS + ", and " + total + " was asked for");
        }
        if (!assignments.isEmpty() && assignments.size() != total - present) {
            return refused(
                    ErrorCode.INVALID_REPLICA_ASSIGNMENT,
                    (total - present) + " partitions are to be added, but replicas are assigned for "
                            + assignments.size());
        }
        var problem = assignmentProblem(assignments);
        if (problem.isPresent()) {
            return refused(ErrorCode.INVALID_REPLICA_ASSIGNMENT, problem.get());
        }
        if (!validateOnly && !allowance.test(total - present)) {
            return new Decision<>(List.of(), USED_UP);
        }
        var records = new ArrayList<MetadataRecord>();
        int factor = topic.partitions().getFirst().replicas().size();
        for (int index = present; index < total; index++) {
            var replicas = assignments.isEmpty() ? place(index, factor) : assignments.get(index - present);
            records.add(new MetadataRecord.PartitionChanged(topic.id(), fresh(index, replicas)));
        }
        var after = image.replay(records).topic(topic.id()).orElseThrow();
        return new Decision<>(validateOnly ? List.of() : records, new Done(after));
    }

    /// Reserves a block of producer ids that were never given out before; the answer is its first id.
    public static Decision<Long> reserveProducerIds(MetadataImage image, int count) {
        long first = image.nextProducerId();
        return new Decision<>(List.of(new MetadataRecord.ProducerIdsReserved(first + count)), first);
    }

    private Optional<Refused> refusalToCreate(MetadataImage image, Set<String> created, NewTopic wish) {
        var name = wish.name();
        var problem = TopicNames.problem(name);
        if (problem.isPresent()) {
            return refusal(ErrorCode.INVALID_TOPIC_EXCEPTION, problem.get());
        }
        if (image.topic(name).isPresent() || created.contains(name)) {
            return refusal(ErrorCode.TOPIC_ALREADY_EXISTS, "topic \"" + name + "\" exists already");
        }
        if (name.indexOf('.') >= 0 || name.indexOf('_') >= 0) {
            var other = Stream.concat(image.topics().keySet().stream(), created.stream())
                    .filter(known -> TopicNames.collide(name, known))
                    .findFirst();
            if (other.isPresent()) {
                return refusal(
                        ErrorCode.INVALID_TOPIC_EXCEPTION,
                        "topic \"" + name + "\" collides with \"" + other.get()
                                + "\": '.' and '_' count as the same character in metric names");
            }
        }
        if (!wish.assignments().isEmpty()) {
            return assignmentProblem(wish.assignments())
                    .flatMap(text -> refusal(ErrorCode.INVALID_REPLICA_ASSIGNMENT, text));
        }
        if (wish.partitions() <= 0 || wish.partitions() > MAX_PARTITIONS) {
            return refusal(
                    ErrorCode.INVALID_PARTITIONS,
                    "a topic has between 1 and " + MAX_PARTITIONS + " partitions, not " + wish.partitions());
        }
        if (wish.replicationFactor() <= 0 || wish.replicationFactor() > brokers.size()) {
            return refusal(
                    ErrorCode.INVALID_REPLICATION_FACTOR,
                    "a replication factor of " + wish.replicationFactor() + " was asked for, but there "
                            + (brokers.size() == 1 ? "is 1 broker" : "are " + brokers.size() + " brokers")
                            + "; ask for a factor between 1 and " + brokers.size());
        }
        return Optional.empty();
    }

    private Optional<String> assignmentProblem(List<List<Integer>> assignments) {
        for (var replicas : assignments) {
            if (replicas.isEmpty()) {
                return Optional.of("a partition needs at least one replica");
            }
            if (replicas.stream().distinct().count() != replicas.size()) {
                return Optional.of("the replicas " + replicas + " name a broker twice");
            }
            for (int broker : replicas) {
                if (!brokers.contains(broker)) {
                    return Optional.of("there is no broker " + broker + "; the brokers are " + brokers);
                }
            }
        }
        return Optional.empty();
    }

    private List<PartitionImage> partitions(NewTopic wish) {
        int count = wish.assignments().isEmpty()
                ? wish.partitions()
                : wish.assignments().size();
        var partitions = new ArrayList<PartitionImage>(count);
        for (int index = 0; index < count; index++) {
            var replicas = wish.assignments().isEmpty()
                    ? place(index, wish.replicationFactor())
                    : wish.assignments().get(index);
            partitions.add(fresh(index, replicas));
        }
        return partitions;
    }

    private static PartitionImage fresh(int index, List<Integer> replicas) {
        return new PartitionImage(index, replicas, replicas, replicas.getFirst(), 0, 0);
    }

    /// Round robin, each partition starting one broker further.
    private List<Integer> place(int index, int factor) {
        var replicas = new ArrayList<Integer>(factor);
        for (int i = 0; i < factor; i++) {
            replicas.add(brokers.get((index + i) % brokers.size()));
        }
        return replicas;
    }

    private static Optional<Refused> refusal(ErrorCode error, String reason) {
        return Optional.of(new Refused(error, reason));
    }

    private static Decision<TopicOutcome> refused(ErrorCode error, String reason) {
        return new Decision<>(List.of(), new Refused(error, reason));
    }
}
