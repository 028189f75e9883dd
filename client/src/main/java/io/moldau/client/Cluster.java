package io.moldau.client;

import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Request;
import io.moldau.protocol.Response;
import io.moldau.protocol.message.FindCoordinatorRequest;
import io.moldau.protocol.message.FindCoordinatorResponse;
import io.moldau.protocol.message.MetadataRequest;
import io.moldau.protocol.message.MetadataRequest.MetadataRequestTopic;
import io.moldau.protocol.message.MetadataResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The connections to a cluster and what is known of its topics.
public final class Cluster implements AutoCloseable {
    private static final int RETRY_MS = 100;
    private static final int FIRST_CONTACT_MS = 3_000;
    /// The connection to whichever bootstrap address answers.
    private static final int ANY = -1;
    private static final byte GROUP = 0;
    private static final byte TRANSACTION = 1;
    /// Newest versions that name topics by name rather than id.
    static final int ANY_VERSION = Short.MAX_VALUE;

    private final ClientSettings settings;
    private final Map<Integer, Connection> connections = new HashMap<>();
    private final Map<Integer, ClientSettings.Address> nodes = new TreeMap<>();
    private final Map<String, TopicInfo> topics = new TreeMap<>();
    private int controller = ANY;
    private String id = "";

    public Cluster(ClientSettings settings) {
        this.settings = settings;
    }

    ClientSettings settings() {
        return settings;
    }

