package io.moldau.client;

import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.ConsumerGroupHeartbeatRequest;
import io.moldau.protocol.message.ConsumerGroupHeartbeatResponse;
import io.moldau.protocol.message.OffsetCommitRequest;
import io.moldau.protocol.message.OffsetCommitRequest.OffsetCommitRequestPartition;
import io.moldau.protocol.message.OffsetCommitRequest.OffsetCommitRequestTopic;
import io.moldau.protocol.message.OffsetCommitResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Reads topics as a member of a group, by the consumer protocol (KIP-848): the broker assigns partitions.
///
/// The member keeps itself alive in [#poll], which must be called at least every few seconds. Offsets are
/// committed when asked for, before a partition is given up, and at the end.
public final class GroupReader implements AutoCloseable {
    /// Newest version that names topics by name.
    private static final int COMMIT_VERSION = 9;
    private static final int REBALANCE_TIMEOUT_MS = 60_000;
    private static final int LEAVE = -1;

    private final Cluster cluster;
    private final Admin admin;
    private final Reader reader;
    private final String group;
    private final List<String> topics;
    private final long startAt;
    private final String memberId;
    private int epoch;
    private long nextHeartbeatMs;
    private final Map<TopicPartition, Long> committed = new HashMap<>();
    private Map<Uuid, List<Integer>> assigned = Map.of();

    /// `startAt` is [Admin#EARLIEST] or [Admin#LATEST]: where to begin in a partition without a committed offset.
    public GroupReader(Cluster cluster, String group, List<String> topics, long startAt) {
        this.cluster = cluster;
        this.admin = new Admin(cluster);
        this.reader = new Reader(cluster);
        this.group = group;
        this.topics = topics;
        this.startAt = startAt;
        var randomness = cluster.settings().environment().randomness();
        this.memberId = new Uuid(randomness.nextLong(), randomness.nextLong()).toString();
    }

    /// Partitions that this member reads now.
    public Set<TopicPartition> assignment() {
        return new TreeSet<>(reader.positions().keySet());
    }

    /// The records that are there, waiting for the first at most `waitMs`.
    public List<ReceivedRecord> poll(int waitMs) {
        if (cluster.nowMs() >= nextHeartbeatMs) {
            heartbeat();
        }
        return reader.poll(waitMs);
    }

    private void heartbeat() {
        try {
            beat();
        } catch (ClientException failure) {
            switch (failure.error()) {
                case UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH -> {
                    epoch = 0;
                    assigned = Map.of();
                    committed.clear();
                    reader.assign(Map.of());
                }
                default -> {
                    if (!failure.mayPass()) {
                        throw failure;
                    }
                    nextHeartbeatMs = cluster.nowMs() + 500;
                }
            }
        }
    }

    private void beat() {
        var request = ConsumerGroupHeartbeatRequest.builder()
                .groupId(group)
                .memberId(memberId)
                .memberEpoch(epoch);
        if (epoch == 0) {
            request.rebalanceTimeoutMs(REBALANCE_TIMEOUT_MS).subscribedTopicNames(topics);
        }
        request.topicPartitions(assigned.entrySet().stream()
                .map(entry -> ConsumerGroupHeartbeatRequest.TopicPartitions.builder()
                        .topicId(entry.getKey())
                        .partitions(entry.getValue())
                        .build())
                .toList());
        var answer = (ConsumerGroupHeartbeatResponse)
                cluster.call(cluster.coordinator(group), request.build(), Cluster.ANY_VERSION);
        ClientException.check(answer.errorCode(), answer.errorMessage(), "Group '" + group + "'");
        epoch = answer.memberEpoch();
        nextHeartbeatMs = cluster.nowMs() + answer.heartbeatIntervalMs();
        var assignment = answer.assignment();
        if (assignment != null) {
            var target = new LinkedHashMap<Uuid, List<Integer>>();
            assignment.topicPartitions().forEach(each -> target.put(each.topicId(), each.partitions()));
            adopt(target);
        }
    }

    private void adopt(Map<Uuid, List<Integer>> target) {
        var names = new HashMap<Uuid, String>();
        cluster.allTopics().forEach(info -> names.put(info.id(), info.name()));
        var wanted = new TreeSet<TopicPartition>();
        target.forEach((id, partitions) -> {
            var name = names.get(id);
            if (name != null) {
                partitions.forEach(partition -> wanted.add(new TopicPartition(name, partition)));
            }
        });
        var positions = reader.positions();
        if (!wanted.containsAll(positions.keySet())) {
            commit();
        }
        positions.keySet().retainAll(wanted);
        var fresh = new ArrayList<>(wanted);
        fresh.removeAll(positions.keySet());
        positions.putAll(starts(fresh));
        reader.assign(positions);
        assigned = target;
        // What was given up is told at once, so that others need not wait for the next heartbeat.
        nextHeartbeatMs = cluster.nowMs();
    }

    private Map<TopicPartition, Long> starts(List<TopicPartition> fresh) {
        var starts = new TreeMap<TopicPartition, Long>();
        if (fresh.isEmpty()) {
            return starts;
        }
        var known = admin.committed(group);
        var unknown = new HashMap<TopicPartition, Long>();
        for (var partition : fresh) {
            var offset = known.get(partition);
            if (offset == null) {
                unknown.put(partition, startAt);
            } else {
                starts.put(partition, offset);
                committed.put(partition, offset);
            }
        }
        starts.putAll(admin.offsets(unknown));
        return starts;
    }

    /// Commits the offsets of what [#poll] has returned so far.
    public void commit() {
        commit(reader.positions());
    }

    /// Commits these offsets (of the next record to read).
    public void commit(Map<TopicPartition, Long> offsets) {
        var byTopic = new LinkedHashMap<String, List<OffsetCommitRequestPartition>>();
        offsets.forEach((partition, offset) -> {
            @Nullable Long before = committed.get(partition);
            if (before == null || before.longValue() != offset) {
                byTopic.computeIfAbsent(partition.topic(), name -> new ArrayList<>())
                        .add(OffsetCommitRequestPartition.builder()
                                .partitionIndex(partition.partition())
                                .committedOffset(offset)
                                .build());
            }
        });
        if (byTopic.isEmpty()) {
            return;
        }
        var request = OffsetCommitRequest.builder()
                .groupId(group)
                .memberId(memberId)
                .generationIdOrMemberEpoch(epoch)
                .topics(byTopic.entrySet().stream()
                        .map(entry -> OffsetCommitRequestTopic.builder()
                                .name(entry.getKey())
                                .partitions(entry.getValue())
                                .build())
                        .toList())
                .build();
        var answer = cluster.retrying(() -> {
            var response = (OffsetCommitResponse) cluster.call(cluster.coordinator(group), request, COMMIT_VERSION);
            Admin.check(response, "Committing offsets of group '" + group + "'");
            return response;
        });
        for (var topic : answer.topics()) {
            for (var partition : topic.partitions()) {
                var at = new TopicPartition(topic.name(), partition.partitionIndex());
                var offset = offsets.get(at);
                if (offset != null) {
                    committed.put(at, offset);
                }
            }
        }
    }

    /// Leaves the group without a commit.
    @Override
    public void close() {
        if (epoch <= 0) {
            return;
        }
        var request = ConsumerGroupHeartbeatRequest.builder()
                .groupId(group)
                .memberId(memberId)
                .memberEpoch(LEAVE)
                .build();
        epoch = 0;
        try {
            cluster.call(cluster.coordinator(group), request, Cluster.ANY_VERSION);
        } catch (ClientException unreachable) {
            // The session timeout does it then.
            reader.assign(Map.of());
        }
    }
}
