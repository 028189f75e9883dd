package io.moldau.groups.consumer;

import com.google.re2j.Pattern;
import io.moldau.coordination.CoordinatedState.Schedule;
import io.moldau.coordination.Effects;
import io.moldau.coordination.Entry;
import io.moldau.groups.Caller;
import io.moldau.groups.GroupSettings;
import io.moldau.groups.Topics;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.ConsumerGroupDescribeResponse.DescribedGroup;
import io.moldau.protocol.message.ConsumerGroupHeartbeatRequest;
import io.moldau.protocol.message.ConsumerGroupHeartbeatResponse;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The consumer-protocol groups of one offsets partition (KIP-848).
///
/// A heartbeat goes in four steps: the member as the client describes it; a new group epoch if that changes who
/// reads what; a new target assignment if the group epoch is ahead of it; the member's next step towards its target.
/// Every step is written as records, and replayed, before the next.
public final class ConsumerProtocol {
    private static final Logger LOG = LoggerFactory.getLogger(ConsumerProtocol.class);

    private final GroupSettings settings;
    private final Schedule schedule;
    private final Topics topics;
    private final Supplier<String> uniqueText;
    private final ConsumerReplay state = new ConsumerReplay();

    /// @param uniqueText gives texts that nobody else has, for ids of members that bring none
    public ConsumerProtocol(GroupSettings settings, Schedule schedule, Topics topics, Supplier<String> uniqueText) {
        this.settings = settings;
        this.schedule = schedule;
        this.topics = topics;
        this.uniqueText = uniqueText;
    }

    public boolean has(String groupId) {
        return state.groups.containsKey(groupId);
    }

    /// True if the group has no members (or does not exist).
    public boolean isEmpty(String groupId) {
        var group = state.groups.get(groupId);
        return group == null || group.members.isEmpty();
    }

    /// One record of a type of this protocol; others are not for it.
    public void replay(Entry entry) {
        state.apply(entry);
    }

    private void write(Entry entry, Effects effects) {
        effects.append(entry);
        state.apply(entry);
    }

    /// Everything is replayed: every member has its session timeout from now on.
    public void loaded(Effects effects) {
        state.groups
                .values()
                .forEach(group -> group.members.values().forEach(member -> {
                    alive(group, member.id());
                    if (member.state() == ConsumerMember.State.UNREVOKED_PARTITIONS) {
                        awaitRevocation(group, member);
                    }
                }));
        // Topics may have changed while nobody was there to be told.
        topicsChanged(effects);
    }

    public ConsumerGroupHeartbeatResponse heartbeat(
            ConsumerGroupHeartbeatRequest request, Caller caller, Effects effects) {
        try {
            var heartbeat = new ConsumerHeartbeat(request, caller);
            heartbeat.check(settings.consumerAssignors());
            return request.memberEpoch() < 0 ? leave(heartbeat, effects) : live(heartbeat, effects);
        } catch (Refusal refusal) {
            // A group that never came to be must not be listed.
            state.groups.computeIfPresent(
                    request.groupId(), (id, group) -> group.epoch == 0 && group.members.isEmpty() ? null : group);
            return ConsumerGroupHeartbeatResponse.builder()
                    .errorCode(refusal.error().code())
                    .errorMessage(refusal.getMessage())
                    .memberEpoch(0)
                    .build();
        }
    }

    private ConsumerGroupHeartbeatResponse leave(ConsumerHeartbeat heartbeat, Effects effects) {
        var request = heartbeat.request();
        var group = existing(request.groupId());
        var member = heartbeat.member(group);
        if (request.memberEpoch() == ConsumerMember.LEFT_FOR_A_WHILE) {
            write(
                    ConsumerRecords.assignment(
                            group.id,
                            member.withAssignment(
                                    ConsumerMember.LEFT_FOR_A_WHILE,
                                    member.epoch(),
                                    ConsumerMember.State.STABLE,
                                    member.assigned(),
                                    PartitionSet.NONE)),
                    effects);
            schedule.cancel(revocationTimer(group, member.id()));
        } else {
            remove(group, member, effects, "it left");
        }
        return ConsumerGroupHeartbeatResponse.builder()
                .memberId(member.id())
                .memberEpoch(request.memberEpoch())
                .build();
    }

