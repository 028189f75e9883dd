package io.moldau.groups.streams;

import io.moldau.coordination.CoordinatedState.Schedule;
import io.moldau.coordination.Effects;
import io.moldau.coordination.Entry;
import io.moldau.groups.Caller;
import io.moldau.groups.Explanations;
import io.moldau.groups.GroupConfigs;
import io.moldau.groups.Topics;
import io.moldau.groups.streams.StreamsHeartbeat.Refusal;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.StreamsGroupDescribeResponse.DescribedGroup;
import io.moldau.protocol.message.StreamsGroupHeartbeatRequest;
import io.moldau.protocol.message.StreamsGroupHeartbeatResponse;
import io.moldau.protocol.message.StreamsGroupHeartbeatResponse.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The streams groups of one offsets partition (KIP-1071).
///
/// A heartbeat goes in five steps: the member as the client describes it; the topology, if the group has none; a new
/// group epoch if that changes who works on what; a new target assignment if the group epoch is ahead of it and all
/// topics are there; the member's next step towards its target (see [StreamsSteps]).
/// Left out, as in Kafka 4.3: static members, source topics by pattern, changed topologies while members run.
public final class StreamsProtocol {
    private static final byte STALE_TOPOLOGY = 0;
    private static final byte SHUTDOWN_APPLICATION = 4;
    private static final byte ASSIGNMENT_DELAYED = 5;
    private static final int ENDPOINT_EPOCHS = 0x3fffffff;
    private static final int ACCEPTABLE_RECOVERY_LAG = 10_000;
    private static final int TASK_OFFSET_INTERVAL_MS = 60_000;

    /// What a heartbeat is answered, and which topics are to be made for the group.
    public record Answer(StreamsGroupHeartbeatResponse response, List<InternalTopic> missing) {}

    private final StreamsSteps steps;
    private final Topics topics;
    private final StreamsReplay state;

    public StreamsProtocol(GroupConfigs configs, Schedule schedule, Topics topics, Explanations explanations) {
        this.steps = new StreamsSteps(configs, schedule, topics, explanations);
        this.topics = topics;
        this.state = steps.state;
    }

    public static boolean isFor(short recordType) {
        return StreamsReplay.isFor(recordType);
    }

    public void replay(Entry entry) {
        state.apply(entry);
    }

    /// Everything is replayed: every member has its session timeout from now on.
    public void loaded(Effects effects) {
        for (var group : state.groups.values()) {
            // Another number than members may have from before the restart.
            group.endpointEpoch = (int) (steps.schedule.nowMs() & ENDPOINT_EPOCHS);
            for (var member : group.members.values()) {
                steps.alive(group, member);
                if (member.state() == StreamsMember.State.UNREVOKED_TASKS) {
                    steps.awaitRevocation(group, member);
                }
            }
        }
        topicsChanged(effects);
        for (var group : state.groups.values()) {
            boolean idle = group.targets.values().stream().allMatch(Tasks::isEmpty);
            if (!group.members.isEmpty() && idle && group.configured(topics).isReady()) {
                steps.bump(group, "the node started again before tasks were assigned", effects);
            }
        }
    }

    public boolean has(String groupId) {
        return state.groups.containsKey(groupId);
    }

    public boolean isEmpty(String groupId) {
        var group = state.groups.get(groupId);
        return group == null || group.members.isEmpty();
    }

    /// What no member may say, whatever the group is like; empty if the heartbeat is none of it.
    public Optional<StreamsGroupHeartbeatResponse> refusal(StreamsGroupHeartbeatRequest request, Caller caller) {
        try {
            new StreamsHeartbeat(request, caller).check();
            return Optional.empty();
        } catch (Refusal refusal) {
            return Optional.of(refused(refusal.error(), refusal.getMessage()));
        }
    }

    public static StreamsGroupHeartbeatResponse refused(ErrorCode error, @Nullable String reason) {
        return StreamsGroupHeartbeatResponse.builder()
                .errorCode(error.code())
                .errorMessage(reason)
                .memberId("")
                .status(null)
                .build();
    }

