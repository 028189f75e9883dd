package io.moldau.groups.streams;

import io.moldau.groups.Caller;
import io.moldau.groups.streams.Tasks.Task;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.data.StreamsGroupTopologyValue;
import io.moldau.protocol.message.StreamsGroupHeartbeatRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What a member says in one heartbeat, and whether it may.
record StreamsHeartbeat(StreamsGroupHeartbeatRequest request, Caller caller) {
    /// A request that is answered with an error.
    static final class Refusal extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final ErrorCode error;

        Refusal(ErrorCode error, String reason) {
            super(reason, null, false, false);
            this.error = error;
        }

        ErrorCode error() {
            return error;
        }
    }

    boolean isJoining() {
        return request.memberEpoch() == 0;
    }

    /// Refuses what no member may say, whatever the group is like.
    void check() {
        if (request.memberId().isEmpty()) {
            throw new Refusal(ErrorCode.INVALID_REQUEST, "the member id must not be empty");
        }
        if (request.instanceId() != null) {
            throw new Refusal(
                    ErrorCode.INVALID_REQUEST,
                    "streams groups have no static members (yet): leave group.instance.id out");
        }
        if (request.memberEpoch() < -1) {
            throw new Refusal(ErrorCode.INVALID_REQUEST, "a member epoch of " + request.memberEpoch());
        }
        if (request.memberEpoch() != 0) {
            if (request.topology() != null) {
                throw new Refusal(ErrorCode.INVALID_REQUEST, "only a joining member gives a topology");
            }
            return;
        }
        if (request.rebalanceTimeoutMs() <= 0) {
            throw new Refusal(ErrorCode.INVALID_REQUEST, "a joining member gives a rebalance timeout");
        }
        var owned = owned();
        if (owned.isEmpty() || !owned.get().isEmpty()) {
            throw new Refusal(ErrorCode.INVALID_REQUEST, "a joining member gives empty lists of tasks");
        }
        var topology = request.topology();
        if (topology == null || topology.subtopologies().isEmpty()) {
            throw new Refusal(
                    ErrorCode.STREAMS_INVALID_TOPOLOGY, "a joining member gives a topology with subtopologies");
        }
        for (var one : topology.subtopologies()) {
            if (!one.sourceTopicRegex().isEmpty()) {
                throw new Refusal(
                        ErrorCode.STREAMS_INVALID_TOPOLOGY,
                        "subtopology " + one.subtopologyId() + " reads topics by a pattern, which streams groups do not"
                                + " know (yet): name the topics, or use group.protocol=classic");
            }
            for (var group : one.copartitionGroups()) {
                boolean known = group.sourceTopics().stream()
                                .allMatch(index ->
                                        index >= 0 && index < one.sourceTopics().size())
                        && group.repartitionSourceTopics().stream()
                                .allMatch(index -> index >= 0
                                        && index < one.repartitionSourceTopics().size());
                if (!known) {
                    throw new Refusal(
                            ErrorCode.STREAMS_INVALID_TOPOLOGY,
                            "a copartition group of subtopology " + one.subtopologyId()
                                    + " names a topic that is none");
                }
            }
        }
    }

    /// What the member says that it works on, if it says so.
    Optional<Tasks> owned() {
        var active = request.activeTasks();
        var standby = request.standbyTasks();
        var warmup = request.warmupTasks();
        return active == null || standby == null || warmup == null
                ? Optional.empty()
                : Optional.of(Tasks.of(tasks(active), tasks(standby), tasks(warmup)));
    }

    private static List<Task> tasks(List<StreamsGroupHeartbeatRequest.TaskIds> ids) {
        var tasks = new ArrayList<Task>();
        ids.forEach(one -> one.partitions().forEach(p -> tasks.add(new Task(one.subtopologyId(), p))));
        return tasks;
    }

    /// The member as the client describes it now; what is not said stays.
    StreamsMember described(StreamsMember before) {
        var topology = request.topology();
        var process = request.processId();
        var endpoint = request.userEndpoint();
        var rack = request.rackId();
        var given = request.clientTags();
        var tags = before.tags();
        if (given != null) {
            var named = new TreeMap<String, String>();
            given.forEach(tag -> named.put(tag.key(), tag.value()));
            tags = named;
        }
        return new StreamsMember(
                before.id(),
                rack == null ? before.rackId() : rack,
                caller.clientId(),
                caller.host(),
                request.rebalanceTimeoutMs() <= 0 ? before.rebalanceTimeoutMs() : request.rebalanceTimeoutMs(),
                topology == null ? before.topologyEpoch() : topology.epoch(),
                process == null ? before.processId() : process,
                endpoint == null
                        ? before.endpoint()
                        : Optional.of(new StreamsMember.Endpoint(endpoint.host(), endpoint.port())),
                tags,
                before.epoch(),
                before.previousEpoch(),
                before.state(),
                before.assigned(),
                before.revoking());
    }

    /// The topology in the form in which it is kept.
    static Optional<StreamsGroupTopologyValue> topology(StreamsGroupHeartbeatRequest.@Nullable Topology given) {
        if (given == null) {
            return Optional.empty();
        }
        return Optional.of(StreamsGroupTopologyValue.builder()
                .epoch(given.epoch())
                .subtopologies(given.subtopologies().stream()
                        .map(one -> StreamsGroupTopologyValue.Subtopology.builder()
                                .subtopologyId(one.subtopologyId())
                                .sourceTopics(one.sourceTopics())
                                .sourceTopicRegex(one.sourceTopicRegex())
                                .stateChangelogTopics(infos(one.stateChangelogTopics()))
                                .repartitionSinkTopics(one.repartitionSinkTopics())
                                .repartitionSourceTopics(infos(one.repartitionSourceTopics()))
                                .copartitionGroups(one.copartitionGroups().stream()
                                        .map(group -> StreamsGroupTopologyValue.CopartitionGroup.builder()
                                                .sourceTopics(group.sourceTopics())
                                                .sourceTopicRegex(group.sourceTopicRegex())
                                                .repartitionSourceTopics(group.repartitionSourceTopics())
                                                .build())
                                        .toList())
                                .build())
                        .toList())
                .build());
    }

    private static List<StreamsGroupTopologyValue.TopicInfo> infos(
            List<StreamsGroupHeartbeatRequest.TopicInfo> topics) {
        return topics.stream()
                .map(topic -> StreamsGroupTopologyValue.TopicInfo.builder()
                        .name(topic.name())
                        .partitions(topic.partitions())
                        .replicationFactor(topic.replicationFactor())
                        .topicConfigs(topic.topicConfigs().stream()
                                .map(config -> StreamsGroupTopologyValue.TopicConfig.builder()
                                        .key(config.key())
                                        .value(config.value())
                                        .build())
                                .toList())
                        .build())
                .toList();
    }
}
