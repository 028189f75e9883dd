package io.moldau.groups.streams;

import io.moldau.coordination.CoordinatedState.Schedule;
import io.moldau.coordination.Effects;
import io.moldau.coordination.Entry;
import io.moldau.groups.AssignmentPace;
import io.moldau.groups.Explanations;
import io.moldau.groups.GroupConfigs;
import io.moldau.groups.Topics;
import io.moldau.groups.streams.StreamsHeartbeat.Refusal;
import io.moldau.protocol.ErrorCode;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The steps of which every change of a streams group consists: members that come, go, or take too long; epochs;
/// assignments. Every step is written as records, and replayed, before the next.
final class StreamsSteps {
    private static final Logger LOG = LoggerFactory.getLogger(StreamsSteps.class);
    private static final String INTERVAL = "streams.assignment.interval.ms";

    final GroupConfigs configs;
    final Schedule schedule;
    final Topics topics;
    final StreamsReplay state = new StreamsReplay();
    private final AssignmentPace pace;
    private final Explanations explanations;

    StreamsSteps(GroupConfigs configs, Schedule schedule, Topics topics, Explanations explanations) {
        this.configs = configs;
        this.schedule = schedule;
        this.topics = topics;
        this.explanations = explanations;
        this.pace = new AssignmentPace(INTERVAL, group -> configs.int32(group, INTERVAL), schedule, explanations);
    }

    void write(Entry entry, Effects effects) {
        effects.append(entry);
        state.apply(entry);
    }

    void explain(StreamsGroup group, String what) {
        explanations.note(group.id, what);
    }

    void checkRoom(StreamsGroup group, String memberId) {
        int most = configs.int32(group.id, "group.streams.max.size");
        if (!group.members.containsKey(memberId) && group.members.size() >= most) {
            throw new Refusal(
                    ErrorCode.GROUP_MAX_SIZE_REACHED,
                    "the group has " + group.members.size() + " members, as many as group.streams.max.size allows");
        }
    }

    void bump(StreamsGroup group, String why, Effects effects) {
        if (group.members.isEmpty()) {
            group.rebalancingSinceMs = 0;
        } else if (group.rebalancingSinceMs == 0) {
            group.rebalancingSinceMs = schedule.nowMs();
        }
        explain(group, "epoch " + (group.epoch + 1) + " begins: " + why);
        int validated = group.configured(topics).isReady()
                ? group.topology.map(topology -> topology.epoch()).orElse(-1)
                : -1;
        write(StreamsRecords.group(group.id, group.epoch + 1, group.hashOf(topics), validated), effects);
    }

    /// The first member does not get all the tasks, to give most of them up a moment later.
    void delayAssignment(StreamsGroup group) {
        int delayMs = configs.int32(group.id, "streams.initial.rebalance.delay.ms");
        group.assignNotBeforeMs = delayMs > 0 ? schedule.nowMs() + delayMs : 0;
        if (delayMs > 0) {
            schedule.after("streams/delay/" + group.id, delayMs, effects -> endDelay(group, effects));
        }
    }

    /// A heartbeat may come in the moment in which the delay ends, before the timer.
    void endDelayInTime(StreamsGroup group, Effects effects) {
        if (!isDelayed(group)) {
            endDelay(group, effects);
        }
    }

    private void endDelay(StreamsGroup group, Effects effects) {
        if (group.assignNotBeforeMs > 0) {
            group.assignNotBeforeMs = 0;
            if (!group.members.isEmpty()) {
                bump(group, "streams.initial.rebalance.delay.ms is over", effects);
            }
        }
    }

    private boolean isDelayed(StreamsGroup group) {
        return schedule.nowMs() < group.assignNotBeforeMs;
    }

    /// Why members are not told of an assignment that they may wait for; empty if they need not wait.
    Optional<String> delay(StreamsGroup group) {
        if (isDelayed(group)) {
            return Optional.of("Tasks are assigned a little later, so that more members can come"
                    + " (streams.initial.rebalance.delay.ms).");
        }
        return pace.isAwaited(group.id)
                ? Optional.of(
                        "Tasks were assigned a moment ago, and are assigned anew a little later (" + INTERVAL + ").")
                : Optional.empty();
    }

    /// Computes who shall work on what, if that is to be done and may be done now.
    void assign(StreamsGroup group, ConfiguredTopology configured, Effects effects) {
        if (group.epoch > group.targetEpoch
                && !(group.isAssigned()
                        && pace.mustWait(group.id, group.assignedMs, later -> assignLate(group.id, later)))) {
            compute(group, configured, effects);
        }
    }

    private void assignLate(String groupId, Effects effects) {
        var group = state.groups.get(groupId);
        if (group != null && group.epoch > group.targetEpoch && !group.members.isEmpty()) {
            compute(group, group.configured(topics), effects);
        }
    }

