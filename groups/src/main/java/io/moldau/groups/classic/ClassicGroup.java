package io.moldau.groups.classic;

import io.moldau.coordination.CoordinatedState.Schedule;
import io.moldau.coordination.Effects;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.JoinGroupRequest;
import io.moldau.protocol.message.JoinGroupResponse;
import io.moldau.protocol.message.JoinGroupResponse.JoinGroupResponseMember;
import io.moldau.protocol.message.SyncGroupResponse;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The members and the rebalances of one classic group.
///
/// ```
///   EMPTY ──join──> PREPARING_REBALANCE ──all joined or time up──> COMPLETING_REBALANCE ──leader syncs──> STABLE
///     ^                │        ^                                        │                              │
///     └──nobody left───┘        └──────────── join, leave, expiry ───────┴──────────────────────────────┘
/// ```
/// Requests are checked in [ClassicProtocol]; this class changes the state.
final class ClassicGroup {
    private static final Logger LOG = LoggerFactory.getLogger(ClassicGroup.class);

    enum State {
        EMPTY("Empty"),
        PREPARING_REBALANCE("PreparingRebalance"),
        COMPLETING_REBALANCE("CompletingRebalance"),
        STABLE("Stable"),
        DEAD("Dead");

        private final String text;

        State(String text) {
            this.text = text;
        }

        /// As Kafka's tools show it.
        String text() {
            return text;
        }
    }

    final String id;
    private final Schedule schedule;
    private final int initialDelayMs;
    private final Consumer<String> explanation;
    private long rebalancingSinceMs;
    State state = State.EMPTY;

    @Nullable
    String protocolType;

    @Nullable
    String protocol;

    @Nullable
    String leader;

    int generation;
    long stateTimestampMs;
    final Map<String, ClassicMember> members = new LinkedHashMap<>();
    final Map<String, String> memberIdsByInstance = new HashMap<>();
    final Set<String> pendingIds = new HashSet<>();

    /// @param explanation told what is decided, and why
    ClassicGroup(String id, Schedule schedule, int initialDelayMs, Consumer<String> explanation) {
        this.id = id;
        this.schedule = schedule;
        this.initialDelayMs = initialDelayMs;
        this.explanation = explanation;
    }

    void to(State next) {
        state = next;
        stateTimestampMs = schedule.nowMs();
    }

    boolean knows(String memberId) {
        return members.containsKey(memberId);
    }

    ClassicMember member(String memberId) {
        var member = members.get(memberId);
        if (member == null) {
            throw new IllegalStateException("group " + id + " has no member " + memberId);
        }
        return member;
    }