    private ConsumerGroupHeartbeatResponse live(ConsumerHeartbeat heartbeat, Effects effects) {
        var request = heartbeat.request();
        boolean joining = heartbeat.isJoining();
        ConsumerGroup group;
        ConsumerMember before;
        if (joining) {
            group = state.groups.computeIfAbsent(request.groupId(), ConsumerGroup::new);
            before = join(group, request, effects);
        } else {
            group = existing(request.groupId());
            before = heartbeat.member(group);
            heartbeat.checkEpoch(before);
        }
        var described = heartbeat.described(before);
        boolean isNew = !group.members.containsKey(before.id());
        boolean resubscribed = isNew
                || !described.topics().equals(before.topics())
                || !Objects.equals(described.regex(), before.regex());
        if (isNew || !described.equals(before)) {
            write(ConsumerRecords.member(group.id, described), effects);
        }
        if (resubscribed) {
            resolveRegexes(group, effects);
            bump(group, effects);
        }
        assign(group, effects);
        var current = group.members.getOrDefault(before.id(), described);
        var next = reconcile(group, joining ? asJoining(current) : current, heartbeat.owned());
        if (isNew || !next.equals(current)) {
            write(ConsumerRecords.assignment(group.id, next), effects);
        }
        alive(group, next.id());
        if (next.state() == ConsumerMember.State.UNREVOKED_PARTITIONS) {
            if (current.state() != ConsumerMember.State.UNREVOKED_PARTITIONS || current.epoch() != next.epoch()) {
                awaitRevocation(group, next);
            }
        } else {
            schedule.cancel(revocationTimer(group, next.id()));
        }
        boolean tell = heartbeat.isFull() || !next.assigned().equals(current.assigned());
        return ConsumerGroupHeartbeatResponse.builder()
                .memberId(next.id())
                .memberEpoch(next.epoch())
                .heartbeatIntervalMs(settings.consumerHeartbeatIntervalMs())
                .assignment(tell ? ConsumerViews.assignment(next.assigned()) : null)
                .build();
    }

    /// A member that joins again has lost what it was doing: it starts from what it is assigned, at epoch 0.
    private static ConsumerMember asJoining(ConsumerMember member) {
        return member.epoch() == 0
                ? member
                : member.withAssignment(
                        0, 0, ConsumerMember.State.UNRELEASED_PARTITIONS, member.assigned(), PartitionSet.NONE);
    }

    private ConsumerMember join(ConsumerGroup group, ConsumerGroupHeartbeatRequest request, Effects effects) {
        var id = request.memberId().isEmpty() ? uniqueText.get() : request.memberId();
        var known = group.members.get(id);
        var sameInstance = group.byInstance(request.instanceId());
        if (sameInstance.isPresent() && !sameInstance.get().id().equals(id)) {
            var previous = sameInstance.get();
            if (previous.epoch() != ConsumerMember.LEFT_FOR_A_WHILE) {
                throw new Refusal(
                        ErrorCode.UNRELEASED_INSTANCE_ID,
                        "the instance id " + request.instanceId() + " is in use by member " + previous.id());
            }
            return takeOver(group, previous, id, effects);
        }
        if (known != null) {
            return known;
        }
        if (group.members.size() >= settings.consumerMaxSize()) {
            throw new Refusal(
                    ErrorCode.GROUP_MAX_SIZE_REACHED,
                    "the group has " + group.members.size() + " members, as many as group.consumer.max.size allows");
        }
        return ConsumerMember.unknown(id);
    }

    /// A static member came back under a new id and takes the place, assignment and target of the old one.
    private ConsumerMember takeOver(ConsumerGroup group, ConsumerMember previous, String id, Effects effects) {
        var target = group.target(previous.id());
        drop(group, previous, effects);
        var next = previous.withId(id)
                .withAssignment(
                        previous.previousEpoch(),
                        previous.previousEpoch(),
                        ConsumerMember.State.STABLE,
                        previous.assigned(),
                        PartitionSet.NONE);
        write(ConsumerRecords.member(group.id, next), effects);
        write(ConsumerRecords.target(group.id, id, target), effects);
        write(ConsumerRecords.assignment(group.id, next), effects);
        return group.members.getOrDefault(id, next);
    }

    private ConsumerGroup existing(String groupId) {
        var group = state.groups.get(groupId);
        if (group == null) {
            throw new Refusal(ErrorCode.GROUP_ID_NOT_FOUND, "there is no consumer group \"" + groupId + "\"");
        }
        return group;
    }

    private void bump(ConsumerGroup group, Effects effects) {
        write(ConsumerRecords.groupEpoch(group.id, group.epoch + 1, group.hashOf(topics)), effects);
    }

    private void assign(ConsumerGroup group, Effects effects) {
        if (group.epoch <= group.targetEpoch) {
            return;
        }
        var fallback = Assignor.of(settings.consumerAssignors().getFirst()).orElse(Assignor.UNIFORM);
        var targets = group.compute(group.preferred(fallback), topics);
        targets.forEach((memberId, target) -> {
            if (!target.equals(group.target(memberId)) || !group.targets.containsKey(memberId)) {
                write(ConsumerRecords.target(group.id, memberId, target), effects);
            }
        });
        write(ConsumerRecords.targetEpoch(group.id, group.epoch, schedule.nowMs()), effects);
    }

