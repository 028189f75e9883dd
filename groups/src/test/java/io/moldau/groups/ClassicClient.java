package io.moldau.groups;

import io.moldau.groups.ConsumerClient.One;
import io.moldau.groups.GroupsFixture.Answer;
import io.moldau.protocol.ByteReader;
import io.moldau.protocol.ByteWriter;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.data.ConsumerProtocolAssignment;
import io.moldau.protocol.data.ConsumerProtocolSubscription;
import io.moldau.protocol.message.HeartbeatRequest;
import io.moldau.protocol.message.HeartbeatResponse;
import io.moldau.protocol.message.JoinGroupRequest;
import io.moldau.protocol.message.JoinGroupRequest.JoinGroupRequestProtocol;
import io.moldau.protocol.message.JoinGroupResponse;
import io.moldau.protocol.message.LeaveGroupRequest;
import io.moldau.protocol.message.LeaveGroupRequest.MemberIdentity;
import io.moldau.protocol.message.LeaveGroupResponse;
import io.moldau.protocol.message.SyncGroupRequest;
import io.moldau.protocol.message.SyncGroupRequest.SyncGroupRequestAssignment;
import io.moldau.protocol.message.SyncGroupResponse;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A consumer of the classic protocol, one step at a time: what it reads, and what it does about each answer.
/// As leader it assigns evenly; with the cooperative protocol a partition is given up before another gets it.
final class ClassicClient {
    static final String COOPERATIVE = "cooperative-sticky";
    static final int SESSION_MS = 10_000;
    static final int REBALANCE_MS = 20_000;
    private static final Caller CALLER = new Caller("app", "/127.0.0.1", (short) 9);
    private static final short SUBSCRIPTION_VERSION = 3;

    final GroupsFixture node;
    final String group;
    final String protocol;

    @Nullable
    String instance;

    String memberId = "";
    int generation = -1;
    /// Its metadata are no subscription.
    boolean unreadable;
    /// What it reads.
    final Set<One> owned = new HashSet<>();
    ErrorCode lastError = ErrorCode.NONE;
    private List<String> topics = List.of();
    private @Nullable Answer<JoinGroupResponse> joining;
    private @Nullable Answer<SyncGroupResponse> syncing;
    private boolean joined;

    ClassicClient(GroupsFixture node, String group, String protocol) {
        this.node = node;
        this.group = group;
        this.protocol = protocol;
    }

    ClassicClient subscribe(String... names) {
        topics = List.of(names);
        return this;
    }

    ClassicClient named(String instanceId) {
        instance = instanceId;
        return this;
    }

    private boolean isCooperative() {
        return protocol.equals(COOPERATIVE);
    }

    /// In the group, with nothing to wait for.
    boolean isSettled() {
        return joined;
    }

    /// One step: asks, or looks at the answer.
    void step() {
        if (joining != null) {
            if (joining.isGiven()) {
                var answer = joining.get();
                joining = null;
                joined(answer);
            }
        } else if (syncing != null) {
            if (syncing.isGiven()) {
                var answer = syncing.get();
                syncing = null;
                synced(answer);
            }
        } else if (joined) {
            failed(heartbeat());
        } else {
            join();
        }
    }

    void joinAlone() {
        for (int i = 0; i < 10 && !joined; i++) {
            step();
        }
    }

    private void join() {
        if (!isCooperative()) {
            owned.clear();
        }
        var answer = new Answer<JoinGroupResponse>();
        joining = answer;
        var request = JoinGroupRequest.builder()
                .groupId(group)
                .sessionTimeoutMs(SESSION_MS)
                .rebalanceTimeoutMs(REBALANCE_MS)
                .memberId(memberId)
                .groupInstanceId(instance)
                .protocolType("consumer")
                .protocols(List.of(JoinGroupRequestProtocol.builder()
                        .name(protocol)
                        .metadata(subscription())
                        .build()))
                .build();
        node.members().join(request, CALLER, answer);
        node.settle();
    }

    private ByteBuffer subscription() {
        if (unreadable) {
            return ByteBuffer.wrap(new byte[] {0});
        }
        var byTopic = new TreeMap<String, List<Integer>>();
        owned.forEach(
                one -> byTopic.computeIfAbsent(node.topics.name(one.topic()).orElseThrow(), topic -> new ArrayList<>())
                        .add(one.partition()));
        var out = new ByteWriter();
        out.int16(SUBSCRIPTION_VERSION);
        ConsumerProtocolSubscription.builder()
                .topics(topics)
                .userData(null)
                .ownedPartitions(byTopic.entrySet().stream()
                        .map(entry -> ConsumerProtocolSubscription.TopicPartition.builder()
                                .topic(entry.getKey())
                                .partitions(entry.getValue())
                                .build())
                        .toList())
                .generationId(generation)
                .rackId(null)
                .build()
                .write(out, SUBSCRIPTION_VERSION);
        return out.toBuffer();
    }

    private void joined(JoinGroupResponse answer) {
        var error = ErrorCode.of(answer.errorCode());
        if (error == ErrorCode.MEMBER_ID_REQUIRED) {
            memberId = answer.memberId();
        } else if (error != ErrorCode.NONE) {
            failed(error);
        } else {
            memberId = answer.memberId();
            generation = answer.generationId();
            var waiting = new Answer<SyncGroupResponse>();
            syncing = waiting;
            boolean leads = answer.leader().equals(memberId) && !answer.skipAssignment();
            node.members()
                    .sync(
                            SyncGroupRequest.builder()
                                    .groupId(group)
                                    .memberId(memberId)
                                    .groupInstanceId(instance)
                                    .generationId(generation)
                                    .protocolType("consumer")
                                    .protocolName(answer.protocolName())
                                    .assignments(leads ? assign(answer) : List.of())
                                    .build(),
                            waiting);
            node.settle();
        }
    }

