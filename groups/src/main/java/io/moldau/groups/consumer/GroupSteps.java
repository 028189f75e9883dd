package io.moldau.groups.consumer;

import com.google.re2j.Pattern;
import io.moldau.coordination.CoordinatedState.Schedule;
import io.moldau.coordination.Effects;
import io.moldau.coordination.Entry;
import io.moldau.groups.AssignmentPace;
import io.moldau.groups.EmbeddedProtocol;
import io.moldau.groups.Explanations;
import io.moldau.groups.GroupConfigs;
import io.moldau.groups.GroupSettings;
import io.moldau.groups.MigratingGroup;
import io.moldau.groups.Topics;
import io.moldau.protocol.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The steps of which every change of a consumer group consists, whichever protocol asked for it. Every step is
/// written as records, and replayed, before the next.
final class GroupSteps {
    private static final Logger LOG = LoggerFactory.getLogger(GroupSteps.class);
    private static final String INTERVAL = "consumer.assignment.interval.ms";

    final GroupSettings settings;
    final GroupConfigs configs;
    final Schedule schedule;
    final Topics topics;
    final ConsumerReplay state = new ConsumerReplay();
    final AssignmentPace pace;
    private final Explanations explanations;
    private final BiConsumer<MigratingGroup, Effects> downgraded;

    /// @param configs of single groups
    /// @param downgraded takes over the members of a group that speaks the classic protocol only
    GroupSteps(
            GroupSettings settings,
            GroupConfigs configs,
            Schedule schedule,
            Topics topics,
            Explanations explanations,
            BiConsumer<MigratingGroup, Effects> downgraded) {
        this.settings = settings;
        this.configs = configs;
        this.schedule = schedule;
        this.topics = topics;
        this.explanations = explanations;
        this.pace = new AssignmentPace(INTERVAL, group -> configs.int32(group, INTERVAL), schedule, explanations);
        this.downgraded = downgraded;
    }

    void write(Entry entry, Effects effects) {
        effects.append(entry);
        state.apply(entry);
    }

    void explain(ConsumerGroup group, String what) {
        explanations.note(group.id, what);
    }

    void checkRoom(ConsumerGroup group) {
        if (group.members.size() >= settings.consumerMaxSize()) {
            throw new Refusal(
                    ErrorCode.GROUP_MAX_SIZE_REACHED,
                    "the group has " + group.members.size() + " members, as many as group.consumer.max.size allows");
        }
    }

    /// A static member came back under a new id and takes the place, assignment and target of the old one.
    ConsumerMember takeOver(ConsumerGroup group, ConsumerMember previous, String id, Effects effects) {
        explain(group, "static member " + previous.instanceId() + " came back as " + id + " for " + previous.id());
        var target = group.target(previous.id());
        drop(group, previous, effects);
        int epoch = previous.epoch() == ConsumerMember.LEFT_FOR_A_WHILE ? previous.previousEpoch() : previous.epoch();
        var next = previous.withId(id)
                .withAssignment(
                        epoch,
                        epoch,
                        ConsumerMember.State.UNRELEASED_PARTITIONS,
                        previous.assigned(),
                        PartitionSet.NONE);
        write(ConsumerRecords.member(group.id, next), effects);
        write(ConsumerRecords.target(group.id, id, target), effects);
        write(ConsumerRecords.assignment(group.id, next), effects);
        return group.members.getOrDefault(id, next);
    }

    /// Members, or what they read, changed: a new epoch.
    void bump(ConsumerGroup group, String why, Effects effects) {
        if (group.members.isEmpty()) {
            group.rebalancingSinceMs = 0;
        } else if (group.rebalancingSinceMs == 0) {
            group.rebalancingSinceMs = schedule.nowMs();
        }
        explain(group, "epoch " + (group.epoch + 1) + " begins: " + why);
        write(ConsumerRecords.groupEpoch(group.id, group.epoch + 1, group.hashOf(topics)), effects);
    }

    /// Computes who shall read what, if that is to be done and may be done now.
    void assign(ConsumerGroup group, Effects effects) {
        if (group.epoch > group.targetEpoch
                && !(group.isAssigned()
                        && pace.mustWait(group.id, group.assignedMs, later -> assignLate(group.id, later)))) {
            compute(group, effects);
        }
    }

