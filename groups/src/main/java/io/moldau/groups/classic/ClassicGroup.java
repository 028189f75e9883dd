package io.moldau.groups.classic;

import io.moldau.coordination.CoordinatedState.Schedule;
import io.moldau.coordination.Effects;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.JoinGroupRequest;
import io.moldau.protocol.message.JoinGroupResponse;
import io.moldau.protocol.message.JoinGroupResponse.JoinGroupResponseMember;
import io.moldau.protocol.message.SyncGroupResponse;
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

/// One classic group: its members, and how far it is on its way.
///
/// ```
///   EMPTY ──join──> PREPARING_REBALANCE ──all joined or time up──> COMPLETING_REBALANCE ──leader syncs──> STABLE
///     ^                │        ^                                        │                              │
///     └──nobody left───┘        └──────────── join, leave, expiry ───────┴──────────────────────────────┘
/// ```
/// Requests are checked in [ClassicProtocol]; this class changes the members, [ClassicRebalance] takes the steps.
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
    private final Consumer<String> explanation;
    final ClassicRebalance rebalance;
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
        this.explanation = explanation;
        this.rebalance = new ClassicRebalance(this, schedule, initialDelayMs, explanation);
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
                rebalance.completeJoinIfAllAreHere(effects);
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
            case STABLE, COMPLETING_REBALANCE -> rebalance.prepare(effects, why);
            case PREPARING_REBALANCE -> rebalance.completeJoinIfAllAreHere(effects);
            case EMPTY, DEAD -> {}
        }
    }

    void forget(ClassicMember member) {
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

    SyncGroupResponse synced(ClassicMember member) {
        return SyncGroupResponse.builder()
                .protocolType(protocolType)
                .protocolName(protocol)
                .assignment(member.assignment.duplicate())
                .build();
    }

    void answerSync(ClassicMember member, ErrorCode error) {
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
        rebalance.end();
        to(State.DEAD);
    }

    private String sessionTimer(String memberId) {
        return "classic/session/" + id + "/" + memberId;
    }

    private String pendingTimer(String memberId) {
        return "classic/pending/" + id + "/" + memberId;
    }
}