    /// Deals out what the members want: who has a partition keeps it as long as that is fair.
    private List<SyncGroupRequestAssignment> assign(JoinGroupResponse answer) {
        Map<String, Set<One>> given = new TreeMap<>();
        Map<One, String> owners = new HashMap<>();
        Map<String, List<String>> wanted = new TreeMap<>();
        for (var member : answer.members()) {
            var in = new ByteReader(member.metadata().duplicate());
            var subscription = ConsumerProtocolSubscription.read(in, in.int16());
            wanted.put(member.memberId(), subscription.topics());
            given.put(member.memberId(), new HashSet<>());
            subscription
                    .ownedPartitions()
                    .forEach(topic -> topic.partitions()
                            .forEach(partition -> owners.put(
                                    new One(node.topics.id(topic.topic()).orElseThrow(), partition),
                                    member.memberId())));
        }
        var all = wanted.values().stream()
                .flatMap(List::stream)
                .distinct()
                .sorted()
                .toList();
        for (var topic : all) {
            for (int partition = 0; partition < node.topics.partitions(topic); partition++) {
                var one = new One(node.topics.id(topic).orElseThrow(), partition);
                var takers = wanted.keySet().stream()
                        .filter(id -> wanted.getOrDefault(id, List.of()).contains(topic))
                        .toList();
                int fair = Math.ceilDiv(node.topics.partitions(topic) * all.size(), takers.size());
                var owner = owners.get(one);
                boolean keeps = owner != null
                        && takers.contains(owner)
                        && given.getOrDefault(owner, Set.of()).size() < fair;
                var taker = keeps
                        ? owner
                        : takers.stream()
                                .min(Comparator.comparingInt(
                                        id -> given.getOrDefault(id, Set.of()).size()))
                                .orElseThrow();
                if (!isCooperative() || owner == null || owner.equals(taker)) {
                    given.computeIfAbsent(taker, id -> new HashSet<>()).add(one);
                }
            }
        }
        return given.entrySet().stream()
                .map(entry -> SyncGroupRequestAssignment.builder()
                        .memberId(entry.getKey())
                        .assignment(assignment(entry.getValue()))
                        .build())
                .toList();
    }

    private ByteBuffer assignment(Set<One> partitions) {
        var byTopic = new TreeMap<String, List<Integer>>();
        partitions.forEach(
                one -> byTopic.computeIfAbsent(node.topics.name(one.topic()).orElseThrow(), topic -> new ArrayList<>())
                        .add(one.partition()));
        var out = new ByteWriter();
        out.int16((short) 1);
        ConsumerProtocolAssignment.builder()
                .assignedPartitions(byTopic.entrySet().stream()
                        .map(entry -> ConsumerProtocolAssignment.TopicPartition.builder()
                                .topic(entry.getKey())
                                .partitions(entry.getValue())
                                .build())
                        .toList())
                .userData(null)
                .build()
                .write(out, (short) 1);
        return out.toBuffer();
    }

    private void synced(SyncGroupResponse answer) {
        var error = ErrorCode.of(answer.errorCode());
        if (error != ErrorCode.NONE) {
            failed(error);
            return;
        }
        var assigned = new HashSet<One>();
        if (answer.assignment().hasRemaining()) {
            var in = new ByteReader(answer.assignment().duplicate());
            ConsumerProtocolAssignment.read(in, in.int16())
                    .assignedPartitions()
                    .forEach(topic -> topic.partitions()
                            .forEach(p -> assigned.add(
                                    new One(node.topics.id(topic.topic()).orElseThrow(), p))));
        }
        boolean gaveUp = !assigned.containsAll(owned);
        owned.clear();
        owned.addAll(assigned);
        joined = !(isCooperative() && gaveUp);
    }

    private void failed(ErrorCode error) {
        lastError = error;
        switch (error) {
            case NONE -> {}
            case REBALANCE_IN_PROGRESS, COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE ->
                rejoin();
            case ILLEGAL_GENERATION -> {
                lose();
                rejoin();
            }
            case UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID -> {
                memberId = "";
                lose();
                rejoin();
            }
            default -> throw new IllegalStateException("a consumer dies of " + error);
        }
    }

    /// As after `kill -9`: it reads nothing any more, and nobody was told.
    void lose() {
        generation = -1;
        owned.clear();
        joined = false;
    }

    /// Its connection broke: the answer that it waits for will not come.
    void disconnected() {
        if (joining != null && !joining.isGiven()) {
            joining = null;
            rejoin();
        }
        if (syncing != null && !syncing.isGiven()) {
            syncing = null;
            rejoin();
        }
    }

    private void rejoin() {
        joined = false;
        if (!isCooperative()) {
            owned.clear();
        }
    }

    ErrorCode heartbeat() {
        var answer = new Answer<HeartbeatResponse>();
        node.members()
                .heartbeat(
                        HeartbeatRequest.builder()
                                .groupId(group)
                                .generationId(generation)
                                .memberId(memberId)
                                .groupInstanceId(instance)
                                .build(),
                        answer);
        node.settle();
        return ErrorCode.of(answer.get().errorCode());
    }

    ErrorCode leave() {
        lose();
        var answer = new Answer<LeaveGroupResponse>();
        node.members()
                .leave(
                        LeaveGroupRequest.builder()
                                .groupId(group)
                                .members(List.of(MemberIdentity.builder()
                                        .memberId(memberId)
                                        .build()))
                                .build(),
                        CALLER,
                        answer);
        node.settle();
        return ErrorCode.of(answer.get().members().getFirst().errorCode());
    }
}
