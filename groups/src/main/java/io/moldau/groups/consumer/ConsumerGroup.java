package io.moldau.groups.consumer;

import io.moldau.groups.Topics;
import io.moldau.protocol.Uuid;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// One consumer group, as its records say. Changed by the replay of records only.
final class ConsumerGroup {
    final String id;
    int epoch;
    long metadataHash;
    int targetEpoch;
    /// When the target was computed, in milliseconds since the epoch; 0 if nobody knows.
    long assignedMs;
    final SortedMap<String, ConsumerMember> members = new TreeMap<>();
    final Map<String, PartitionSet> targets = new HashMap<>();
    final Map<String, Set<String>> topicsByRegex = new HashMap<>();
    /// When the rebalance began that is under way; 0 if there is none, or nobody saw it begin. Not in any record.
    long rebalancingSinceMs;
    /// Members of the classic protocol that were told to join again. Not in any record.
    final Set<String> awaitedToJoin = new HashSet<>();

    ConsumerGroup(String id) {
        this.id = id;
    }

    /// States as Kafka's tools show them.
    String state() {
        if (members.isEmpty()) {
            return "Empty";
        }
        if (epoch > targetEpoch) {
            return "Assigning";
        }
        boolean settled = members.values().stream()
                .allMatch(member -> member.state() == ConsumerMember.State.STABLE && member.epoch() == targetEpoch
                        || member.epoch() == ConsumerMember.LEFT_FOR_A_WHILE);
        return settled ? "Stable" : "Reconciling";
    }

    PartitionSet target(String memberId) {
        return targets.getOrDefault(memberId, PartitionSet.NONE);
    }

    /// Whether somebody is to have something.
    boolean isAssigned() {
        return targets.values().stream().anyMatch(target -> !target.isEmpty());
    }

    /// What of its target the member still wants: while the target is older than the group's epoch, it may have
    /// other topics in it than the member reads now.
    PartitionSet wanted(ConsumerMember member, Topics topics) {
        var target = target(member.id());
        if (epoch <= targetEpoch) {
            return target;
        }
        var names = subscription(member);
        return target.where(
                (topic, partition) -> topics.name(topic).filter(names::contains).isPresent());
    }

    Optional<ConsumerMember> byInstance(@Nullable String instanceId) {
        return instanceId == null
                ? Optional.empty()
                : members.values().stream()
                        .filter(member -> instanceId.equals(member.instanceId()))
                        .findFirst();
    }

    /// The topics that a member wants, by name, existing or not.
    Set<String> subscription(ConsumerMember member) {
        var names = new TreeSet<>(member.topics());
        var regex = member.regex();
        if (regex != null) {
            names.addAll(topicsByRegex.getOrDefault(regex, Set.of()));
        }
        return names;
    }

    Set<String> subscribedTopics() {
        var names = new TreeSet<String>();
        members.values().forEach(member -> names.addAll(subscription(member)));
        return names;
    }

    Set<String> regexes() {
        var regexes = new HashSet<String>();
        for (var member : members.values()) {
            var regex = member.regex();
            if (regex != null && !regex.isEmpty()) {
                regexes.add(regex);
            }
        }
        return regexes;
    }

    /// A number that changes when the subscribed topics do: created, deleted, or given more partitions.
    long hashOf(Topics topics) {
        long hash = 17;
        for (var name : subscribedTopics()) {
            var topic = topics.id(name);
            if (topic.isPresent()) {
                hash = hash * 31 + name.hashCode();
                hash = hash * 31 + topic.get().hashCode();
                hash = hash * 31 + topics.partitions(name);
            }
        }
        return hash;
    }

    /// The assignment that all members should come to.
    Map<String, PartitionSet> compute(Assignor assignor, Topics topics) {
        var counts = new HashMap<Uuid, Integer>();
        var readers = new TreeMap<String, Assignor.Reader>();
        for (var member : members.values()) {
            var wanted = new HashSet<Uuid>();
            for (var name : subscription(member)) {
                topics.id(name).ifPresent(topic -> {
                    wanted.add(topic);
                    counts.put(topic, topics.partitions(name));
                });
            }
            readers.put(
                    member.id(),
                    new Assignor.Reader(member.instance().orElse(member.id()), wanted, target(member.id())));
        }
        return assignor.assign(readers, counts);
    }

    /// The assignor that most members ask for, else `otherwise`.
    Assignor preferred(Assignor otherwise) {
        var votes = new HashMap<Assignor, Integer>();
        members.values()
                .forEach(member -> Optional.ofNullable(member.serverAssignor())
                        .flatMap(Assignor::of)
                        .ifPresent(assignor -> votes.merge(assignor, 1, Integer::sum)));
        return votes.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse(otherwise);
    }

    /// Whether no member but this one has the partition, or is still giving it up.
    boolean isFree(Uuid topic, int partition, String forMember) {
        for (var other : members.values()) {
            if (!other.id().equals(forMember)
                    && (other.assigned().has(topic, partition)
                            || other.revoking().has(topic, partition))) {
                return false;
            }
        }
        return true;
    }
}