    private static ConsumerMember reconcile(ConsumerGroup group, ConsumerMember member, Optional<PartitionSet> owned) {
        return member.towards(
                group.targetEpoch,
                group.target(member.id()),
                owned,
                (topic, partition) -> group.isFree(topic, partition, member.id()));
    }

    /// Topics were created, deleted or changed: groups that this concerns get a new epoch, and members learn of it
    /// at their next heartbeat.
    public void topicsChanged(Effects effects) {
        for (var group : List.copyOf(state.groups.values())) {
            resolveRegexes(group, effects);
            if (!group.members.isEmpty() && group.hashOf(topics) != group.metadataHash) {
                bump(group, effects);
            }
        }
    }

    private void resolveRegexes(ConsumerGroup group, Effects effects) {
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

    private void alive(ConsumerGroup group, String memberId) {
        schedule.after(sessionTimer(group, memberId), settings.consumerSessionTimeoutMs(), effects -> {
            var member = group.members.get(memberId);
            if (member != null) {
                LOG.info("Group {}: member {} gave no sign of life in time", group.id, memberId);
                remove(group, member, effects, "its session timed out");
            }
        });
    }

    private void awaitRevocation(ConsumerGroup group, ConsumerMember member) {
        int epoch = member.epoch();
        schedule.after(revocationTimer(group, member.id()), member.rebalanceTimeoutMs(), effects -> {
            var late = group.members.get(member.id());
            if (late != null && late.epoch() == epoch && late.state() == ConsumerMember.State.UNREVOKED_PARTITIONS) {
                LOG.info("Group {}: member {} did not give up its partitions in time", group.id, late.id());
                remove(group, late, effects, "it did not give up partitions in time");
            }
        });
    }

    private void remove(ConsumerGroup group, ConsumerMember member, Effects effects, String why) {
        LOG.debug("Group {}: member {} is removed: {}", group.id, member.id(), why);
        drop(group, member, effects);
        resolveRegexes(group, effects);
        bump(group, effects);
    }

    private void drop(ConsumerGroup group, ConsumerMember member, Effects effects) {
        schedule.cancel(sessionTimer(group, member.id()));
        schedule.cancel(revocationTimer(group, member.id()));
        write(ConsumerRecords.assignmentTombstone(group.id, member.id()), effects);
        write(ConsumerRecords.targetTombstone(group.id, member.id()), effects);
        write(ConsumerRecords.memberTombstone(group.id, member.id()), effects);
    }

    private static String sessionTimer(ConsumerGroup group, String memberId) {
        return "consumer/session/" + group.id + "/" + memberId;
    }

    private static String revocationTimer(ConsumerGroup group, String memberId) {
        return "consumer/revocation/" + group.id + "/" + memberId;
    }

    /// Whether these may commit offsets (or fetch them) for the group now.
    public ErrorCode mayCommit(String groupId, String memberId, int memberEpoch) {
        var group = state.groups.get(groupId);
        if (group == null) {
            return ErrorCode.GROUP_ID_NOT_FOUND;
        }
        if (memberEpoch < 0 && group.members.isEmpty()) {
            return ErrorCode.NONE;
        }
        var member = group.members.get(memberId);
        if (member == null) {
            return ErrorCode.UNKNOWN_MEMBER_ID;
        }
        return member.epoch() == memberEpoch ? ErrorCode.NONE : ErrorCode.STALE_MEMBER_EPOCH;
    }

    public boolean subscribes(String groupId, String topic) {
        var group = state.groups.get(groupId);
        return group != null && group.subscribedTopics().contains(topic);
    }

    public Optional<DescribedGroup> describe(String groupId) {
        return Optional.ofNullable(state.groups.get(groupId))
                .map(group -> ConsumerViews.describe(
                        group,
                        group.preferred(Assignor.of(settings.consumerAssignors().getFirst())
                                .orElse(Assignor.UNIFORM)),
                        topics));
    }

    /// Removes an empty group by tombstones.
    public void delete(String groupId, Effects effects) {
        var group = state.groups.get(groupId);
        if (group == null) {
            return;
        }
        List.copyOf(group.topicsByRegex.keySet())
                .forEach(regex -> write(ConsumerRecords.regexTombstone(groupId, regex), effects));
        write(ConsumerRecords.targetEpochTombstone(groupId), effects);
        write(ConsumerRecords.groupTombstone(groupId), effects);
    }

    /// A group as lists show it.
    public record Listed(String id, String state) {}

    public List<Listed> list() {
        return state.groups.values().stream()
                .map(group -> new Listed(group.id, group.state()))
                .toList();
    }
}
