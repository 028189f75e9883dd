package io.moldau.groups.share;

import io.moldau.coordination.CoordinatedState.Schedule;
import io.moldau.coordination.Effects;
import io.moldau.coordination.Entry;
import io.moldau.groups.Caller;
import io.moldau.groups.Explanations;
import io.moldau.groups.Topics;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.ShareGroupDescribeResponse.DescribedGroup;
import io.moldau.protocol.message.ShareGroupHeartbeatRequest;
import io.moldau.protocol.message.ShareGroupHeartbeatResponse;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;

/// The share groups of one offsets partition (KIP-932).
///
/// A partition is assigned when its share state is there. So a heartbeat that brings new partitions goes in two steps:
/// [#missingStates] writes down which states are about to be made; when they are, the [#ledger] says so and
/// [#heartbeat] assigns them, in the same answer (see [ShareSteps]).
public final class ShareProtocol {
    private static final int LEAVING = -1;

    private final ShareSteps steps;
    private final ShareReplay state;
    private final StateLedger ledger;

    /// @param explanations told what is decided, and why
    /// @param deletions told of a group that has states to be deleted ([StateLedger#deleting])
    public ShareProtocol(
            ShareStates states,
            Schedule schedule,
            Topics topics,
            Explanations explanations,
            Consumer<String> deletions) {
        this.steps = new ShareSteps(states, schedule, topics, explanations);
        this.state = steps.state;
        this.ledger = new StateLedger(steps, deletions);
    }

    /// The share states that the groups have.
    public StateLedger ledger() {
        return ledger;
    }

    public boolean has(String groupId) {
        return state.groups.containsKey(groupId);
    }

    /// True if the group has no members (or does not exist).
    public boolean isEmpty(String groupId) {
        var group = state.groups.get(groupId);
        return group == null || group.members.isEmpty();
    }

    /// Whether a record of this type is for this protocol.
    public static boolean isRecord(short type) {
        return ShareRecords.isOne(type);
    }

    public void replay(Entry entry) {
        state.apply(entry);
    }

    /// Everything is replayed: every member has its session timeout from now on.
    public void loaded(Effects effects) {
        state.groups.values().forEach(group -> group.members.values().forEach(member -> steps.alive(group, member)));
        topicsChanged(effects);
    }

    /// Why a heartbeat is refused, if it is.
    private Optional<ShareGroupHeartbeatResponse> refusal(ShareGroupHeartbeatRequest request) {
        int given = request.memberEpoch();
        var names = request.subscribedTopicNames();
        if (request.memberId().isEmpty()) {
            return refused(ErrorCode.INVALID_REQUEST, "the member id must not be empty: the member chooses it");
        }
        if (given < LEAVING) {
            return refused(ErrorCode.INVALID_REQUEST, "a member epoch of " + given);
        }
        var group = state.groups.get(request.groupId());
        var member = group == null ? null : group.members.get(request.memberId());
        if (given == 0) {
            if (names == null || names.isEmpty()) {
                return refused(ErrorCode.INVALID_REQUEST, "a joining member subscribes to topics");
            }
            int most = steps.states.settings(request.groupId()).maxSize();
            return group != null && member == null && group.members.size() >= most
                    ? refused(
                            ErrorCode.GROUP_MAX_SIZE_REACHED,
                            "the group has " + most + " members, as many as group.share.max.size allows")
                    : Optional.empty();
        }
        if (group == null) {
            return refused(
                    ErrorCode.GROUP_ID_NOT_FOUND, "there is no share group \"" + request.groupId() + "\": join it");
        }
        if (member == null) {
            return refused(
                    ErrorCode.UNKNOWN_MEMBER_ID,
                    "member " + request.memberId() + " is not in the group (any more): join again");
        }
        return given == LEAVING || given == member.epoch() || given == member.previousEpoch()
                ? Optional.empty()
                : refused(
                        ErrorCode.FENCED_MEMBER_EPOCH,
                        "the member is at epoch " + member.epoch() + ", the request at " + given + ": join again");
    }

    private static Optional<ShareGroupHeartbeatResponse> refused(ErrorCode error, String reason) {
        return Optional.of(ShareGroupHeartbeatResponse.builder()
                .errorCode(error.code())
                .errorMessage(reason)
                .build());
    }

