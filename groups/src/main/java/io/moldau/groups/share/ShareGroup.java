package io.moldau.groups.share;

import io.moldau.groups.Topics;
import io.moldau.protocol.Uuid;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// One share group, as its records say. Changed by the replay of records only, but for what is marked.
final class ShareGroup {
    final String id;
    int epoch;
    long metadataHash;
    int targetEpoch;
    /// When the target was computed, in milliseconds since the epoch; 0 if nobody knows.
    long assignedMs;
    final SortedMap<String, ShareMember> members = new TreeMap<>();
    final Map<String, TopicParts> targets = new HashMap<>();
    /// Partitions whose share state is there. Only these are assigned.
    TopicParts initialised = TopicParts.NONE;
    /// Partitions whose share state may be there.
    TopicParts initialising = TopicParts.NONE;
    /// Topics whose share state is on its way out, with their names.
    final Map<Uuid, String> deleting = new TreeMap<>();
    /// The names of the topics that have share states: of those that are gone nobody else knows them.
    final Map<Uuid, String> topicNames = new TreeMap<>();
    /// Not in any record: 0 if no rebalance is under way, or nobody saw it begin.
    long rebalancingSinceMs;

    ShareGroup(String id) {
        this.id = id;
    }

    /// States as Kafka's tools show them.
    String state() {
        return members.isEmpty() ? "Empty" : "Stable";
    }

    /// Whether every member has what it is to have.
    boolean isSettled() {
        return !members.isEmpty()
                && epoch == targetEpoch
                && members.values().stream().allMatch(member -> member.epoch() == targetEpoch);
    }

    TopicParts target(String memberId) {
        return targets.getOrDefault(memberId, TopicParts.NONE);
    }

    /// Whether somebody is to have something.
    boolean isAssigned() {
        return targets.values().stream().anyMatch(target -> !target.isEmpty());
    }

    /// What of its target the member still wants: while the target is older than the group's epoch, it may have
    /// other topics in it than the member reads now.
    TopicParts wanted(ShareMember member, Topics topics) {
        var wanted = target(member.id());
        if (epoch > targetEpoch) {
            for (var topic : wanted.byTopic().keySet()) {
                if (topics.name(topic).filter(member.topics()::contains).isEmpty()) {
                    wanted = wanted.without(topic);
                }
            }
        }
        return wanted;
    }

    /// The partitions of these topics that have no share state yet.
    TopicParts uninitialised(Iterable<String> names, Topics topics) {
        var missing = new TreeMap<Uuid, List<Integer>>();
        for (var name : names) {
            topics.id(name).ifPresent(topic -> {
                var there = initialised.of(topic);
                for (int partition = 0; partition < topics.partitions(name); partition++) {
                    if (!there.contains(partition)) {
                        missing.computeIfAbsent(topic, one -> new ArrayList<>()).add(partition);
                    }
                }
            });
        }
        return TopicParts.of(missing);
    }

    /// A number that changes when there is something else to assign: topics created, deleted or grown, share states
    /// made.
    long hashOf(Topics topics) {
        var names = new TreeSet<String>();
        members.values().forEach(member -> names.addAll(member.topics()));
        long hash = 17;
        for (var name : names) {
            var topic = topics.id(name);
            if (topic.isPresent()) {
                hash = hash * 31 + name.hashCode();
                hash = hash * 31 + topic.get().hashCode();
                hash = hash * 31 + topics.partitions(name);
                hash = hash * 31 + initialised.of(topic.get()).size();
            }
        }
        return hash;
    }

    /// Kafka's simple assignor in spirit: every partition has a reader, every member has partitions, and where
    /// members are more than partitions they share. Topic after topic goes on where the one before ended, so that
    /// many small topics do not all go to the first member.
    Map<String, TopicParts> assignment(Topics topics) {
        var readers = new TreeMap<Uuid, List<String>>();
        var partitions = new HashMap<Uuid, List<Integer>>();
        for (var member : members.values()) {
            for (var name : member.topics()) {
                topics.id(name).ifPresent(topic -> {
                    var there = initialised.of(topic).headSet(topics.partitions(name));
                    if (!there.isEmpty()) {
                        readers.computeIfAbsent(topic, one -> new ArrayList<>()).add(member.id());
                        partitions.put(topic, List.copyOf(there));
                    }
                });
            }
        }
        var assigned = new TreeMap<String, Map<Uuid, List<Integer>>>();
        int turn = 0;
        for (var topic : readers.entrySet()) {
            var who = topic.getValue();
            var what = partitions.getOrDefault(topic.getKey(), List.of());
            int rounds = Math.max(who.size(), what.size());
            for (int i = 0; i < rounds; i++) {
                assigned.computeIfAbsent(who.get((turn + i) % who.size()), one -> new TreeMap<>())
                        .computeIfAbsent(topic.getKey(), one -> new ArrayList<>())
                        .add(what.get(i % what.size()));
            }
            turn += rounds;
        }
        var all = new TreeMap<String, TopicParts>();
        members.keySet().forEach(member -> all.put(member, TopicParts.of(assigned.getOrDefault(member, Map.of()))));
        return all;
    }
}