    /// Without all topics nobody has tasks, nor while more members are waited for.
    private void compute(StreamsGroup group, ConfiguredTopology configured, Effects effects) {
        pace.assigned(group.id);
        var workers = new TreeMap<String, StickyTasks.Worker>();
        int topologyEpoch = group.topology.map(topology -> topology.epoch()).orElse(-1);
        group.members.values().stream()
                .filter(member -> member.topologyEpoch() == topologyEpoch)
                .forEach(member -> workers.put(
                        member.id(), new StickyTasks.Worker(member.processId(), group.target(member.id()))));
        var targets = StickyTasks.assign(
                workers,
                isDelayed(group) ? new TreeMap<>() : configured.tasks(),
                configured.stateful(),
                configs.int32(group.id, "streams.num.standby.replicas"));
        for (var id : List.copyOf(group.members.keySet())) {
            var target = targets.getOrDefault(id, Tasks.NONE);
            if (!target.equals(group.target(id)) || !group.targets.containsKey(id)) {
                write(StreamsRecords.target(group.id, id, target), effects);
            }
        }
        write(StreamsRecords.targetEpoch(group.id, group.epoch, schedule.nowMs()), effects);
    }

    /// When a member shall come again: as usual, or as soon as the assignment that it waits for is there.
    int heartbeatMs(StreamsGroup group) {
        int usualMs = configs.int32(group.id, "streams.heartbeat.interval.ms");
        return isDelayed(group)
                ? Math.clamp(group.assignNotBeforeMs - schedule.nowMs(), 1, usualMs)
                : pace.heartbeatMs(group.id, group.assignedMs, usualMs);
    }

    static StreamsMember reconcile(StreamsGroup group, StreamsMember member, Optional<Tasks> owned) {
        return member.towards(
                group.targetEpoch, group.target(member.id()), owned, (part, task) -> group.isFree(part, task, member));
    }

    void step(StreamsGroup group, StreamsMember current, StreamsMember next, boolean isNew, Effects effects) {
        if (isNew || !next.equals(current)) {
            write(StreamsRecords.current(group.id, next), effects);
            if (!next.assigned().equals(current.assigned())) {
                group.endpointEpoch++;
            }
        }
        alive(group, next);
        if (next.state() != StreamsMember.State.UNREVOKED_TASKS) {
            schedule.cancel(revocationTimer(group, next.id()));
        } else if (current.state() != StreamsMember.State.UNREVOKED_TASKS || current.epoch() != next.epoch()) {
            awaitRevocation(group, next);
        }
        if (group.rebalancingSinceMs > 0 && group.state(topics).equals("Stable")) {
            explain(
                    group,
                    "epoch " + group.epoch + " is settled: " + group.members.size() + " members, after "
                            + (schedule.nowMs() - group.rebalancingSinceMs) + " ms");
            group.rebalancingSinceMs = 0;
        }
    }

    void alive(StreamsGroup group, StreamsMember alive) {
        int timeoutMs = configs.int32(group.id, "streams.session.timeout.ms");
        schedule.after(sessionTimer(group, alive.id()), timeoutMs, effects -> {
            var member = group.members.get(alive.id());
            if (member != null) {
                var why = "member " + member.id() + " (" + member.clientHost() + ") gave no sign of life for "
                        + timeoutMs + " ms and was removed";
                LOG.info("Group {}: {}", group.id, why);
                remove(group, member, why, effects);
            }
        });
    }

    void awaitRevocation(StreamsGroup group, StreamsMember member) {
        schedule.after(revocationTimer(group, member.id()), member.rebalanceTimeoutMs(), effects -> {
            var late = group.members.get(member.id());
            if (late != null && late.epoch() == member.epoch() && late.state() == StreamsMember.State.UNREVOKED_TASKS) {
                var why = "member " + late.id() + " (" + late.clientHost() + ") did not give up tasks within "
                        + late.rebalanceTimeoutMs() + " ms and was removed";
                LOG.info("Group {}: {}", group.id, why);
                remove(group, late, why, effects);
            }
        });
    }

    void remove(StreamsGroup group, StreamsMember member, String why, Effects effects) {
        schedule.cancel(sessionTimer(group, member.id()));
        schedule.cancel(revocationTimer(group, member.id()));
        write(StreamsRecords.currentTombstone(group.id, member.id()), effects);
        write(StreamsRecords.targetTombstone(group.id, member.id()), effects);
        write(StreamsRecords.memberTombstone(group.id, member.id()), effects);
        group.endpointEpoch++;
        if (group.members.isEmpty()) {
            group.shutdownAskedBy = Optional.empty();
        }
        bump(group, why, effects);
    }

    private static String sessionTimer(StreamsGroup group, String memberId) {
        return "streams/session/" + group.id + "/" + memberId;
    }

    private static String revocationTimer(StreamsGroup group, String memberId) {
        return "streams/revocation/" + group.id + "/" + memberId;
    }
}