    /// After [#refusal] had nothing against it.
    public Answer heartbeat(StreamsGroupHeartbeatRequest request, Caller caller, Effects effects) {
        try {
            var heartbeat = new StreamsHeartbeat(request, caller);
            return request.memberEpoch() < 0 ? leave(heartbeat, effects) : live(heartbeat, effects);
        } catch (Refusal refusal) {
            state.groups.computeIfPresent(
                    request.groupId(), (id, group) -> group.epoch == 0 && group.members.isEmpty() ? null : group);
            if (refusal.error() == ErrorCode.FENCED_MEMBER_EPOCH && has(request.groupId())) {
                steps.explain(
                        existing(request.groupId()),
                        "member " + request.memberId() + " is fenced: " + refusal.getMessage());
            }
            return new Answer(refused(refusal.error(), refusal.getMessage()), List.of());
        }
    }

    private Answer leave(StreamsHeartbeat heartbeat, Effects effects) {
        var request = heartbeat.request();
        var group = existing(request.groupId());
        var member = existing(group, request.memberId());
        noteShutdown(group, request);
        steps.remove(group, member, "member " + member.id() + " (" + member.clientHost() + ") left", effects);
        return new Answer(
                StreamsGroupHeartbeatResponse.builder()
                        .memberId(member.id())
                        .memberEpoch(request.memberEpoch())
                        .status(List.of())
                        .build(),
                List.of());
    }

    private void noteShutdown(StreamsGroup group, StreamsGroupHeartbeatRequest request) {
        if (request.shutdownApplication() && group.shutdownAskedBy.isEmpty()) {
            group.shutdownAskedBy = Optional.of(request.memberId());
            steps.explain(group, "member " + request.memberId() + " asked for the application to be shut down");
        }
    }

    private Answer live(StreamsHeartbeat heartbeat, Effects effects) {
        var request = heartbeat.request();
        StreamsGroup group;
        StreamsMember before;
        if (heartbeat.isJoining()) {
            group = state.groups.computeIfAbsent(request.groupId(), StreamsGroup::new);
            steps.checkRoom(group, request.memberId());
            before = group.members.getOrDefault(request.memberId(), StreamsMember.unknown(request.memberId()));
            takeTopology(group, heartbeat, effects);
        } else {
            group = existing(request.groupId());
            before = existing(group, request.memberId());
            checkEpoch(before, heartbeat);
        }
        noteShutdown(group, request);
        var described = heartbeat.described(before);
        boolean isNew = !group.members.containsKey(before.id());
        if (isNew || !described.equals(before)) {
            steps.write(StreamsRecords.member(group.id, described), effects);
            if (!described.endpoint().equals(before.endpoint())) {
                group.endpointEpoch++;
            }
        }
        if (isNew || described.topologyEpoch() != before.topologyEpoch()) {
            if (isNew && group.members.size() == 1) {
                steps.delayAssignment(group);
            }
            steps.bump(group, "member " + described.id() + " (" + described.clientHost() + ") joined", effects);
        }
        var configured = group.configured(topics);
        steps.endDelayInTime(group, effects);
        steps.assign(group, configured, effects);
        var current = group.members.getOrDefault(before.id(), described);
        var next =
                StreamsSteps.reconcile(group, heartbeat.isJoining() ? asJoining(current) : current, heartbeat.owned());
        steps.step(group, current, next, isNew, effects);
        boolean tell = heartbeat.isJoining() || !next.assigned().equals(current.assigned());
        boolean tellEndpoints = request.endpointInformationEpoch() != group.endpointEpoch;
        return new Answer(
                StreamsGroupHeartbeatResponse.builder()
                        .memberId(next.id())
                        .memberEpoch(next.epoch())
                        .heartbeatIntervalMs(steps.heartbeatMs(group))
                        .acceptableRecoveryLag(ACCEPTABLE_RECOVERY_LAG)
                        .taskOffsetIntervalMs(TASK_OFFSET_INTERVAL_MS)
                        .status(status(group, next, configured))
                        .activeTasks(tell ? StreamsViews.tasks(next.assigned().active()) : null)
                        .standbyTasks(tell ? StreamsViews.tasks(next.assigned().standby()) : null)
                        .warmupTasks(tell ? StreamsViews.tasks(next.assigned().warmup()) : null)
                        .endpointInformationEpoch(group.endpointEpoch)
                        .partitionsByUserEndpoint(tellEndpoints ? StreamsViews.endpoints(group, topics) : null)
                        .build(),
                configured.missing());
    }

