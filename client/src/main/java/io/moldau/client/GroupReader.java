package io.moldau.client;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.HeartbeatRequest;
import io.moldau.protocol.message.HeartbeatResponse;
import io.moldau.protocol.message.JoinGroupRequest;
import io.moldau.protocol.message.JoinGroupResponse;
import io.moldau.protocol.message.LeaveGroupRequest;
import io.moldau.protocol.message.LeaveGroupResponse;
import io.moldau.protocol.message.SyncGroupRequest;
import io.moldau.protocol.message.SyncGroupResponse;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Reads as a member of a classic group: joins, is assigned partitions by the range assignor, reads them from where
/// the group committed, and joins again when the group rebalances. Belongs to the thread that polls it, which must poll
/// at least every rebalance timeout; a thread of its own sends the heartbeats.
public final class GroupReader implements AutoCloseable {
    private static final int NO_GENERATION = -1;

    /// Our place in the group; a new value for each generation.
    private record Membership(String member, int generation, boolean joined) {
        static final Membership NONE = new Membership("", NO_GENERATION, false);
    }

    private final Cluster cluster;
    private final GroupSettings settings;
    private final Offsets offsets;
    private final Reader reader;
    private final Object lock = new Object();
    private volatile Membership membership = Membership.NONE;
    private volatile @Nullable Connection coordinator;
    private boolean closed;
    private Map<TopicPartition, Long> committed = new HashMap<>();
    private Map<TopicPartition, Long> handedOut = new HashMap<>();
    private long lastCommitMs;

    GroupReader(Cluster cluster, GroupSettings settings) {
        this.cluster = cluster;
        this.settings = settings;
        this.offsets = new Offsets(cluster);
        this.reader = new Reader(cluster, settings.whenNew());
        this.lastCommitMs = cluster.nowMs();
        cluster.environment().threads().start("moldau-heartbeat-" + settings.group(), this::beat);
    }

    /// The next records, empty if there are none within `maxWaitMs`; joins the group where needed.
    public List<ReadRecord> poll(long maxWaitMs) {
        handedOut = reader.positions();
        if (!membership.joined()) {
            join();
            handedOut = reader.positions();
        }
        if (settings.autoCommitMs() > 0 && cluster.nowMs() - lastCommitMs >= settings.autoCommitMs()) {
            commit();
        }
        if (reader.assignment().isEmpty()) {
            cluster.pause(Math.min(maxWaitMs, settings.heartbeatMs()));
            return List.of();
        }
        // A rebalance must not wait for a long poll to end.
        return reader.poll(Math.min(maxWaitMs, settings.heartbeatMs()));
    }

    public Set<TopicPartition> assignment() {
        return reader.assignment();
    }

    /// The offset to be read next in each assigned partition.
    public Map<TopicPartition, Long> positions() {
        return reader.positions();
    }

    /// Whether all that was readable at the last answers has been handed out.
    public boolean atEnd() {
        return membership.joined()
                && reader.positions().entrySet().stream()
                        .allMatch(position ->
                                reader.end(position.getKey()).orElse(Long.MAX_VALUE) <= position.getValue());
    }

    /// Commits the positions before the last poll: all that was handed out by polls before it.
    public void commit() {
        commit(handedOut);
    }

    /// Commits everything handed out so far.
    public void commitAll() {
        commit(reader.positions());
    }

    private void commit(Map<TopicPartition, Long> positions) {
        lastCommitMs = cluster.nowMs();
        var changed = new TreeMap<>(positions);
        changed.entrySet().removeIf(entry -> entry.getValue().equals(committed.get(entry.getKey())));
        var place = membership;
        if (changed.isEmpty() || !place.joined()) {
            return;
        }
        try {
            cluster.patiently(() -> {
                Groups.commit(
                        coordinator(),
                        settings.group(),
                        place.generation(),
                        place.member(),
                        settings.instanceId(),
                        changed);
                return changed;
            });
            committed.putAll(changed);
        } catch (ClientException failure) {
            if (!rejoins(failure.error())) {
                throw failure;
            }
            // The partitions are others' now or soon; they read again what we could not commit.
            lose(failure.error());
        }
    }

    private Connection coordinator() {
        var known = coordinator;
        if (known == null || known.isBroken()) {
            known = cluster.coordinator(settings.group());
            coordinator = known;
        }
        return known;
    }

    private void join() {
        // Before partitions may go to others, what was read of ours is committed (where that is still allowed).
        reader.assign(Map.of());
        cluster.patiently(() -> {
            try {
                joinOnce();
            } catch (ClientException failure) {
                if (rejoins(failure.error())) {
                    lose(failure.error());
                    throw new ClientException(
                            ErrorCode.COORDINATOR_NOT_AVAILABLE,
                            "group '" + settings.group() + "' rebalances",
                            failure);
                }
                if (failure.error() == ErrorCode.NOT_COORDINATOR
                        || failure.error() == ErrorCode.COORDINATOR_NOT_AVAILABLE) {
                    coordinator = null;
                }
                throw failure;
            }
            return membership;
        });
    }

