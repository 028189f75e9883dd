package io.moldau.client;

import io.moldau.environment.Environment;
import io.moldau.environment.Sockets;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Request;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.FindCoordinatorRequest;
import io.moldau.protocol.message.FindCoordinatorResponse;
import io.moldau.protocol.message.MetadataRequest;
import io.moldau.protocol.message.MetadataResponse;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What the client knows of the cluster, and its connections. Each use has a connection of its own to a broker, since
/// answers come in order and one that waits (a fetch, a join) would hold up the others.
final class Cluster implements AutoCloseable {
    /// What a connection is for.
    enum Use {
        CONTROL,
        PRODUCE,
        FETCH,
        GROUP
    }

    /// A topic as the last metadata showed it.
    record Topic(String name, Uuid id, boolean internal, List<Partition> partitions) {}

    /// A partition as the last metadata showed it.
    record Partition(int index, int leader, int leaderEpoch, List<Integer> replicas, List<Integer> isr) {}

    private record Line(int node, Use use) {}

    static final int BACKOFF_MS = 50;
    private static final int MAX_BACKOFF_MS = 1_000;
    /// A broker that creates topics by itself does so at once, or it does not.
    private static final int CREATION_PATIENCE_MS = 3_000;

    private static final int BOOTSTRAP = -1;

    private final Environment environment;
    private final Sockets sockets;
    private final ClientSettings settings;
    private final Object lock = new Object();
    private final Map<Line, Connection> lines = new HashMap<>();
    private final Map<Integer, ClientSettings.Endpoint> brokers = new HashMap<>();
    private final Map<String, Topic> topics = new HashMap<>();
    private final Map<Uuid, String> names = new HashMap<>();
    private boolean everReached;
    private boolean closed;

    Cluster(Environment environment, Sockets sockets, ClientSettings settings) {
        this.environment = environment;
        this.sockets = sockets;
        this.settings = settings;
    }

    Environment environment() {
        return environment;
    }

    ClientSettings settings() {
        return settings;
    }

