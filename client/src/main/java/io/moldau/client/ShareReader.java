package io.moldau.client;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.ShareAcknowledgeResponse;
import io.moldau.protocol.message.ShareFetchResponse;
import io.moldau.protocol.message.ShareGroupHeartbeatRequest;
import io.moldau.protocol.message.ShareGroupHeartbeatResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// Reads topics as a member of a share group (KIP-932): the broker gives each record to one member at a time, and to
/// somebody again if it is not accepted before its lock runs out, or if the member goes.
///
/// The member keeps itself alive in [#poll], which must be called at least every few seconds. Where a group begins to
/// read is its setting `share.auto.offset.reset`.
public final class ShareReader implements AutoCloseable {
    private static final int RETRY_MS = 100;
    private static final int HEARTBEAT_RETRY_MS = 500;
    private static final int LEAVE = -1;

    private final Cluster cluster;
    private final String group;
    private final List<String> topics;
    private final String memberId;
    private int epoch;
    private long nextHeartbeatMs;
    private Map<TopicPartition, Uuid> assigned = Map.of();
    private final Map<Integer, ShareSession> sessions = new TreeMap<>();
    /// Which node gave the records of a partition.
    private final Map<TopicPartition, ShareSession> givers = new HashMap<>();

    public ShareReader(Cluster cluster, String group, List<String> topics) {
        this.cluster = cluster;
        this.group = group;
        this.topics = topics;
        var randomness = cluster.settings().environment().randomness();
        this.memberId = new Uuid(randomness.nextLong(), randomness.nextLong()).toString();
    }

    /// At most so many records that are given to this member, waiting for the first at most `waitMs`; none if none
    /// came. Failures that pass by themselves count as none. A node without limits of records (KIP-1206) may give
    /// more.
    public List<ReceivedRecord> poll(int waitMs, int mostRecords) {
        if (cluster.nowMs() >= nextHeartbeatMs) {
            heartbeat();
        }
        if (assigned.isEmpty()) {
            Cluster.pause(Math.clamp(nextHeartbeatMs - cluster.nowMs(), 1, waitMs));
            return List.of();
        }
        try {
            return fetch(waitMs, mostRecords);
        } catch (ClientException failure) {
            forgetSessions();
            if (!failure.mayPass()) {
                throw failure;
            }
            Cluster.pause(RETRY_MS);
            return List.of();
        }
    }

    private void forgetSessions() {
        // With the connection its session ends at the node, and what this member has there is given to others.
        sessions.keySet().forEach(cluster::drop);
        sessions.clear();
        givers.clear();
        topics.forEach(cluster::forget);
    }

    private List<ReceivedRecord> fetch(int waitMs, int mostRecords) {
        var byLeader = new LinkedHashMap<Integer, Map<TopicPartition, Uuid>>();
        assigned.forEach(
                (partition, topic) -> byLeader.computeIfAbsent(cluster.leader(partition), node -> new TreeMap<>())
                        .put(partition, topic));
        for (int node : List.copyOf(sessions.keySet())) {
            if (!byLeader.containsKey(node)) {
                end(node);
            }
        }
        byLeader.forEach((node, wanted) -> {
            var session = sessions.computeIfAbsent(node, any -> new ShareSession(group, memberId));
            wanted.keySet().forEach(partition -> givers.put(partition, session));
            cluster.send(node, session.fetch(wanted, waitMs, mostRecords), Cluster.ANY_VERSION);
        });
        var records = new ArrayList<ReceivedRecord>();
        for (int node : byLeader.keySet()) {
            receive(node, records);
        }
        return records;
    }

    private void receive(int node, List<ReceivedRecord> records) {
        var session = sessions.get(node);
        var response = (ShareFetchResponse) cluster.receive(node);
        ClientException.check(response.errorCode(), response.errorMessage(), "Reading as share group '" + group + "'");
        if (session == null) {
            return;
        }
        for (var topic : response.responses()) {
            for (var data : topic.partitions()) {
                session.take(session.partition(topic.topicId(), data.partitionIndex()), data, records);
            }
        }
    }

