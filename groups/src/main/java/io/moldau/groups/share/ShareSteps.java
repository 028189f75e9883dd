package io.moldau.groups.share;

import io.moldau.coordination.CoordinatedState.Schedule;
import io.moldau.coordination.Effects;
import io.moldau.coordination.Entry;
import io.moldau.groups.AssignmentPace;
import io.moldau.groups.Explanations;
import io.moldau.groups.Topics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The steps of which every change of a share group's members consists. Every step is written as records, and
/// replayed, before the next.
final class ShareSteps {
    private static final Logger LOG = LoggerFactory.getLogger(ShareSteps.class);

    final ShareStates states;
    final Schedule schedule;
    final Topics topics;
    final ShareReplay state = new ShareReplay();
    final AssignmentPace pace;
    private final Explanations explanations;

    ShareSteps(ShareStates states, Schedule schedule, Topics topics, Explanations explanations) {
        this.states = states;
        this.schedule = schedule;
        this.topics = topics;
        this.explanations = explanations;
        this.pace = new AssignmentPace(
                "share.assignment.interval.ms",
                group -> states.settings(group).assignmentIntervalMs(),
                schedule,
                explanations);
    }

    void write(Entry entry, Effects effects) {
        effects.append(entry);
        state.apply(entry);
    }

    void explain(ShareGroup group, String what) {
        explanations.note(group.id, what);
    }

    /// Members, or what they read, changed: a new epoch.
    void bump(ShareGroup group, String why, Effects effects) {
        if (group.members.isEmpty()) {
            group.rebalancingSinceMs = 0;
        } else if (group.rebalancingSinceMs == 0) {
            group.rebalancingSinceMs = schedule.nowMs();
        }
        explain(group, "epoch " + (group.epoch + 1) + " begins: " + why);
        write(ShareRecords.groupEpoch(group.id, group.epoch + 1, group.hashOf(topics)), effects);
    }

    /// Computes who shall read what, if that is to be done and may be done now.
    void assign(ShareGroup group, Effects effects) {
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

    private void compute(ShareGroup group, Effects effects) {
        pace.assigned(group.id);
        group.assignment(topics).forEach((member, target) -> {
            if (!target.equals(group.targets.get(member))) {
                write(ShareRecords.target(group.id, member, target), effects);
            }
        });
        write(ShareRecords.targetEpoch(group.id, group.epoch, schedule.nowMs()), effects);
    }

    /// The member takes what it is assigned, all at once: partitions may have many readers.
    ShareMember step(ShareGroup group, ShareMember current, boolean isNew, Effects effects) {
        var target = group.wanted(current, topics);
        var next = current.epoch() == group.targetEpoch && current.assigned().equals(target)
                ? current
                : current.assigned(group.targetEpoch, target);
        if (isNew || !next.equals(current)) {
            write(ShareRecords.assignment(group.id, next), effects);
        }
        alive(group, next);
        if (group.rebalancingSinceMs > 0 && group.isSettled()) {
            explain(
                    group,
                    "epoch " + group.epoch + " is settled: " + group.members.size() + " members, after "
                            + (schedule.nowMs() - group.rebalancingSinceMs) + " ms");
            group.rebalancingSinceMs = 0;
        }
        return next;
    }

    void alive(ShareGroup group, ShareMember member) {
        var id = group.id;
        int timeoutMs = states.settings(id).sessionTimeoutMs();
        schedule.after(sessionTimer(id, member.id()), timeoutMs, effects -> {
            var late = state.groups.get(id);
            var silent = late == null ? null : late.members.get(member.id());
            if (late != null && silent != null) {
                LOG.info("Share group {}: member {} gave no sign of life in time", id, silent.id());
                remove(late, silent, "gave no sign of life for " + timeoutMs + " ms and was removed", effects);
            }
        });
    }

    /// @param why goes on where "member ... " ends
    void remove(ShareGroup group, ShareMember member, String why, Effects effects) {
        schedule.cancel(sessionTimer(group.id, member.id()));
        write(ShareRecords.assignmentTombstone(group.id, member.id()), effects);
        write(ShareRecords.targetTombstone(group.id, member.id()), effects);
        write(ShareRecords.memberTombstone(group.id, member.id()), effects);
        bump(group, "member " + member.id() + " (" + member.clientHost() + ") " + why, effects);
    }

    private static String sessionTimer(String groupId, String memberId) {
        return "share/session/" + groupId + "/" + memberId;
    }
}