    /// Why this member may not speak for itself; NONE if it may.
    ErrorCode problem(String memberId, @Nullable String instanceId) {
        if (instanceId != null) {
            var current = memberIdsByInstance.get(instanceId);
            if (current == null) {
                return ErrorCode.UNKNOWN_MEMBER_ID;
            }
            return current.equals(memberId) ? ErrorCode.NONE : ErrorCode.FENCED_INSTANCE_ID;
        }
        return knows(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID;
    }

    void put(ClassicMember member) {
        members.put(member.id, member);
        var instance = member.instanceId;
        if (instance != null) {
            memberIdsByInstance.put(instance, member.id);
        }
        pendingIds.remove(member.id);
        schedule.cancel(pendingTimer(member.id));
        if (leader == null) {
            leader = member.id;
        }
    }

    /// A member that is in the group already.
    void putSettled(ClassicMember member) {
        members.put(member.id, member);
        var instance = member.instanceId;
        if (instance != null) {
            memberIdsByInstance.put(instance, member.id);
        }
    }

    /// True if all members know at least one of these protocols, and it is their type.
    boolean accepts(String type, List<JoinGroupRequest.JoinGroupRequestProtocol> protocols) {
        if (members.isEmpty()) {
            return !type.isEmpty() && !protocols.isEmpty();
        }
        return type.equals(protocolType)
                && protocols.stream()
                        .anyMatch(one -> members.values().stream().allMatch(member -> member.supports(one.name())));
    }

    /// Notes an id that was given out and must come back within the session timeout.
    void expect(String memberId, int sessionTimeoutMs) {
        pendingIds.add(memberId);
        schedule.after(pendingTimer(memberId), sessionTimeoutMs, effects -> {
            if (pendingIds.remove(memberId)) {
                completeJoinIfAllAreHere(effects);
            }
        });
    }

    /// The member shows a sign of life.
    void alive(ClassicMember member) {
        schedule.after(sessionTimer(member.id), member.sessionTimeoutMs, effects -> expired(member, effects));
    }

    private void expired(ClassicMember member, Effects effects) {
        if (members.get(member.id) != member) {
            return;
        }
        if (member.awaitingJoin.isPresent() || member.awaitingSync.isPresent()) {
            alive(member);
            return;
        }
        LOG.info(
                "Group {}: member {} ({}) gave no sign of life for {} ms and is removed",
                id,
                member.id,
                member.clientHost,
                member.sessionTimeoutMs);
        remove(
                member,
                effects,
                "member " + member.id + " (" + member.clientHost + ") gave no sign of life for "
                        + member.sessionTimeoutMs + " ms (session.timeout.ms) and was removed");
    }

    /// Takes a member out, and rebalances if that matters.
    void remove(ClassicMember member, Effects effects, String why) {
        forget(member);
        switch (state) {
            case STABLE, COMPLETING_REBALANCE -> prepareRebalance(effects, why);
            case PREPARING_REBALANCE -> completeJoinIfAllAreHere(effects);
            case EMPTY, DEAD -> {}
        }
    }

    private void forget(ClassicMember member) {
        members.remove(member.id);
        var instance = member.instanceId;
        if (instance != null) {
            memberIdsByInstance.remove(instance, member.id);
        }
        schedule.cancel(sessionTimer(member.id));
        answerJoin(member, ErrorCode.UNKNOWN_MEMBER_ID);
        answerSync(member, ErrorCode.UNKNOWN_MEMBER_ID);
        if (member.id.equals(leader)) {
            leader = members.values().stream()
                    .filter(other -> other.awaitingJoin.isPresent())
                    .findFirst()
                    .or(() -> members.values().stream().findFirst())
                    .map(other -> other.id)
                    .orElse(null);
        }
    }

    /// A static member came back under a new id: it takes the place of the old one, which is fenced (KIP-345).
    void replaceStatic(ClassicMember old, ClassicMember next) {
        explanation.accept("static member " + old.instanceId + " came back as " + next.id + "; " + old.id
                + " is fenced, should it still run");
        answerJoin(old, ErrorCode.FENCED_INSTANCE_ID);
        answerSync(old, ErrorCode.FENCED_INSTANCE_ID);
        schedule.cancel(sessionTimer(old.id));
        next.assignment = old.assignment;
        boolean led = old.id.equals(leader);
        members.remove(old.id);
        put(next);
        if (led) {
            leader = next.id;
        }
    }

    void prepareRebalance(Effects effects, String why) {
        for (var member : members.values()) {
            member.assignment = state == State.COMPLETING_REBALANCE ? ClassicMember.NOTHING : member.assignment;
            answerSync(member, ErrorCode.REBALANCE_IN_PROGRESS);
        }
        schedule.cancel(syncTimer());
        boolean first = state == State.EMPTY;
        LOG.debug("Group {} generation {} rebalances: {}", id, generation, why);
        explanation.accept("generation " + generation + " rebalances: " + why);
        rebalancingSinceMs = schedule.nowMs();
        to(State.PREPARING_REBALANCE);
        if (first && initialDelayMs > 0) {
            schedule.after(joinTimer(), initialDelayMs, this::completeJoin);
        } else {
            schedule.after(joinTimer(), rebalanceTimeoutMs(), this::completeJoin);
            completeJoinIfAllAreHere(effects);
        }
    }

    void completeJoinIfAllAreHere(Effects effects) {
        if (state == State.PREPARING_REBALANCE
                && pendingIds.isEmpty()
                && members.values().stream().allMatch(member -> member.awaitingJoin.isPresent())) {
            completeJoin(effects);
        }
    }

    private void completeJoin(Effects effects) {
        if (state != State.PREPARING_REBALANCE) {
            return;
        }
        schedule.cancel(joinTimer());
        for (var member : new ArrayList<>(members.values())) {
            if (member.awaitingJoin.isEmpty() && !member.isStatic()) {
                LOG.info("Group {}: member {} did not rejoin in time and is removed", id, member.id);
                explanation.accept("member " + member.id + " did not join again within " + rebalanceTimeoutMs()
                        + " ms (its max.poll.interval.ms) and was removed");
                forget(member);
            }
        }
        generation = generation == Integer.MAX_VALUE ? 0 : generation + 1;
        if (members.isEmpty()) {
            protocol = null;
            leader = null;
            to(State.EMPTY);
            explanation.accept("generation " + generation + ": no members are left");
            effects.append(ClassicRecords.metadata(this, Map.of()));
            return;
        }
        var currentLeader = leader == null ? null : members.get(leader);
        if (currentLeader == null || currentLeader.awaitingJoin.isEmpty()) {
            var rejoined = members.values().stream()
                    .filter(member -> member.awaitingJoin.isPresent())
                    .findFirst();
            if (rejoined.isEmpty()) {
                // Only static members are left, none of them here: wait for them on.
                generation--;
                schedule.after(joinTimer(), rebalanceTimeoutMs(), this::completeJoin);
                return;
            }
            leader = rejoined.get().id;
        }
        protocol = ProtocolVote.winner(members.values());
        to(State.COMPLETING_REBALANCE);
        for (var member : members.values()) {
            member.awaitingJoin.ifPresent(answer -> answer.accept(joined(member, member.joinVersion, false)));
            member.awaitingJoin = Optional.empty();
            alive(member);
        }
        int ofGeneration = generation;
        schedule.after(syncTimer(), rebalanceTimeoutMs(), later -> syncTimeUp(ofGeneration, later));
    }

    /// Members that joined and never asked for their assignment hold everybody up (KAFKA-13435).
    private void syncTimeUp(int ofGeneration, Effects effects) {
        if (generation != ofGeneration || state != State.COMPLETING_REBALANCE) {
            return;
        }
        for (var member : new ArrayList<>(members.values())) {
            if (member.awaitingSync.isEmpty()) {
                LOG.info("Group {}: member {} did not sync in time and is removed", id, member.id);
                explanation.accept("member " + member.id + " joined but did not ask for its assignment within "
                        + rebalanceTimeoutMs() + " ms and was removed");
                forget(member);
            }
        }
        prepareRebalance(effects, "members did not sync in time");
    }

    /// The answer to a member that is in the current generation.
    JoinGroupResponse joined(ClassicMember member, short version, boolean skipAssignment) {
        var chosen = protocol == null ? "" : protocol;
        boolean leads = member.id.equals(leader);
        List<JoinGroupResponseMember> list = !leads
                ? List.of()
                : members.values().stream()
                        .map(one -> JoinGroupResponseMember.builder()
                                .memberId(one.id)
                                .groupInstanceId(one.instanceId)
                                .metadata(one.metadata(chosen).duplicate())
                                .build())
                        .toList();
        return JoinGroupResponse.builder()
                .generationId(generation)
                .protocolType(version >= 7 ? protocolType : null)
                .protocolName(chosen)
                .leader(leader == null ? "" : leader)
                .skipAssignment(version >= 9 && skipAssignment)
                .memberId(member.id)
                .members(list)
                .build();
    }

    /// The leader's assignment is committed: everybody gets its part.
    void assigned(Map<String, ByteBuffer> assignments) {
        schedule.cancel(syncTimer());
        for (var member : members.values()) {
            member.assignment = assignments.getOrDefault(member.id, ClassicMember.NOTHING);
        }
        to(State.STABLE);
        explanation.accept("generation " + generation + " is stable: " + members.size() + " members, assigned by "
                + leader + " (" + protocol + "), after " + (schedule.nowMs() - rebalancingSinceMs) + " ms");
        for (var member : members.values()) {
            answerSync(member, ErrorCode.NONE);
        }
    }

    SyncGroupResponse synced(ClassicMember member) {
        return SyncGroupResponse.builder()
                .protocolType(protocolType)
                .protocolName(protocol)
                .assignment(member.assignment.duplicate())
                .build();
    }

    private void answerSync(ClassicMember member, ErrorCode error) {
        var waiting = member.awaitingSync;
        member.awaitingSync = Optional.empty();
        waiting.ifPresent(answer -> {
            answer.accept(
                    error == ErrorCode.NONE
                            ? synced(member)
                            : SyncGroupResponse.builder()
                                    .errorCode(error.code())
                                    .assignment(ClassicMember.NOTHING.duplicate())
                                    .build());
            alive(member);
        });
        if (members.get(member.id) != member) {
            schedule.cancel(sessionTimer(member.id));
        }
    }

    private void answerJoin(ClassicMember member, ErrorCode error) {
        var waiting = member.awaitingJoin;
        member.awaitingJoin = Optional.empty();
        waiting.ifPresent(answer -> answer.accept(ClassicProtocol.joinRefused(error, member.id, member.joinVersion)));
    }

    /// Nobody can use this group object any more.
    void end(ErrorCode error) {
        for (var member : members.values()) {
            answerJoin(member, error);
            answerSync(member, error);
            schedule.cancel(sessionTimer(member.id));
        }
        pendingIds.forEach(pending -> schedule.cancel(pendingTimer(pending)));
        schedule.cancel(joinTimer());
        schedule.cancel(syncTimer());
        to(State.DEAD);
    }

    private int rebalanceTimeoutMs() {
        return members.values().stream()
                .mapToInt(member -> member.rebalanceTimeoutMs)
                .max()
                .orElse(0);
    }

    private String sessionTimer(String memberId) {
        return "classic/session/" + id + "/" + memberId;
    }

    private String pendingTimer(String memberId) {
        return "classic/pending/" + id + "/" + memberId;
    }

    private String joinTimer() {
        return "classic/join/" + id;
    }

    private String syncTimer() {
        return "classic/sync/" + id;
    }
}
