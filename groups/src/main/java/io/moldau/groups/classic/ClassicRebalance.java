package io.moldau.groups.classic;

import io.moldau.coordination.CoordinatedState.Schedule;
import io.moldau.coordination.Effects;
import io.moldau.groups.classic.ClassicGroup.State;
import io.moldau.protocol.ErrorCode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The rebalances of one classic group, one after the other: members are waited for until they have joined, then until
/// they have asked for their assignment. Who takes too long is removed.
final class ClassicRebalance {
    private static final Logger LOG = LoggerFactory.getLogger(ClassicRebalance.class);

    private final ClassicGroup group;
    private final Schedule schedule;
    private final int initialDelayMs;
    private final Consumer<String> explanation;
    private long sinceMs;

    /// @param explanation told what is decided, and why
    ClassicRebalance(ClassicGroup group, Schedule schedule, int initialDelayMs, Consumer<String> explanation) {
        this.group = group;
        this.schedule = schedule;
        this.initialDelayMs = initialDelayMs;
        this.explanation = explanation;
    }

    void prepare(Effects effects, String why) {
        for (var member : group.members.values()) {
            member.assignment = group.state == State.COMPLETING_REBALANCE ? ClassicMember.NOTHING : member.assignment;
            group.answerSync(member, ErrorCode.REBALANCE_IN_PROGRESS);
        }
        schedule.cancel(syncTimer());
        boolean first = group.state == State.EMPTY;
        LOG.debug("Group {} generation {} rebalances: {}", group.id, group.generation, why);
        explanation.accept("generation " + group.generation + " rebalances: " + why);
        sinceMs = schedule.nowMs();
        group.to(State.PREPARING_REBALANCE);
        if (first && initialDelayMs > 0) {
            schedule.after(joinTimer(), initialDelayMs, this::completeJoin);
        } else {
            schedule.after(joinTimer(), timeoutMs(), this::completeJoin);
            completeJoinIfAllAreHere(effects);
        }
    }

    void completeJoinIfAllAreHere(Effects effects) {
        if (group.state == State.PREPARING_REBALANCE
                && group.pendingIds.isEmpty()
                && group.members.values().stream().allMatch(member -> member.awaitingJoin.isPresent())) {
            completeJoin(effects);
        }
    }

    private void completeJoin(Effects effects) {
        if (group.state != State.PREPARING_REBALANCE) {
            return;
        }
        schedule.cancel(joinTimer());
        for (var member : new ArrayList<>(group.members.values())) {
            if (member.awaitingJoin.isEmpty() && !member.isStatic()) {
                LOG.info("Group {}: member {} did not rejoin in time and is removed", group.id, member.id);
                explanation.accept("member " + member.id + " did not join again within " + timeoutMs()
                        + " ms (its max.poll.interval.ms) and was removed");
                group.forget(member);
            }
        }
        group.generation = group.generation == Integer.MAX_VALUE ? 0 : group.generation + 1;
        if (group.members.isEmpty()) {
            group.protocol = null;
            group.leader = null;
            group.to(State.EMPTY);
            explanation.accept("generation " + group.generation + ": no members are left");
            effects.append(ClassicRecords.metadata(group, Map.of()));
            return;
        }
        var currentLeader = group.leader == null ? null : group.members.get(group.leader);
        if (currentLeader == null || currentLeader.awaitingJoin.isEmpty()) {
            var rejoined = group.members.values().stream()
                    .filter(member -> member.awaitingJoin.isPresent())
                    .findFirst();
            if (rejoined.isEmpty()) {
                // Only static members are left, none of them here: wait for them on.
                group.generation--;
                schedule.after(joinTimer(), timeoutMs(), this::completeJoin);
                return;
            }
            group.leader = rejoined.get().id;
        }
        group.protocol = ProtocolVote.winner(group.members.values());
        group.to(State.COMPLETING_REBALANCE);
        for (var member : group.members.values()) {
            member.awaitingJoin.ifPresent(answer -> answer.accept(group.joined(member, member.joinVersion, false)));
            member.awaitingJoin = Optional.empty();
            group.alive(member);
        }
        int ofGeneration = group.generation;
        schedule.after(syncTimer(), timeoutMs(), later -> syncTimeUp(ofGeneration, later));
    }

    /// Members that joined and never asked for their assignment hold everybody up (KAFKA-13435).
    private void syncTimeUp(int ofGeneration, Effects effects) {
        if (group.generation != ofGeneration || group.state != State.COMPLETING_REBALANCE) {
            return;
        }
        for (var member : new ArrayList<>(group.members.values())) {
            if (member.awaitingSync.isEmpty()) {
                LOG.info("Group {}: member {} did not sync in time and is removed", group.id, member.id);
                explanation.accept("member " + member.id + " joined but did not ask for its assignment within "
                        + timeoutMs() + " ms and was removed");
                group.forget(member);
            }
        }
        prepare(effects, "members did not sync in time");
    }

    /// The leader's assignment is committed: everybody gets its part.
    void assigned(Map<String, ByteBuffer> assignments) {
        schedule.cancel(syncTimer());
        for (var member : group.members.values()) {
            member.assignment = assignments.getOrDefault(member.id, ClassicMember.NOTHING);
        }
        group.to(State.STABLE);
        explanation.accept("generation " + group.generation + " is stable: " + group.members.size()
                + " members, assigned by " + group.leader + " (" + group.protocol + "), after "
                + (schedule.nowMs() - sinceMs) + " ms");
        for (var member : group.members.values()) {
            group.answerSync(member, ErrorCode.NONE);
        }
    }

    void end() {
        schedule.cancel(joinTimer());
        schedule.cancel(syncTimer());
    }

    private int timeoutMs() {
        return group.members.values().stream()
                .mapToInt(member -> member.rebalanceTimeoutMs)
                .max()
                .orElse(0);
    }

    private String joinTimer() {
        return "classic/join/" + group.id;
    }

    private String syncTimer() {
        return "classic/sync/" + group.id;
    }
}