    private void assignLate(String groupId, Effects effects) {
        var group = state.groups.get(groupId);
        if (group != null && group.epoch > group.targetEpoch && !group.members.isEmpty()) {
            compute(group, effects);
        }
    }

    private void compute(ConsumerGroup group, Effects effects) {
        pace.assigned(group.id);
        var fallback = Assignor.of(settings.consumerAssignors().getFirst()).orElse(Assignor.UNIFORM);
        var targets = group.compute(group.preferred(fallback), topics);
        targets.forEach((memberId, target) -> {
            if (!target.equals(group.target(memberId)) || !group.targets.containsKey(memberId)) {
                write(ConsumerRecords.target(group.id, memberId, target), effects);
            }
        });
        write(ConsumerRecords.targetEpoch(group.id, group.epoch, schedule.nowMs()), effects);
    }

    ConsumerMember reconcile(ConsumerGroup group, ConsumerMember member, Optional<PartitionSet> owned) {
        return member.towards(
                group.targetEpoch,
                group.wanted(member, topics),
                owned,
                (topic, partition) -> group.isFree(topic, partition, member.id()));
    }

    /// The member took its next step: writes it, and sees to the time that it has for the one after.
    void step(ConsumerGroup group, ConsumerMember current, ConsumerMember next, boolean isNew, Effects effects) {
        if (isNew || !next.equals(current)) {
            write(ConsumerRecords.assignment(group.id, next), effects);
        }
        alive(group, next);
        if (next.state() != ConsumerMember.State.UNREVOKED_PARTITIONS) {
            schedule.cancel(revocationTimer(group, next.id()));
        } else if (current.state() != ConsumerMember.State.UNREVOKED_PARTITIONS || current.epoch() != next.epoch()) {
            awaitRevocation(group, next);
        }
        if (group.rebalancingSinceMs > 0 && group.state().equals("Stable")) {
            explain(
                    group,
                    "epoch " + group.epoch + " is settled: " + group.members.size() + " members, after "
                            + (schedule.nowMs() - group.rebalancingSinceMs) + " ms");
            group.rebalancingSinceMs = 0;
        }
    }

    void resolveRegexes(ConsumerGroup group, Effects effects) {
        var inUse = group.regexes();
        for (var regex : List.copyOf(group.topicsByRegex.keySet())) {
            if (!inUse.contains(regex)) {
                write(ConsumerRecords.regexTombstone(group.id, regex), effects);
            }
        }
        for (var regex : inUse) {
            var pattern = Pattern.compile(regex);
            var matching = new TreeSet<String>();
            for (var name : topics.names()) {
                if (!name.startsWith("__") && pattern.matcher(name).matches()) {
                    matching.add(name);
                }
            }
            if (!matching.equals(group.topicsByRegex.get(regex))) {
                write(ConsumerRecords.regex(group.id, regex, matching, schedule.nowMs()), effects);
            }
        }
    }

    void alive(ConsumerGroup group, ConsumerMember alive) {
        var classic = alive.classic();
        int timeoutMs =
                classic == null ? configs.int32(group.id, "consumer.session.timeout.ms") : classic.sessionTimeoutMs();
        schedule.after(sessionTimer(group, alive.id()), timeoutMs, effects -> {
            var member = group.members.get(alive.id());
            if (member != null) {
                LOG.info("Group {}: member {} gave no sign of life in time", group.id, member.id());
                remove(
                        group,
                        member,
                        "member " + member.id() + " (" + member.clientHost() + ") gave no sign of life for " + timeoutMs
                                + " ms and was removed",
                        effects);
            }
        });
    }

    void awaitRevocation(ConsumerGroup group, ConsumerMember member) {
        int epoch = member.epoch();
        schedule.after(revocationTimer(group, member.id()), member.rebalanceTimeoutMs(), effects -> {
            var late = group.members.get(member.id());
            if (late != null && late.epoch() == epoch && late.state() == ConsumerMember.State.UNREVOKED_PARTITIONS) {
                LOG.info("Group {}: member {} did not give up its partitions in time", group.id, late.id());
                remove(
                        group,
                        late,
                        "member " + late.id() + " (" + late.clientHost() + ") did not give up partitions within "
                                + late.rebalanceTimeoutMs() + " ms (its max.poll.interval.ms) and was removed",
                        effects);
            }
        });
    }