    long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(settings.environment().clock().nanos());
    }

    /// The brokers by their node ids, as of the last [#refresh].
    public Map<Integer, ClientSettings.Address> nodes() {
        return Map.copyOf(nodes);
    }

    /// The cluster's id, as of the last [#refresh].
    public String id() {
        return id;
    }

    /// Does `call` until it works, the failure is a lasting one, or the time is up.
    <T> T retrying(Supplier<T> call) {
        // Before the first contact a wrong address is likelier than a broker that is just starting.
        int patienceMs = nodes.isEmpty() ? Math.min(settings.timeoutMs(), FIRST_CONTACT_MS) : settings.timeoutMs();
        long deadline = nowMs() + patienceMs;
        while (true) {
            try {
                return call.get();
            } catch (ClientException failure) {
                if (!failure.mayPass() || nowMs() + RETRY_MS > deadline) {
                    throw failure;
                }
                pause(RETRY_MS);
            }
        }
    }

    static void pause(long ms) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(ms));
    }

    /// Asks for topics by name, or for all of them if `names` is empty. Unknown topics are left out unless
    /// `create` lets the server create them.
    public void refresh(Collection<String> names, boolean create) {
        var asked = names.stream()
                .map(name -> MetadataRequestTopic.builder().name(name).build())
                .toList();
        var request = MetadataRequest.builder()
                .topics(names.isEmpty() ? null : asked)
                .allowAutoTopicCreation(create)
                .build();
        var answer = (MetadataResponse) call(ANY, request, ANY_VERSION);
        ClientException.check(answer.errorCode(), null, "Asking for metadata");
        id = answer.clusterId() == null ? "" : answer.clusterId();
        controller = answer.controllerId();
        for (var broker : answer.brokers()) {
            var address = new ClientSettings.Address(broker.host(), broker.port());
            var before = nodes.put(broker.nodeId(), address);
            if (before != null && !before.equals(address)) {
                drop(broker.nodeId());
            }
        }
        if (names.isEmpty()) {
            topics.clear();
        }
        names.forEach(topics::remove);
        for (var topic : answer.topics()) {
            var name = topic.name();
            if (topic.errorCode() == ErrorCode.NONE.code() && name != null) {
                topics.put(name, info(name, topic));
            } else if (topic.errorCode() == ErrorCode.INVALID_TOPIC_EXCEPTION.code()) {
                throw ClientException.of(topic.errorCode(), null, "Topic '" + name + "'");
            }
        }
    }

    private static TopicInfo info(String name, MetadataResponse.MetadataResponseTopic topic) {
        var partitions = new ArrayList<TopicInfo.PartitionInfo>();
        topic.partitions().stream()
                .sorted((left, right) -> Integer.compare(left.partitionIndex(), right.partitionIndex()))
                .forEach(each -> partitions.add(new TopicInfo.PartitionInfo(
                        each.partitionIndex(),
                        each.leaderId(),
                        each.leaderEpoch(),
                        each.replicaNodes(),
                        each.isrNodes())));
        return new TopicInfo(name, topic.topicId(), topic.isInternal(), partitions);
    }

    /// All topics, asked anew.
    public List<TopicInfo> allTopics() {
        return retrying(() -> {
            refresh(List.of(), false);
            return List.copyOf(topics.values());
        });
    }

    /// A topic, from memory if it is there. Fails if there is none.
    public TopicInfo topic(String name, boolean create) {
        var known = topics.get(name);
        if (known != null) {
            return known;
        }
        return retrying(() -> {
            refresh(List.of(name), create);
            var found = topics.get(name);
            if (found == null && !create) {
                throw new ClientException(
                        ErrorCode.INVALID_TOPIC_EXCEPTION,
                        "There is no topic '" + name + "'. Create it with: moldau topics create " + name);
            }
            if (found == null || found.partitions().isEmpty()) {
                throw new ClientException(ErrorCode.LEADER_NOT_AVAILABLE, "Topic '" + name + "' is not ready.");
            }
            return found;
        });
    }

    void forget(String topic) {
        topics.remove(topic);
    }

    /// Node that leads a partition.
    int leader(TopicPartition partition) {
        var info = topic(partition.topic(), false);
        if (partition.partition() < 0
                || partition.partition() >= info.partitions().size()) {
            throw new ClientException(
                    ErrorCode.INVALID_PARTITIONS,
                    "Topic '" + info.name() + "' has partitions 0 to "
                            + (info.partitions().size() - 1) + ", not " + partition.partition() + ".");
        }
        int leader = info.partitions().get(partition.partition()).leader();
        if (leader < 0) {
            forget(partition.topic());
            throw new ClientException(ErrorCode.LEADER_NOT_AVAILABLE, "Partition " + partition + " has no leader.");
        }
        return leader;
    }

    /// Node that coordinates a group.
    int coordinator(String group) {
        return coordinator(GROUP, group);
    }

    int transactionCoordinator(String transactionalId) {
        return coordinator(TRANSACTION, transactionalId);
    }

    private int coordinator(byte type, String key) {
        return retrying(() -> {
            var request =
                    FindCoordinatorRequest.builder().key(key).keyType(type).build();
            var answer = (FindCoordinatorResponse) call(ANY, request, 3);
            ClientException.check(answer.errorCode(), answer.errorMessage(), "Finding the coordinator of " + key);
            nodes.put(answer.nodeId(), new ClientSettings.Address(answer.host(), answer.port()));
            return answer.nodeId();
        });
    }

    Response callAny(Request request) {
        return call(ANY, request, ANY_VERSION);
    }

    Response callController(Request request) {
        if (!nodes.containsKey(controller)) {
            refresh(List.of(), false);
        }
        return call(nodes.containsKey(controller) ? controller : ANY, request, ANY_VERSION);
    }

    Response call(int node, Request request, int newest) {
        send(node, request, newest);
        return receive(node);
    }

    boolean offers(ApiKey api) {
        try {
            return connection(ANY).offers(api);
        } catch (IOException failure) {
            throw broken(ANY, failure);
        }
    }

    void send(int node, Request request, int newest) {
        try {
            connection(node).send(request, newest);
        } catch (IOException failure) {
            throw broken(node, failure);
        }
    }

    Response receive(int node) {
        try {
            return connection(node).receive();
        } catch (IOException failure) {
            throw broken(node, failure);
        }
    }

    void expectNothing(int node) {
        try {
            connection(node).expectNothing();
        } catch (IOException failure) {
            throw broken(node, failure);
        }
    }

    private Connection connection(int node) throws IOException {
        var open = connections.get(node);
        if (open == null) {
            open = node == ANY ? openAny() : open(address(node));
            connections.put(node, open);
        }
        return open;
    }

    private ClientSettings.Address address(int node) {
        var address = nodes.get(node);
        if (address == null) {
            throw new ClientException(ErrorCode.BROKER_NOT_AVAILABLE, "No broker has the id " + node + ".");
        }
        return address;
    }

    private Connection open(ClientSettings.Address address) throws IOException {
        return Connection.open(address.host(), address.port(), settings.clientId(), settings.timeoutMs());
    }

    private Connection openAny() throws IOException {
        @Nullable IOException last = null;
        for (var address : settings.bootstrap()) {
            try {
                return open(address);
            } catch (IOException failure) {
                last = failure;
            }
        }
        throw last == null ? new IOException("no address is given") : last;
    }

    void drop(int node) {
        var broken = connections.remove(node);
        if (broken != null) {
            broken.close();
        }
    }

    private ClientException broken(int node, IOException failure) {
        drop(node);
        var where = node == ANY || !nodes.containsKey(node)
                ? settings.bootstrap().toString().replace("[", "").replace("]", "")
                : address(node).toString();
        var why = failure.getMessage() == null ? "the connection was closed" : failure.getMessage();
        return new ClientException(
                ErrorCode.NETWORK_EXCEPTION,
                "Cannot talk to the broker at " + where + ": " + why + ". Is it running (./moldau start)?",
                failure);
    }

    @Override
    public void close() {
        connections.values().forEach(Connection::close);
        connections.clear();
    }
}
