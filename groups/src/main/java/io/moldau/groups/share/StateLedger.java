package io.moldau.groups.share;

import io.moldau.coordination.Effects;
import io.moldau.protocol.Uuid;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// Which share states the groups have, are about to get, or are about to lose. The states themselves are kept
/// elsewhere ([ShareStates]); what is to be done with them is written down here before it is done, so that a crash
/// leaves nothing behind that nobody knows of.
///
/// A state is made in two steps: [#missing] writes down that it is about to be made, [#made] that it is there.
/// It is deleted in two as well: [#delete] and [#deleted].
public final class StateLedger {
    private final ShareSteps steps;
    private final Consumer<String> deletions;

    /// @param deletions told of a group that has states to be deleted ([#deleting])
    StateLedger(ShareSteps steps, Consumer<String> deletions) {
        this.steps = steps;
        this.deletions = deletions;
    }

    /// States to be made.
    ///
    /// @param epoch of the group that makes them
    public record Missing(int epoch, List<ShareStates.Start> starts) {}

    /// The states that a member needs and that are not there.
    ///
    /// @param names the topics that it reads
    Optional<Missing> missing(String groupId, String memberId, List<String> names, Effects effects) {
        var group = steps.state.groups.getOrDefault(groupId, new ShareGroup(groupId));
        var missing = group.uninitialised(names, steps.topics);
        for (var topic : group.deleting.keySet()) {
            if (!missing.of(topic).isEmpty()) {
                // Not before the old state is gone.
                deletions.accept(group.id);
                missing = missing.without(topic);
            }
        }
        if (missing.isEmpty()) {
            return Optional.empty();
        }
        if (group.epoch == 0) {
            steps.explain(
                    group,
                    "epoch 1 begins: member " + memberId + " wants to read "
                            + named(group, missing.byTopic().keySet()) + ", whose share states are made first");
            steps.write(ShareRecords.groupEpoch(group.id, 1, 0), effects);
        }
        var written = steps.state.groups.getOrDefault(group.id, group);
        write(written, written.initialising.plus(missing), written.initialised, effects);
        var starts = new ArrayList<ShareStates.Start>();
        missing.byTopic().forEach((topic, partitions) -> {
            // Partitions that a topic got later are read from their beginning: nobody could have read them before.
            long offset = written.initialised.of(topic).isEmpty() ? -1 : 0;
            partitions.forEach(partition -> starts.add(new ShareStates.Start(topic, partition, offset)));
        });
        return Optional.of(new Missing(written.epoch, starts));
    }

    /// These states are there now.
    public void made(String groupId, List<ShareStates.Start> starts, Effects effects) {
        var group = steps.state.groups.get(groupId);
        if (group == null) {
            return;
        }
        var made = new TreeMap<Uuid, List<Integer>>();
        for (var start : starts) {
            if (!group.deleting.containsKey(start.topic())) {
                made.computeIfAbsent(start.topic(), topic -> new ArrayList<>()).add(start.partition());
            }
        }
        var initialising = group.initialising;
        for (var topic : made.keySet()) {
            initialising = initialising.without(topic);
        }
        write(group, initialising, group.initialised.plus(TopicParts.of(made)), effects);
    }

    private void write(ShareGroup group, TopicParts initialising, TopicParts initialised, Effects effects) {
        steps.write(
                ShareRecords.states(
                        group.id,
                        initialising,
                        initialised,
                        new TreeMap<>(group.deleting),
                        topic -> name(group, topic)),
                effects);
    }

    private String name(ShareGroup group, Uuid topic) {
        return steps.topics.name(topic).orElseGet(() -> group.topicNames.getOrDefault(topic, ""));
    }

    private String named(ShareGroup group, Collection<Uuid> some) {
        return some.stream()
                .map(topic -> {
                    var name = name(group, topic);
                    return name.isEmpty() ? "the topic with id " + topic : name;
                })
                .collect(Collectors.joining(", "));
    }

