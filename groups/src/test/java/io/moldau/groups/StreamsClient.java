package io.moldau.groups;

import io.moldau.groups.GroupsFixture.Answer;
import io.moldau.groups.streams.StreamsProtocol;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.StreamsGroupHeartbeatRequest;
import io.moldau.protocol.message.StreamsGroupHeartbeatRequest.CopartitionGroup;
import io.moldau.protocol.message.StreamsGroupHeartbeatRequest.Subtopology;
import io.moldau.protocol.message.StreamsGroupHeartbeatRequest.TaskIds;
import io.moldau.protocol.message.StreamsGroupHeartbeatRequest.TopicInfo;
import io.moldau.protocol.message.StreamsGroupHeartbeatRequest.Topology;
import io.moldau.protocol.message.StreamsGroupHeartbeatResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A thread of an application that counts words: one subtopology splits lines, the other counts, through a
/// repartition topic and with a changelog. Whoever beats makes the topics that are missing, as the broker does.
final class StreamsClient {
    static final String LINES = "lines";
    static final String REPARTITION = "app-count-repartition";
    static final String CHANGELOG = "app-count-changelog";
    private static final Caller CALLER = new Caller("app", "/127.0.0.1", (short) 0);

    final GroupsFixture node;
    final String id;
    private final String process;
    int epoch;
    int endpointEpoch = -1;
    /// What it works on, as "subtopology_partition".
    final Set<String> active = new HashSet<>();
    final Set<String> standby = new HashSet<>();
    int heartbeatIntervalMs;
    Set<String> toldActive = Set.of();
    Set<String> toldStandby = Set.of();
    List<Integer> statuses = List.of();
    /// The partitions of the lines that each process answers for, as it was told last.
    Map<String, List<Integer>> lineReaders = Map.of();
    boolean makesTopics = true;
    List<String> sources = List.of(LINES);

    StreamsClient(GroupsFixture node, String id, String process) {
        this.node = node;
        this.id = id;
        this.process = process;
    }

    private Topology topology() {
        return Topology.builder()
                .epoch(0)
                .subtopologies(List.of(
                        Subtopology.builder()
                                .subtopologyId("0")
                                .sourceTopics(sources)
                                .repartitionSinkTopics(List.of(REPARTITION))
                                .copartitionGroups(
                                        sources.size() == 1
                                                ? List.of()
                                                : List.of(CopartitionGroup.builder()
                                                        .sourceTopics(List.of((short) 0, (short) 1))
                                                        .build()))
                                .build(),
                        Subtopology.builder()
                                .subtopologyId("1")
                                .repartitionSourceTopics(List.of(
                                        TopicInfo.builder().name(REPARTITION).build()))
                                .stateChangelogTopics(List.of(
                                        TopicInfo.builder().name(CHANGELOG).build()))
                                .build()))
                .build();
    }

    ErrorCode join() {
        epoch = 0;
        active.clear();
        standby.clear();
        return send(StreamsGroupHeartbeatRequest.builder()
                .rebalanceTimeoutMs(20_000)
                .processId(process)
                .userEndpoint(StreamsGroupHeartbeatRequest.Endpoint.builder()
                        .host(process)
                        .port(80)
                        .build())
                .clientTags(List.of())
                .topology(topology())
                .activeTasks(List.of())
                .standbyTasks(List.of())
                .warmupTasks(List.of()));
    }

    ErrorCode heartbeat() {
        return send(bare());
    }

    private static StreamsGroupHeartbeatRequest.Builder bare() {
        return StreamsGroupHeartbeatRequest.builder()
                .rebalanceTimeoutMs(-1)
                .topology(null)
                .activeTasks(null)
                .standbyTasks(null)
                .warmupTasks(null)
                .clientTags(null);
    }

    ErrorCode report() {
        return send(bare().activeTasks(ids(active)).standbyTasks(ids(standby)).warmupTasks(List.of()));
    }

    ErrorCode askForShutdown() {
        return send(bare().shutdownApplication(true));
    }

    ErrorCode leave() {
        epoch = -1;
        return heartbeat();
    }

    void reconcile() {
        active.clear();
        active.addAll(toldActive);
        standby.clear();
        standby.addAll(toldStandby);
    }

    private static List<TaskIds> ids(Set<String> tasks) {
        Map<String, List<Integer>> grouped = new TreeMap<>();
        tasks.forEach(task -> grouped.computeIfAbsent(task.substring(0, 1), name -> new ArrayList<>())
                .add(Integer.parseInt(task.substring(2))));
        return grouped.entrySet().stream()
                .map(entry -> TaskIds.builder()
                        .subtopologyId(entry.getKey())
                        .partitions(entry.getValue())
                        .build())
                .toList();
    }

    private static Set<String> names(List<StreamsGroupHeartbeatResponse.TaskIds> ids) {
        var names = new HashSet<String>();
        ids.forEach(one -> one.partitions().forEach(p -> names.add(one.subtopologyId() + "_" + p)));
        return names;
    }

    private ErrorCode send(StreamsGroupHeartbeatRequest.Builder request) {
        var message = request.groupId("app")
                .memberId(id)
                .memberEpoch(epoch)
                .endpointInformationEpoch(endpointEpoch)
                .build();
        var answer = ask(message);
        if (!answer.missing().isEmpty() && makesTopics) {
            answer.missing().forEach(topic -> node.topics.put(topic.name(), topic.partitions()));
            node.coordinator().topicsChanged();
            answer = ask(message);
        }
        var response = answer.response();
        if (response.errorCode() == 0) {
            epoch = response.memberEpoch();
            endpointEpoch = response.endpointInformationEpoch();
            heartbeatIntervalMs = response.heartbeatIntervalMs();
            take(response.activeTasks(), response.standbyTasks());
            var endpoints = response.partitionsByUserEndpoint();
            if (endpoints != null) {
                lineReaders = lineReaders(endpoints);
            }
            var status = response.status();
            statuses = status == null
                    ? List.of()
                    : status.stream().map(one -> (int) one.statusCode()).toList();
        }
        return ErrorCode.of(response.errorCode());
    }

    /// As the official client has it: what is said last of an endpoint counts.
    private static Map<String, List<Integer>> lineReaders(
            List<StreamsGroupHeartbeatResponse.EndpointToPartitions> endpoints) {
        var readers = new TreeMap<String, List<Integer>>();
        for (var one : endpoints) {
            readers.put(
                    one.userEndpoint().host(),
                    one.activePartitions().stream()
                            .filter(topic -> topic.topic().equals(LINES))
                            .flatMap(topic -> topic.partitions().stream())
                            .sorted()
                            .toList());
        }
        return readers;
    }

    private void take(
            @Nullable List<StreamsGroupHeartbeatResponse.TaskIds> givenActive,
            @Nullable List<StreamsGroupHeartbeatResponse.TaskIds> givenStandby) {
        if (givenActive != null && givenStandby != null) {
            toldActive = names(givenActive);
            toldStandby = names(givenStandby);
        }
    }

    private StreamsProtocol.Answer ask(StreamsGroupHeartbeatRequest request) {
        var answer = new Answer<StreamsProtocol.Answer>();
        new StreamsApi(node.coordinator()).heartbeat(request, CALLER, answer);
        node.settle();
        return answer.get();
    }
}