    void cancelRevocation(ConsumerGroup group, ConsumerMember member) {
        schedule.cancel(revocationTimer(group, member.id()));
    }

    void remove(ConsumerGroup group, ConsumerMember member, String why, Effects effects) {
        drop(group, member, effects);
        afterRemoval(group, why, effects);
    }

    void drop(ConsumerGroup group, ConsumerMember member, Effects effects) {
        schedule.cancel(sessionTimer(group, member.id()));
        schedule.cancel(revocationTimer(group, member.id()));
        schedule.cancel(joinTimer(group, member.id()));
        schedule.cancel(syncTimer(group, member.id()));
        group.awaitedToJoin.remove(member.id());
        write(ConsumerRecords.assignmentTombstone(group.id, member.id()), effects);
        write(ConsumerRecords.targetTombstone(group.id, member.id()), effects);
        write(ConsumerRecords.memberTombstone(group.id, member.id()), effects);
    }

    /// Members were dropped: a new epoch for those that are left, or another kind of group for them.
    void afterRemoval(ConsumerGroup group, String why, Effects effects) {
        if (!group.members.isEmpty() && isClassicOnly(group)) {
            explain(group, why);
            downgrade(group, effects);
        } else {
            resolveRegexes(group, effects);
            bump(group, why, effects);
        }
    }

    /// Whether the group, as it is, would rather be a classic one.
    boolean isClassicOnly(ConsumerGroup group) {
        return settings.migration().downgrades()
                && group.members.size() <= settings.maxSize()
                && group.members.values().stream().allMatch(ConsumerMember::isClassic);
    }

    void downgrade(ConsumerGroup group, Effects effects) {
        var members = new ArrayList<MigratingGroup.Member>();
        int generation = 0;
        for (var member : List.copyOf(group.members.values())) {
            var classic = member.classic();
            if (classic == null) {
                throw new IllegalStateException("member " + member.id() + " does not speak the classic protocol");
            }
            generation = Math.max(generation, member.epoch());
            members.add(new MigratingGroup.Member(
                    member.id(),
                    member.instanceId(),
                    member.clientId(),
                    member.clientHost(),
                    member.rebalanceTimeoutMs(),
                    classic.sessionTimeoutMs(),
                    classic.protocols(),
                    // What it is about to give up it may still read, should the group change again at once.
                    EmbeddedProtocol.assignment(
                            names(member.assigned().plus(member.revoking())),
                            classic.first().metadata())));
            drop(group, member, effects);
        }
        delete(group, effects);
        downgraded.accept(new MigratingGroup(group.id, generation, members), effects);
    }

    /// Removes a group without members by tombstones.
    void delete(ConsumerGroup group, Effects effects) {
        List.copyOf(group.topicsByRegex.keySet())
                .forEach(regex -> write(ConsumerRecords.regexTombstone(group.id, regex), effects));
        write(ConsumerRecords.targetEpochTombstone(group.id), effects);
        write(ConsumerRecords.groupTombstone(group.id), effects);
    }

    /// Partitions by the names of their topics; topics that are gone are left out.
    Map<String, List<Integer>> names(PartitionSet partitions) {
        var byName = new TreeMap<String, List<Integer>>();
        partitions
                .byTopic()
                .forEach((id, indexes) -> topics.name(id).ifPresent(name -> byName.put(name, List.copyOf(indexes))));
        return byName;
    }

    static String sessionTimer(ConsumerGroup group, String memberId) {
        return "consumer/session/" + group.id + "/" + memberId;
    }

    private static String revocationTimer(ConsumerGroup group, String memberId) {
        return "consumer/revocation/" + group.id + "/" + memberId;
    }

    static String joinTimer(ConsumerGroup group, String memberId) {
        return "consumer/join/" + group.id + "/" + memberId;
    }

    static String syncTimer(ConsumerGroup group, String memberId) {
        return "consumer/sync/" + group.id + "/" + memberId;
    }
}
