package io.moldau.groups;

import io.moldau.groups.GroupsFixture.Answer;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.ConsumerGroupHeartbeatRequest;
import io.moldau.protocol.message.ConsumerGroupHeartbeatRequest.TopicPartitions;
import io.moldau.protocol.message.ConsumerGroupHeartbeatResponse;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A consumer of the new protocol: what it was told to read, what it reads.
final class ConsumerClient {
    record One(Uuid topic, int partition) {}

    private static final Caller CALLER = new Caller("app", "/127.0.0.1", (short) 1);
    static final int REBALANCE_MS = 20_000;

    final GroupsFixture node;
    final String id;
    final @Nullable String instance;
    private @Nullable List<String> topics = null;
    private @Nullable String regex = null;
    private @Nullable String assignor = null;
    int epoch;
    int heartbeatIntervalMs;
    /// What it reads.
    final Set<One> owned = new HashSet<>();
    /// What it was told to read.
    Set<One> told = Set.of();

    ConsumerClient(GroupsFixture node, String id, @Nullable String instance) {
        this.node = node;
        this.id = id;
        this.instance = instance;
    }

    ConsumerClient reading(String... names) {
        topics = List.of(names);
        return this;
    }

    ConsumerClient matching(String pattern) {
        regex = pattern;
        return this;
    }

    ConsumerClient assignedBy(String name) {
        assignor = name;
        return this;
    }

    ErrorCode join() {
        epoch = 0;
        owned.clear();
        told = Set.of();
        return send(ConsumerGroupHeartbeatRequest.builder()
                .topicPartitions(List.of())
                .rebalanceTimeoutMs(REBALANCE_MS)
                .subscribedTopicNames(topics)
                .subscribedTopicRegex(regex)
                .serverAssignor(assignor));
    }

    /// A heartbeat that says what the member reads, as after a change.
    ErrorCode report() {
        return send(
                ConsumerGroupHeartbeatRequest.builder().rebalanceTimeoutMs(-1).topicPartitions(partitions()));
    }

    /// A heartbeat that says which topics the member wants now.
    ErrorCode change() {
        return send(ConsumerGroupHeartbeatRequest.builder()
                .rebalanceTimeoutMs(-1)
                .topicPartitions(null)
                .subscribedTopicNames(topics));
    }

    ErrorCode heartbeat() {
        return send(
                ConsumerGroupHeartbeatRequest.builder().rebalanceTimeoutMs(-1).topicPartitions(null));
    }

    ErrorCode leave(int leaveEpoch) {
        epoch = leaveEpoch;
        return heartbeat();
    }

    /// Stops reading what it no longer should, starts what it should.
    void reconcile() {
        owned.retainAll(told);
        owned.addAll(told);
    }

    boolean reconciled() {
        return owned.equals(told);
    }

    boolean readsAll() {
        return regex != null || topics != null && topics.size() > 1;
    }

    private List<TopicPartitions> partitions() {
        Map<Uuid, Set<Integer>> byTopic = new HashMap<>();
        owned.forEach(one ->
                byTopic.computeIfAbsent(one.topic(), t -> new HashSet<>()).add(one.partition()));
        return byTopic.entrySet().stream()
                .map(entry -> TopicPartitions.builder()
                        .topicId(entry.getKey())
                        .partitions(List.copyOf(entry.getValue()))
                        .build())
                .toList();
    }

    private ErrorCode send(ConsumerGroupHeartbeatRequest.Builder request) {
        var answer = new Answer<ConsumerGroupHeartbeatResponse>();
        node.members()
                .consumerHeartbeat(
                        request.groupId("c")
                                .memberId(id)
                                .instanceId(instance)
                                .memberEpoch(epoch)
                                .build(),
                        CALLER,
                        answer);
        node.settle();
        var response = answer.get();
        if (response.errorCode() == 0) {
            epoch = response.memberEpoch();
            heartbeatIntervalMs = response.heartbeatIntervalMs();
            var assignment = response.assignment();
            if (assignment != null) {
                var all = new HashSet<One>();
                assignment
                        .topicPartitions()
                        .forEach(topic -> topic.partitions().forEach(p -> all.add(new One(topic.topicId(), p))));
                told = all;
            }
        }
        return ErrorCode.of(response.errorCode());
    }
}