    /// These records are done with: nobody gets them again. Otherwise says why some of them may come again.
    public Optional<String> accept(List<ReceivedRecord> records) {
        int strangers = 0;
        for (var record : records) {
            var giver = givers.get(record.partition());
            if (giver == null) {
                strangers++;
            } else {
                giver.accept(record);
            }
        }
        var problems = new TreeSet<String>();
        if (strangers > 0) {
            problems.add("the connection to the node that gave them was lost");
        }
        for (int node : List.copyOf(sessions.keySet())) {
            var session = sessions.get(node);
            if (session != null && session.hasToSay()) {
                try {
                    acknowledge(node, session, false, problems);
                } catch (ClientException failure) {
                    forgetSessions();
                    problems.add(String.valueOf(failure.getMessage()));
                }
            }
        }
        return problems.isEmpty()
                ? Optional.empty()
                : Optional.of("Some records may come again: " + String.join("; ", problems));
    }

    private void acknowledge(int node, ShareSession session, boolean isLast, Set<String> problems) {
        var answer =
                (ShareAcknowledgeResponse) cluster.call(node, session.acknowledgement(isLast), Cluster.ANY_VERSION);
        ClientException.check(answer.errorCode(), answer.errorMessage(), "Accepting records");
        for (var topic : answer.responses()) {
            for (var partition : topic.partitions()) {
                if (partition.errorCode() != ErrorCode.NONE.code()) {
                    var where = session.partition(topic.topicId(), partition.partitionIndex());
                    problems.add(String.valueOf(ClientException.of(
                                    partition.errorCode(), partition.errorMessage(), "Accepting records of " + where)
                            .getMessage()));
                }
            }
        }
    }

    /// Ends the session with a node; what this member still has there is given to others.
    private void end(int node) {
        var session = sessions.remove(node);
        if (session != null && session.isOpen()) {
            try {
                acknowledge(node, session, true, new TreeSet<>());
            } catch (ClientException unreachable) {
                cluster.drop(node);
            }
        }
    }

    private void heartbeat() {
        try {
            beat();
        } catch (ClientException failure) {
            switch (failure.error()) {
                case UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH -> {
                    epoch = 0;
                    assigned = Map.of();
                }
                default -> {
                    if (!failure.mayPass()) {
                        throw failure;
                    }
                    nextHeartbeatMs = cluster.nowMs() + HEARTBEAT_RETRY_MS;
                }
            }
        }
    }

    private void beat() {
        var request = ShareGroupHeartbeatRequest.builder()
                .groupId(group)
                .memberId(memberId)
                .memberEpoch(epoch)
                .subscribedTopicNames(epoch == 0 ? topics : null)
                .build();
        var answer =
                (ShareGroupHeartbeatResponse) cluster.call(cluster.coordinator(group), request, Cluster.ANY_VERSION);
        ClientException.check(answer.errorCode(), answer.errorMessage(), "Share group '" + group + "'");
        epoch = answer.memberEpoch();
        nextHeartbeatMs = cluster.nowMs() + answer.heartbeatIntervalMs();
        var assignment = answer.assignment();
        if (assignment != null) {
            var names = new HashMap<Uuid, String>();
            cluster.allTopics().forEach(info -> names.put(info.id(), info.name()));
            var wanted = new TreeMap<TopicPartition, Uuid>();
            for (var topic : assignment.topicPartitions()) {
                var name = names.get(topic.topicId());
                if (name != null) {
                    topic.partitions().forEach(number -> wanted.put(new TopicPartition(name, number), topic.topicId()));
                }
            }
            assigned = wanted;
        }
    }

    /// Gives back what was not accepted, and leaves the group.
    @Override
    public void close() {
        List.copyOf(sessions.keySet()).forEach(this::end);
        if (epoch <= 0) {
            return;
        }
        var request = ShareGroupHeartbeatRequest.builder()
                .groupId(group)
                .memberId(memberId)
                .memberEpoch(LEAVE)
                .build();
        epoch = 0;
        try {
            cluster.call(cluster.coordinator(group), request, Cluster.ANY_VERSION);
        } catch (ClientException unreachable) {
            // The session timeout does it then.
            assigned = Map.of();
        }
    }
}