    /// Begins to set where the group reads; the group has no members. Returns the group's new epoch, by which the
    /// states are made anew.
    public int setStarts(String groupId, List<ShareStates.Start> starts, Effects effects) {
        var group = Objects.requireNonNull(steps.state.groups.get(groupId), "the group was looked at before");
        steps.bump(group, "offsets are to be set (AlterShareGroupOffsets)", effects);
        var parts = new TreeMap<Uuid, List<Integer>>();
        starts.forEach(start ->
                parts.computeIfAbsent(start.topic(), topic -> new ArrayList<>()).add(start.partition()));
        write(group, group.initialising.plus(TopicParts.of(parts)), group.initialised, effects);
        return group.epoch;
    }

    /// The group reads where it was told to ([#setStarts]).
    public void startsSet(String groupId, List<ShareStates.Start> starts, Effects effects) {
        made(groupId, starts, effects);
        var group = steps.state.groups.get(groupId);
        if (group != null) {
            var where = starts.stream()
                    .map(start ->
                            named(group, List.of(start.topic())) + "-" + start.partition() + " to " + start.offset())
                    .collect(Collectors.joining(", "));
            steps.explain(group, "offsets were set: " + where);
        }
    }

    /// The partitions that have a state, by topic.
    public SortedMap<Uuid, SortedSet<Integer>> initialised(String groupId) {
        var group = steps.state.groups.get(groupId);
        return group == null ? TopicParts.NONE.byTopic() : group.initialised.byTopic();
    }

    /// Topics were created, deleted or changed: the states of those that are gone are to be deleted.
    void topicsChanged(Effects effects) {
        for (var group : List.copyOf(steps.state.groups.values())) {
            var gone = some(group, topic -> steps.topics.name(topic).isEmpty());
            if (!gone.isEmpty()) {
                delete(group, gone, gone.size() == 1 ? "the topic was deleted" : "the topics were deleted", effects);
            } else if (!group.deleting.isEmpty()) {
                effects.whenCommitted(() -> deletions.accept(group.id));
            }
        }
    }

    private static List<Uuid> some(ShareGroup group, Predicate<Uuid> which) {
        return group.initialised.plus(group.initialising).byTopic().keySet().stream()
                .filter(which)
                .toList();
    }

    /// All the group's states are to be deleted, or those of some topics.
    public void delete(String groupId, Predicate<Uuid> which, String why, Effects effects) {
        var group = steps.state.groups.get(groupId);
        if (group != null) {
            var gone = some(group, which);
            if (!gone.isEmpty()) {
                delete(group, gone, why, effects);
            }
        }
    }

    /// The states of these topics are to be deleted. Until they are, they stand among those that may be there.
    private void delete(ShareGroup group, List<Uuid> gone, String why, Effects effects) {
        var fresh = gone.stream()
                .filter(topic -> !group.deleting.containsKey(topic))
                .toList();
        if (!fresh.isEmpty()) {
            steps.explain(group, "the offsets of " + named(group, fresh) + " are deleted: " + why);
        }
        var initialising = group.initialising;
        var initialised = group.initialised;
        for (var topic : gone) {
            initialising = initialising.plus(TopicParts.of(Map.of(topic, initialised.of(topic))));
            initialised = initialised.without(topic);
            group.deleting.put(topic, name(group, topic));
        }
        write(group, initialising, initialised, effects);
        effects.whenCommitted(() -> deletions.accept(group.id));
    }

    /// The states of the group that are to be deleted.
    public List<ShareStates.Part> deleting(String groupId) {
        var group = steps.state.groups.get(groupId);
        var parts = new ArrayList<ShareStates.Part>();
        if (group != null) {
            group.deleting
                    .keySet()
                    .forEach(topic -> group.initialising
                            .of(topic)
                            .forEach(partition -> parts.add(new ShareStates.Part(topic, partition))));
        }
        return parts;
    }

    /// These states are there no more.
    public void deleted(String groupId, List<ShareStates.Part> parts, Effects effects) {
        var group = steps.state.groups.get(groupId);
        if (group == null) {
            return;
        }
        var initialising = group.initialising;
        for (var part : parts) {
            initialising = initialising.without(part.topic());
            group.deleting.remove(part.topic());
        }
        write(group, initialising, group.initialised, effects);
    }
}