    private void joinOnce() {
        var connection = coordinator();
        var joined = askToJoin(connection);
        if (ErrorCode.of(joined.errorCode()) == ErrorCode.MEMBER_ID_REQUIRED) {
            membership = new Membership(joined.memberId(), NO_GENERATION, false);
            joined = askToJoin(connection);
        }
        Groups.check(joined.errorCode(), "joining group '" + settings.group() + "'", null);
        membership = new Membership(joined.memberId(), joined.generationId(), false);
        boolean leading = joined.leader().equals(joined.memberId()) && !joined.skipAssignment();
        var protocolName = joined.protocolName();
        var request = SyncGroupRequest.builder()
                .groupId(settings.group())
                .generationId(joined.generationId())
                .memberId(joined.memberId())
                .groupInstanceId(settings.instanceId())
                .protocolType(ClassicProtocol.TYPE)
                .protocolName(protocolName == null ? ClassicProtocol.RANGE : protocolName)
                .assignments(leading ? assign(joined) : List.of())
                .build();
        var synced = connection.call(request, SyncGroupResponse::read, settings.rebalanceTimeoutMs());
        Groups.check(synced.errorCode(), "joining group '" + settings.group() + "'", null);
        reader.assign(beginnings(connection, ClassicProtocol.readAssignment(synced.assignment())));
        membership = new Membership(joined.memberId(), joined.generationId(), true);
        synchronized (lock) {
            lock.notifyAll();
        }
    }

    private JoinGroupResponse askToJoin(Connection connection) {
        var request = JoinGroupRequest.builder()
                .groupId(settings.group())
                .sessionTimeoutMs(settings.sessionTimeoutMs())
                .rebalanceTimeoutMs(settings.rebalanceTimeoutMs())
                .memberId(membership.member())
                .groupInstanceId(settings.instanceId())
                .protocolType(ClassicProtocol.TYPE)
                .protocols(List.of(new JoinGroupRequest.JoinGroupRequestProtocol(
                        ClassicProtocol.RANGE, ClassicProtocol.subscription(settings.topics()))))
                .build();
        return connection.call(request, JoinGroupResponse::read, settings.rebalanceTimeoutMs());
    }

    private List<SyncGroupRequest.SyncGroupRequestAssignment> assign(JoinGroupResponse joined) {
        var subscriptions = new HashMap<String, List<String>>();
        joined.members()
                .forEach(member ->
                        subscriptions.put(member.memberId(), ClassicProtocol.readSubscription(member.metadata())));
        var topics = new HashSet<String>();
        subscriptions.values().forEach(topics::addAll);
        var counts = new HashMap<String, Integer>();
        for (var topic : topics) {
            cluster.forget(topic);
            counts.put(topic, cluster.topic(topic, false).partitions().size());
        }
        return ClassicProtocol.range(subscriptions, counts).entrySet().stream()
                .map(entry -> new SyncGroupRequest.SyncGroupRequestAssignment(
                        entry.getKey(), ClassicProtocol.assignment(entry.getValue())))
                .toList();
    }

    private Map<TopicPartition, Long> beginnings(Connection connection, List<TopicPartition> partitions) {
        if (partitions.isEmpty()) {
            committed = new HashMap<>();
            return Map.of();
        }
        var from = new HashMap<>(Groups.fetchOffsets(connection, settings.group(), partitions));
        committed = new HashMap<>(from);
        var times = new HashMap<TopicPartition, Long>();
        for (var partition : partitions) {
            if (!from.containsKey(partition)) {
                times.put(
                        partition, settings.whenNew() == Reader.OutOfRange.TO_END ? Offsets.LATEST : Offsets.EARLIEST);
            }
        }
        if (!times.isEmpty() && settings.whenNew() == Reader.OutOfRange.FAIL) {
            throw new ClientException(
                    ErrorCode.OFFSET_OUT_OF_RANGE,
                    "group '" + settings.group() + "' has committed nothing for " + times.keySet());
        }
        offsets.at(times).forEach((partition, offset) -> from.put(partition, offset.orElse(0)));
        return from;
    }

    private static boolean rejoins(ErrorCode error) {
        return switch (error) {
            case REBALANCE_IN_PROGRESS, ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID -> true;
            default -> false;
        };
    }

    private void lose(ErrorCode why) {
        var place = membership;
        membership = why == ErrorCode.UNKNOWN_MEMBER_ID
                ? Membership.NONE
                : new Membership(place.member(), place.generation(), false);
    }

    private void beat() {
        while (true) {
            synchronized (lock) {
                if (closed) {
                    return;
                }
                try {
                    lock.wait(settings.heartbeatMs());
                } catch (InterruptedException interrupted) {
                    return;
                }
                if (closed) {
                    return;
                }
            }
            var place = membership;
            if (place.joined()) {
                beat(place);
            }
        }
    }

    private void beat(Membership place) {
        try {
            var request = HeartbeatRequest.builder()
                    .groupId(settings.group())
                    .generationId(place.generation())
                    .memberId(place.member())
                    .groupInstanceId(settings.instanceId())
                    .build();
            var error = ErrorCode.of(
                    coordinator().call(request, HeartbeatResponse::read).errorCode());
            if (rejoins(error) && place.equals(membership)) {
                lose(error);
            } else if (error == ErrorCode.NOT_COORDINATOR || error == ErrorCode.COORDINATOR_NOT_AVAILABLE) {
                coordinator = null;
            }
        } catch (ClientException failure) {
            // The next beat finds the coordinator again.
            coordinator = null;
        }
    }

    /// Leaves the group; what was not committed is read again by others.
    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            lock.notifyAll();
        }
        var place = membership;
        membership = Membership.NONE;
        reader.close();
        if (place.member().isEmpty() || settings.instanceId() != null) {
            return;
        }
        var request = LeaveGroupRequest.builder()
                .groupId(settings.group())
                .members(List.of(LeaveGroupRequest.MemberIdentity.builder()
                        .memberId(place.member())
                        .reason("the reader was closed")
                        .build()))
                .build();
        try {
            var _ = coordinator().call(request, LeaveGroupResponse::read);
        } catch (ClientException goneAnyway) {
            // The session timeout ends the membership.
        }
    }
}