    /// The states that this heartbeat's member needs and that are not there.
    public Optional<StateLedger.Missing> missingStates(ShareGroupHeartbeatRequest request, Effects effects) {
        if (request.memberEpoch() == LEAVING || refusal(request).isPresent()) {
            return Optional.empty();
        }
        var group = state.groups.get(request.groupId());
        var member = group == null ? null : group.members.get(request.memberId());
        var given = request.subscribedTopicNames();
        List<String> names = given != null ? given : member != null ? member.topics() : List.of();
        return ledger.missing(request.groupId(), request.memberId(), names, effects);
    }

    public ShareGroupHeartbeatResponse heartbeat(ShareGroupHeartbeatRequest request, Caller caller, Effects effects) {
        var group = state.groups.getOrDefault(request.groupId(), new ShareGroup(request.groupId()));
        var refusal = refusal(request);
        if (refusal.isPresent()) {
            var response = refusal.get();
            if (response.errorCode() == ErrorCode.FENCED_MEMBER_EPOCH.code()) {
                steps.explain(group, "member " + request.memberId() + " is fenced: " + response.errorMessage());
            }
            return response;
        }
        return request.memberEpoch() == LEAVING
                ? leave(group, request, effects)
                : live(group, request, caller, effects);
    }

    private ShareGroupHeartbeatResponse leave(ShareGroup group, ShareGroupHeartbeatRequest request, Effects effects) {
        var member = group.members.get(request.memberId());
        if (member != null) {
            steps.remove(group, member, "left", effects);
        }
        return ShareGroupHeartbeatResponse.builder()
                .memberId(request.memberId())
                .memberEpoch(LEAVING)
                .build();
    }

    private ShareGroupHeartbeatResponse live(
            ShareGroup given, ShareGroupHeartbeatRequest request, Caller caller, Effects effects) {
        var known = given.members.get(request.memberId());
        var before = known == null ? ShareMember.unknown(request.memberId()) : known;
        var names = request.subscribedTopicNames();
        var rack = request.rackId();
        var described = before.described(
                rack == null ? before.rackId() : rack,
                caller.clientId(),
                caller.host(),
                names == null ? before.topics() : List.copyOf(new TreeSet<>(names)));
        if (known == null || !described.equals(before)) {
            steps.write(ShareRecords.member(given.id, described), effects);
        }
        var group = state.groups.getOrDefault(given.id, given);
        if (known == null || !described.topics().equals(before.topics())) {
            var why = known == null ? "joined" : "changed its subscription";
            steps.bump(group, "member " + described.id() + " (" + described.clientHost() + ") " + why, effects);
        } else if (group.hashOf(steps.topics) != group.metadataHash) {
            steps.bump(group, "topics that are read were created, deleted or given more partitions", effects);
        }
        steps.assign(group, effects);
        var current = Objects.requireNonNull(group.members.get(described.id()));
        var next = steps.step(group, current, known == null, effects);
        boolean tell = request.memberEpoch() == 0
                || request.memberEpoch() != next.epoch()
                || names != null
                || !next.assigned().equals(current.assigned());
        return ShareGroupHeartbeatResponse.builder()
                .memberId(next.id())
                .memberEpoch(next.epoch())
                .heartbeatIntervalMs(steps.pace.heartbeatMs(
                        group.id,
                        group.assignedMs,
                        steps.states.settings(group.id).heartbeatIntervalMs()))
                .assignment(tell ? ShareViews.assignment(next.assigned()) : null)
                .build();
    }

    /// Topics were created, deleted or changed. Members learn of new partitions by their next heartbeat; states of
    /// topics that are gone are to be deleted.
    public void topicsChanged(Effects effects) {
        ledger.topicsChanged(effects);
    }

    public boolean subscribes(String groupId, String topic) {
        var group = state.groups.get(groupId);
        return group != null
                && group.members.values().stream()
                        .anyMatch(member -> member.topics().contains(topic));
    }

    public Optional<DescribedGroup> describe(String groupId) {
        return Optional.ofNullable(state.groups.get(groupId)).map(group -> ShareViews.describe(group, steps.topics));
    }

    /// Removes a group without members and states by tombstones, as DeleteGroups asks for.
    public void delete(String groupId, Effects effects) {
        var group = state.groups.get(groupId);
        if (group != null) {
            steps.explain(group, "the group was deleted (DeleteGroups)");
            steps.write(ShareRecords.statesTombstone(groupId), effects);
            steps.write(ShareRecords.targetEpochTombstone(groupId), effects);
            steps.write(ShareRecords.groupTombstone(groupId), effects);
        }
    }

    /// A group as lists show it.
    public record Listed(String id, String state) {}

    public List<Listed> list() {
        return state.groups.values().stream()
                .map(group -> new Listed(group.id, group.state()))
                .toList();
    }
}
