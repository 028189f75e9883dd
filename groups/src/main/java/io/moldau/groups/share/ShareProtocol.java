package io.moldau.groups.share;

import io.moldau.coordination.CoordinatedState.Schedule;
import io.moldau.coordination.Effects;
import io.moldau.coordination.Entry;
import io.moldau.groups.Caller;
import io.moldau.groups.Explanations;
import io.moldau.groups.Topics;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.ShareGroupDescribeResponse.DescribedGroup;
import io.moldau.protocol.message.ShareGroupHeartbeatRequest;
import io.moldau.protocol.message.ShareGroupHeartbeatResponse;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The share groups of one offsets partition (KIP-932).
///
/// A partition is assigned when its share state is there. So a heartbeat that brings new partitions goes in two steps:
/// [#missingStates] writes down which states are about to be made; when they are, [#statesMade] says so and
/// [#heartbeat] assigns them, in the same answer.
public final class ShareProtocol {
    private static final Logger LOG = LoggerFactory.getLogger(ShareProtocol.class);
    private static final int LEAVING = -1;

    private final ShareStates states;
    private final Schedule schedule;
    private final Topics topics;
    private final Explanations explanations;
    private final Consumer<String> deletions;
    private final ShareReplay state = new ShareReplay();

    /// @param explanations told what is decided, and why
    /// @param deletions told of a group that has states to be deleted ([#deleting])
    public ShareProtocol(
            ShareStates states,
            Schedule schedule,
            Topics topics,
            Explanations explanations,
            Consumer<String> deletions) {
        this.states = states;
        this.schedule = schedule;
        this.topics = topics;
        this.explanations = explanations;
        this.deletions = deletions;
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

    private void write(Entry entry, Effects effects) {
        effects.append(entry);
        state.apply(entry);
    }

    /// Everything is replayed: every member has its session timeout from now on.
    public void loaded(Effects effects) {
        state.groups.values().forEach(group -> group.members.values().forEach(member -> alive(group, member)));
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
            int most = states.settings(request.groupId()).maxSize();
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

    /// States to be made.
    ///
    /// @param epoch of the group that makes them
    public record Missing(int epoch, List<ShareStates.Start> starts) {}

    /// The states that this heartbeat's member needs and that are not there.
    public Optional<Missing> missingStates(ShareGroupHeartbeatRequest request, Effects effects) {
        if (request.memberEpoch() == LEAVING || refusal(request).isPresent()) {
            return Optional.empty();
        }
        var known = state.groups.get(request.groupId());
        var member = known == null ? null : known.members.get(request.memberId());
        var given = request.subscribedTopicNames();
        List<String> names = given != null ? given : member != null ? member.topics() : List.of();
        var group = known == null ? new ShareGroup(request.groupId()) : known;
        var missing = group.uninitialised(names, topics);
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
            explanations.note(
                    group.id,
                    "epoch 1 begins: member " + request.memberId() + " wants to read "
                            + named(group, missing.byTopic().keySet()) + ", whose share states are made first");
            write(ShareRecords.groupEpoch(group.id, 1, 0), effects);
        }
        var written = state.groups.getOrDefault(group.id, group);
        writeStates(written, written.initialising.plus(missing), written.initialised, effects);
        var starts = new ArrayList<ShareStates.Start>();
        missing.byTopic().forEach((topic, partitions) -> {
            // Partitions that a topic got later are read from their beginning: nobody could have read them before.
            long offset = written.initialised.of(topic).isEmpty() ? -1 : 0;
            partitions.forEach(partition -> starts.add(new ShareStates.Start(topic, partition, offset)));
        });
        return Optional.of(new Missing(written.epoch, starts));
    }

    /// These states are there now.
    public void statesMade(String groupId, List<ShareStates.Start> starts, Effects effects) {
        var group = state.groups.get(groupId);
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
        writeStates(group, initialising, group.initialised.plus(TopicParts.of(made)), effects);
    }

    private void writeStates(ShareGroup group, TopicParts initialising, TopicParts initialised, Effects effects) {
        write(
                ShareRecords.states(
                        group.id,
                        initialising,
                        initialised,
                        new TreeMap<>(group.deleting),
                        topic -> name(group, topic)),
                effects);
    }

    private String name(ShareGroup group, Uuid topic) {
        return topics.name(topic).orElseGet(() -> group.topicNames.getOrDefault(topic, ""));
    }

    private String named(ShareGroup group, Collection<Uuid> some) {
        return some.stream()
                .map(topic -> {
                    var name = name(group, topic);
                    return name.isEmpty() ? "the topic with id " + topic : name;
                })
                .collect(Collectors.joining(", "));
    }

    public ShareGroupHeartbeatResponse heartbeat(ShareGroupHeartbeatRequest request, Caller caller, Effects effects) {
        var refusal = refusal(request);
        if (refusal.isEmpty()) {
            return accepted(request, caller, effects);
        }
        var response = refusal.get();
        if (response.errorCode() == ErrorCode.FENCED_MEMBER_EPOCH.code()) {
            explanations.note(
                    request.groupId(), "member " + request.memberId() + " is fenced: " + response.errorMessage());
        }
        return response;
    }

    private ShareGroupHeartbeatResponse accepted(
            ShareGroupHeartbeatRequest request, Caller caller, Effects effects) {
        var group = state.groups.getOrDefault(request.groupId(), new ShareGroup(request.groupId()));
        var known = group.members.get(request.memberId());
        if (request.memberEpoch() == LEAVING) {
            if (known != null) {
                remove(group, known, "left", effects);
            }
            return ShareGroupHeartbeatResponse.builder()
                    .memberId(request.memberId())
                    .memberEpoch(LEAVING)
                    .build();
        }
        var before = known == null ? ShareMember.unknown(request.memberId()) : known;
        var names = request.subscribedTopicNames();
        var rack = request.rackId();
        var described = before.described(
                rack == null ? before.rackId() : rack,
                caller.clientId(),
                caller.host(),
                names == null ? before.topics() : List.copyOf(new TreeSet<>(names)));
        if (known == null || !described.equals(before)) {
            write(ShareRecords.member(group.id, described), effects);
        }
        group = state.groups.getOrDefault(request.groupId(), group);
        if (known == null || !described.topics().equals(before.topics())) {
            var why = known == null ? "joined" : "changed its subscription";
            bump(group, "member " + described.id() + " (" + described.clientHost() + ") " + why, effects);
        } else if (group.hashOf(topics) != group.metadataHash) {
            bump(group, "topics that are read were created, deleted or given more partitions", effects);
        }
        assign(group, effects);
        var current = Objects.requireNonNull(group.members.get(described.id()));
        var target = group.target(current.id());
        var next = current.epoch() == group.targetEpoch && current.assigned().equals(target)
                ? current
                : current.assigned(group.targetEpoch, target);
        if (known == null || !next.equals(current)) {
            write(ShareRecords.assignment(group.id, next), effects);
        }
        alive(group, next);
        noteSettled(group);
        boolean tell = request.memberEpoch() == 0
                || request.memberEpoch() != next.epoch()
                || names != null
                || !next.assigned().equals(current.assigned());
        return ShareGroupHeartbeatResponse.builder()
                .memberId(next.id())
                .memberEpoch(next.epoch())
                .heartbeatIntervalMs(states.settings(group.id).heartbeatIntervalMs())
                .assignment(tell ? ShareViews.assignment(next.assigned()) : null)
                .build();
    }

    private void noteSettled(ShareGroup group) {
        if (group.rebalancingSinceMs > 0 && group.isSettled()) {
            explanations.note(
                    group.id,
                    "epoch " + group.epoch + " is settled: " + group.members.size() + " members, after "
                            + (schedule.nowMs() - group.rebalancingSinceMs) + " ms");
            group.rebalancingSinceMs = 0;
        }
    }

    private void bump(ShareGroup group, String why, Effects effects) {
        if (group.members.isEmpty()) {
            group.rebalancingSinceMs = 0;
        } else if (group.rebalancingSinceMs == 0) {
            group.rebalancingSinceMs = schedule.nowMs();
        }
        explanations.note(group.id, "epoch " + (group.epoch + 1) + " begins: " + why);
        write(ShareRecords.groupEpoch(group.id, group.epoch + 1, group.hashOf(topics)), effects);
    }

    private void assign(ShareGroup group, Effects effects) {
        if (group.epoch <= group.targetEpoch) {
            return;
        }
        group.assignment(topics).forEach((member, target) -> {
            if (!target.equals(group.targets.get(member))) {
                write(ShareRecords.target(group.id, member, target), effects);
            }
        });
        write(ShareRecords.targetEpoch(group.id, group.epoch, schedule.nowMs()), effects);
    }

    private void alive(ShareGroup group, ShareMember member) {
        var id = group.id;
        int timeoutMs = states.settings(id).sessionTimeoutMs();
        schedule.after(timer(id, member.id()), timeoutMs, effects -> {
            var late = state.groups.get(id);
            var silent = late == null ? null : late.members.get(member.id());
            if (late != null && silent != null) {
                LOG.info("Share group {}: member {} gave no sign of life in time", id, silent.id());
                remove(late, silent, "gave no sign of life for " + timeoutMs + " ms and was removed", effects);
            }
        });
    }

    private void remove(ShareGroup group, ShareMember member, String why, Effects effects) {
        schedule.cancel(timer(group.id, member.id()));
        write(ShareRecords.assignmentTombstone(group.id, member.id()), effects);
        write(ShareRecords.targetTombstone(group.id, member.id()), effects);
        write(ShareRecords.memberTombstone(group.id, member.id()), effects);
        bump(group, "member " + member.id() + " (" + member.clientHost() + ") " + why, effects);
    }

    private static String timer(String groupId, String memberId) {
        return "share/session/" + groupId + "/" + memberId;
    }

    /// Topics were created, deleted or changed. Members learn of new partitions by their next heartbeat; states of
    /// topics that are gone are to be deleted.
    public void topicsChanged(Effects effects) {
        for (var group : List.copyOf(state.groups.values())) {
            var gone = new ArrayList<Uuid>();
            var all = group.initialised.plus(group.initialising);
            for (var topic : all.byTopic().keySet()) {
                if (topics.name(topic).isEmpty()) {
                    gone.add(topic);
                }
            }
            if (!gone.isEmpty()) {
                deleteStates(group, gone, gone.size() == 1 ? "the topic was deleted" : "the topics were deleted", effects);
            } else if (!group.deleting.isEmpty()) {
                effects.whenCommitted(() -> deletions.accept(group.id));
            }
        }
    }

    /// The states of these topics are to be deleted. Until they are, they stand among those that may be there.
    private void deleteStates(ShareGroup group, List<Uuid> gone, String why, Effects effects) {
        var fresh = gone.stream()
                .filter(topic -> !group.deleting.containsKey(topic))
                .toList();
        if (!fresh.isEmpty()) {
            explanations.note(group.id, "the offsets of " + named(group, fresh) + " are deleted: " + why);
        }
        var initialising = group.initialising;
        var initialised = group.initialised;
        var deleting = new TreeMap<>(group.deleting);
        for (var topic : gone) {
            initialising = initialising.plus(TopicParts.of(Map.of(topic, initialised.of(topic))));
            initialised = initialised.without(topic);
            deleting.put(topic, name(group, topic));
        }
        group.deleting.putAll(deleting);
        writeStates(group, initialising, initialised, effects);
        effects.whenCommitted(() -> deletions.accept(group.id));
    }

    /// The states of the group that are to be deleted.
    public List<ShareStates.Part> deleting(String groupId) {
        var group = state.groups.get(groupId);
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
    public void statesDeleted(String groupId, List<ShareStates.Part> parts, Effects effects) {
        var group = state.groups.get(groupId);
        if (group == null) {
            return;
        }
        var initialising = group.initialising;
        for (var part : parts) {
            initialising = initialising.without(part.topic());
            group.deleting.remove(part.topic());
        }
        writeStates(group, initialising, group.initialised, effects);
    }

    /// All the group's states are to be deleted, or those of some topics.
    public void deleteStates(String groupId, Predicate<Uuid> which, String why, Effects effects) {
        var group = state.groups.get(groupId);
        if (group != null) {
            var gone = group.initialised.plus(group.initialising).byTopic().keySet().stream()
                    .filter(which)
                    .toList();
            if (!gone.isEmpty()) {
                deleteStates(group, gone, why, effects);
            }
        }
    }

    /// Begins to set where the group reads; the group has no members. Returns the group's new epoch, by which the
    /// states are made anew.
    public int setStarts(String groupId, List<ShareStates.Start> starts, Effects effects) {
        var group = Objects.requireNonNull(state.groups.get(groupId), "the group was looked at before");
        bump(group, "offsets are to be set (AlterShareGroupOffsets)", effects);
        var parts = new TreeMap<Uuid, List<Integer>>();
        starts.forEach(start ->
                parts.computeIfAbsent(start.topic(), topic -> new ArrayList<>()).add(start.partition()));
        writeStates(group, group.initialising.plus(TopicParts.of(parts)), group.initialised, effects);
        return group.epoch;
    }

    /// The group reads where it was told to ([#setStarts]).
    public void startsSet(String groupId, List<ShareStates.Start> starts, Effects effects) {
        statesMade(groupId, starts, effects);
        var group = state.groups.get(groupId);
        if (group != null) {
            var where = starts.stream()
                    .map(start -> named(group, List.of(start.topic())) + "-" + start.partition() + " to " + start.offset())
                    .collect(Collectors.joining(", "));
            explanations.note(groupId, "offsets were set: " + where);
        }
    }

    /// The partitions that have a state, by topic.
    public SortedMap<Uuid, SortedSet<Integer>> initialised(String groupId) {
        var group = state.groups.get(groupId);
        return group == null ? TopicParts.NONE.byTopic() : group.initialised.byTopic();
    }

    public boolean subscribes(String groupId, String topic) {
        var group = state.groups.get(groupId);
        return group != null
                && group.members.values().stream()
                        .anyMatch(member -> member.topics().contains(topic));
    }

    public Optional<DescribedGroup> describe(String groupId) {
        return Optional.ofNullable(state.groups.get(groupId)).map(group -> ShareViews.describe(group, topics));
    }

    /// Removes a group without members and states by tombstones.
    public void delete(String groupId, Effects effects) {
        if (has(groupId)) {
            explanations.note(groupId, "the group was deleted (DeleteGroups)");
            write(ShareRecords.statesTombstone(groupId), effects);
            write(ShareRecords.targetEpochTombstone(groupId), effects);
            write(ShareRecords.groupTombstone(groupId), effects);
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