    long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(environment.clock().nanos());
    }

    /// A connection to any broker: one that stands, else to the first known one that can be reached.
    Connection any() {
        return any(Use.CONTROL);
    }

    private Connection any(Use use) {
        List<Integer> known;
        synchronized (lock) {
            for (var line : lines.entrySet()) {
                if (line.getKey().use() == use && !line.getValue().isBroken()) {
                    return line.getValue();
                }
            }
            known = List.copyOf(brokers.keySet());
        }
        ClientException last = null;
        for (int node : known) {
            try {
                return to(node, use);
            } catch (ClientException unreachable) {
                last = unreachable;
            }
        }
        for (var endpoint : settings.bootstrap()) {
            try {
                return open(new Line(BOOTSTRAP, use), endpoint);
            } catch (ClientException unreachable) {
                last = unreachable;
            }
        }
        throw last == null ? new ClientException(ErrorCode.NETWORK_EXCEPTION, "no broker is known") : last;
    }

    /// The connection to a broker, opened anew if it broke.
    Connection to(int node, Use use) {
        var line = new Line(node, use);
        ClientSettings.Endpoint endpoint;
        synchronized (lock) {
            var connection = lines.get(line);
            if (connection != null && !connection.isBroken()) {
                return connection;
            }
            endpoint = brokers.get(node);
        }
        if (endpoint == null) {
            throw new ClientException(ErrorCode.LEADER_NOT_AVAILABLE, "broker " + node + " is not known");
        }
        return open(line, endpoint);
    }

    private Connection open(Line line, ClientSettings.Endpoint endpoint) {
        var connection = Connection.open(environment, sockets, settings, endpoint);
        synchronized (lock) {
            if (!closed) {
                var there = lines.get(line);
                if (there != null && !there.isBroken()) {
                    connection.close();
                    return there;
                }
                lines.put(line, connection);
                everReached = true;
                return connection;
            }
        }
        connection.close();
        throw new ClientException(ErrorCode.NETWORK_EXCEPTION, "the client was closed");
    }

    /// Repeats `attempt` while it fails in a way that may pass, as long as the client's patience lasts.
    <T> T patiently(Supplier<T> attempt) {
        return patiently(attempt, settings.patienceMs());
    }

    private <T> T patiently(Supplier<T> attempt, int limitMs) {
        long start = nowMs();
        int backoffMs = BACKOFF_MS;
        while (true) {
            try {
                return attempt.get();
            } catch (ClientException failure) {
                long patienceMs;
                synchronized (lock) {
                    patienceMs = everReached ? limitMs : Math.min(limitMs, settings.firstPatienceMs());
                    if (closed) {
                        throw failure;
                    }
                }
                if (!failure.retriable() || nowMs() - start + backoffMs > patienceMs) {
                    throw failure;
                }
            }
            pause(backoffMs);
            backoffMs = Math.min(2 * backoffMs, MAX_BACKOFF_MS);
        }
    }

    void pause(long ms) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(ms));
        if (Thread.interrupted()) {
            Thread.currentThread().interrupt();
            throw new ClientException(ErrorCode.UNKNOWN_SERVER_ERROR, "interrupted");
        }
    }

    /// Asks any broker, patiently. Calls that may not be repeated blindly must not come here.
    <R> R callAny(Request request, Decoder<R> decoder) {
        return patiently(() -> any().call(request, decoder));
    }

    /// The topic, from what is known or from a broker.
    Topic topic(String name, boolean create) {
        synchronized (lock) {
            var known = topics.get(name);
            if (known != null) {
                return known;
            }
        }
        return patiently(
                () -> {
                    var found = refresh(List.of(name), create).get(name);
                    if (found == null) {
                        throw new ClientException(
                                ErrorCode.LEADER_NOT_AVAILABLE, "topic '" + name + "' is not ready yet");
                    }
                    return found;
                },
                create ? Math.min(CREATION_PATIENCE_MS, settings.patienceMs()) : settings.patienceMs());
    }

    Optional<String> nameOf(Uuid id) {
        synchronized (lock) {
            return Optional.ofNullable(names.get(id));
        }
    }

    /// The broker that leads a partition, as known or as one look at the cluster shows.
    int leader(TopicPartition partition) {
        Topic topic;
        synchronized (lock) {
            topic = topics.get(partition.topic());
        }
        if (topic == null) {
            topic = refresh(List.of(partition.topic()), false).get(partition.topic());
        }
        if (topic == null) {
            throw new ClientException(
                    ErrorCode.LEADER_NOT_AVAILABLE, "topic '" + partition.topic() + "' is not ready yet");
        }
        for (var each : topic.partitions()) {
            if (each.index() == partition.partition()) {
                if (each.leader() < 0) {
                    forget(partition.topic());
                    throw new ClientException(
                            ErrorCode.LEADER_NOT_AVAILABLE, partition + " has no leader at the moment");
                }
                return each.leader();
            }
        }
        forget(partition.topic());
        throw new ClientException(
                ErrorCode.INVALID_PARTITIONS,
                "topic '" + partition.topic() + "' has " + topic.partitions().size() + " partitions, numbered from 0;"
                        + " there is no partition " + partition.partition());
    }

    /// Makes the next look at a topic ask a broker.
    void forget(String topic) {
        synchronized (lock) {
            topics.remove(topic);
        }
    }

    /// Asks a broker for topics, once. A topic that is coming into being is left out; one that is not there fails.
    Map<String, Topic> refresh(Collection<String> wanted, boolean create) {
        var request = MetadataRequest.builder()
                .topics(wanted.stream()
                        .map(name -> new MetadataRequest.MetadataRequestTopic(Uuid.ZERO, name))
                        .toList())
                .allowAutoTopicCreation(create)
                .build();
        return learn(any().call(request, MetadataResponse::read), create);
    }

    /// Asks a broker for every topic, patiently.
    List<Topic> allTopics() {
        var request = MetadataRequest.builder()
                .topics(null)
                .allowAutoTopicCreation(false)
                .build();
        return patiently(() -> List.copyOf(
                learn(any().call(request, MetadataResponse::read), false).values()));
    }

    private Map<String, Topic> learn(MetadataResponse response, boolean create) {
        var found = new HashMap<String, Topic>();
        ClientException refused = null;
        for (var topic : response.topics()) {
            var name = topic.name();
            var error = ErrorCode.of(topic.errorCode());
            if (name == null) {
                continue;
            }
            if (error == ErrorCode.NONE) {
                found.put(name, topicOf(name, topic));
            } else if (error == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) {
                refused = new ClientException(
                        create ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION,
                        "there is no topic '" + name + "'; create it with 'moldau topics create " + name + "'");
            } else if (error != ErrorCode.LEADER_NOT_AVAILABLE) {
                refused = ClientException.answered(error, "topic '" + name + "'", null);
            }
        }
        synchronized (lock) {
            brokers.clear();
            for (var broker : response.brokers()) {
                brokers.put(broker.nodeId(), new ClientSettings.Endpoint(broker.host(), broker.port()));
            }
            topics.putAll(found);
            found.values().forEach(topic -> names.put(topic.id(), topic.name()));
        }
        if (refused != null) {
            throw refused;
        }
        return found;
    }

    private static Topic topicOf(String name, MetadataResponse.MetadataResponseTopic topic) {
        var partitions = new ArrayList<Partition>();
        for (var each : topic.partitions()) {
            partitions.add(new Partition(
                    each.partitionIndex(), each.leaderId(), each.leaderEpoch(), each.replicaNodes(), each.isrNodes()));
        }
        partitions.sort(Comparator.comparingInt(Partition::index));
        return new Topic(name, topic.topicId(), topic.isInternal(), List.copyOf(partitions));
    }

    /// The connection to a group's coordinator, once.
    Connection coordinator(String group) {
        var request = FindCoordinatorRequest.builder()
                .keyType((byte) 0)
                .coordinatorKeys(List.of(group))
                .build();
        var response = any().call(request, FindCoordinatorResponse::read);
        var found = response.coordinators().getFirst();
        var error = ErrorCode.of(found.errorCode());
        if (error != ErrorCode.NONE) {
            throw ClientException.answered(error, "finding the coordinator of group '" + group + "'", message(found));
        }
        synchronized (lock) {
            brokers.put(found.nodeId(), new ClientSettings.Endpoint(found.host(), found.port()));
        }
        return to(found.nodeId(), Use.GROUP);
    }

    private static @Nullable String message(FindCoordinatorResponse.Coordinator found) {
        return found.errorMessage();
    }

    /// Every broker known after a look at the cluster.
    List<Integer> nodes() {
        patiently(() -> refresh(List.of(), false));
        synchronized (lock) {
            return brokers.keySet().stream().sorted().toList();
        }
    }

    @Override
    public void close() {
        List<Connection> open;
        synchronized (lock) {
            closed = true;
            open = List.copyOf(lines.values());
            lines.clear();
        }
        open.forEach(Connection::close);
    }
}