    private List<Status> status(StreamsGroup group, StreamsMember member, ConfiguredTopology configured) {
        var list = new ArrayList<Status>();
        configured.problem().ifPresent(problem -> list.add(status(problem.status(), problem.detail())));
        group.topology
                .filter(topology -> member.topologyEpoch() < topology.epoch())
                .ifPresent(topology -> list.add(status(
                        STALE_TOPOLOGY,
                        "The member's topology epoch " + member.topologyEpoch() + " is behind the group's "
                                + topology.epoch() + ": restart it with the newer application.")));
        group.shutdownAskedBy.ifPresent(id -> list.add(status(
                SHUTDOWN_APPLICATION,
                "Streams group member " + id + " encountered a fatal error and requested a shutdown"
                        + " for the entire application.")));
        steps.delay(group).ifPresent(detail -> list.add(status(ASSIGNMENT_DELAYED, detail)));
        return list;
    }

    private static Status status(byte code, String detail) {
        return Status.builder().statusCode(code).statusDetail(detail).build();
    }

    /// A group's topology is that of its first member, until the group is empty.
    private void takeTopology(StreamsGroup group, StreamsHeartbeat heartbeat, Effects effects) {
        var given = StreamsHeartbeat.topology(heartbeat.request().topology()).orElseThrow();
        var present = group.topology;
        if (present.isPresent() && present.get().equals(given)) {
            return;
        }
        if (present.isEmpty() || group.members.isEmpty()) {
            steps.write(StreamsRecords.topology(group.id, given), effects);
            group.shutdownAskedBy = Optional.empty();
        } else if (given.epoch() >= present.get().epoch()) {
            throw new Refusal(
                    ErrorCode.STREAMS_INVALID_TOPOLOGY,
                    "the group's members run another topology: stop all of them before the application changes");
        }
    }

    private static StreamsMember asJoining(StreamsMember member) {
        return member.epoch() == 0
                ? member
                : member.with(0, 0, StreamsMember.State.UNRELEASED_TASKS, member.assigned(), Tasks.NONE);
    }

    private static void checkEpoch(StreamsMember member, StreamsHeartbeat heartbeat) {
        int given = heartbeat.request().memberEpoch();
        boolean retried = given == member.previousEpoch()
                && heartbeat.owned().map(member.assigned()::hasAll).orElse(true);
        if (given != member.epoch() && !(given < member.epoch() && retried)) {
            throw new Refusal(
                    ErrorCode.FENCED_MEMBER_EPOCH,
                    "the member is at epoch " + member.epoch() + ", the request at " + given + ": join again");
        }
    }

    private StreamsGroup existing(String groupId) {
        var group = state.groups.get(groupId);
        if (group == null) {
            throw new Refusal(ErrorCode.GROUP_ID_NOT_FOUND, "there is no streams group \"" + groupId + "\"");
        }
        return group;
    }

    private static StreamsMember existing(StreamsGroup group, String memberId) {
        var member = group.members.get(memberId);
        if (member == null) {
            throw new Refusal(
                    ErrorCode.UNKNOWN_MEMBER_ID, "member " + memberId + " is not in the group (any more): join again");
        }
        return member;
    }

    /// Topics were created, deleted or changed: groups that this concerns get a new epoch, and members learn of it at
    /// their next heartbeat.
    public void topicsChanged(Effects effects) {
        for (var group : List.copyOf(state.groups.values())) {
            if (!group.members.isEmpty() && group.hashOf(topics) != group.metadataHash) {
                steps.bump(group, "topics of the application were created, deleted or given more partitions", effects);
            }
        }
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
        return group != null
                && !group.members.isEmpty()
                && ConfiguredTopology.names(group.topology).contains(topic);
    }

    public Optional<DescribedGroup> describe(String groupId) {
        return Optional.ofNullable(state.groups.get(groupId)).map(group -> StreamsViews.describe(group, topics));
    }

    /// Removes an empty group by tombstones.
    public void delete(String groupId, Effects effects) {
        if (has(groupId)) {
            steps.write(StreamsRecords.targetEpochTombstone(groupId), effects);
            steps.write(StreamsRecords.topologyTombstone(groupId), effects);
            steps.write(StreamsRecords.groupTombstone(groupId), effects);
        }
    }

    /// A group as lists show it.
    public record Listed(String id, String state) {}

    public List<Listed> list() {
        return state.groups.values().stream()
                .map(group -> new Listed(group.id, group.state(topics)))
                .toList();
    }
}
