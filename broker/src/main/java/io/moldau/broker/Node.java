package io.moldau.broker;

import io.moldau.broker.settings.BrokerSettings;
import io.moldau.broker.settings.Endpoint;
import io.moldau.broker.settings.SettingsException;
import io.moldau.environment.DecisionJournal;
import io.moldau.environment.Environment;
import io.moldau.groups.GroupCoordinator;
import io.moldau.metadata.ConfigResource;
import io.moldau.metadata.Controller;
import io.moldau.metadata.LocalMetadataLog;
import io.moldau.metadata.MetadataRecord;
import io.moldau.metadata.TopicDecisions;
import io.moldau.network.NetworkServer;
import io.moldau.protocol.ApiKey;
import io.moldau.protocol.message.ApiVersionsRequest;
import io.moldau.replication.Partition;
import io.moldau.replication.Partitions;
import io.moldau.security.quotas.Quotas;
import io.moldau.storage.Cleaner;
import io.moldau.storage.LogDirectories;
import io.moldau.storage.LogDirectory;
import io.moldau.storage.LogDirectorySettings;
import io.moldau.storage.LogMoves;
import io.moldau.storage.PartitionId;
import io.moldau.storage.Scrub;
import io.moldau.transactions.HangingTransactions;
import io.moldau.transactions.TransactionCoordinator;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A lone node: everything from the data directory to the listening sockets, started and stopped as one.
public final class Node implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Node.class);
    private static final String METADATA_FOLDER = "metadata";

    private final Environment environment;
    private final BrokerSettings settings;
    private final RoomSettings rooms;
    private final LogDirectories directories;
    private final Controller controller;
    private final Partitions partitions;
    private final Cleaner cleaner;
    private final LogMoves moves;
    private final LiveSettings live;
    private final List<NetworkServer> servers = new ArrayList<>();
    private final DecisionJournal journal;
    private final AtomicBoolean closed = new AtomicBoolean();
    private @Nullable Scrub scrub;
    private @Nullable HangingTransactions hanging;

    /// Starts a node with these settings (Kafka's names). Returns when clients may connect.
    public static Node start(Environment environment, Map<String, String> settings) throws StartupException {
        BrokerSettings parsed;
        try {
            parsed = BrokerSettings.parse(settings);
        } catch (SettingsException refused) {
            throw new StartupException(String.valueOf(refused.getMessage()), refused);
        }
        var directories = openDirectories(environment, parsed);
        try {
            var node = new Node(
                    environment,
                    parsed,
                    directories,
                    openController(environment, directories.all().getFirst().path()));
            node.listen();
            return node;
        } catch (StartupException | RuntimeException failure) {
            directories.close();
            throw failure;
        }
    }

    /// The first directory also holds the metadata: without it there is no start.
    private static LogDirectories openDirectories(Environment environment, BrokerSettings settings)
            throws StartupException {
        var paths = settings.logDirectories().stream().map(Path::of).toList();
        var first = paths.getFirst();
        try {
            environment.disk().createDirectories(first);
        } catch (IOException failure) {
            throw new StartupException(
                    "Cannot create the data directory " + first + " (" + reason(failure)
                            + "): choose another with --data, or change its permissions.",
                    failure);
        }
        try {
            for (var path : paths) {
                if (!path.equals(first) && hasMetadata(environment, path) && !hasMetadata(environment, first)) {
                    throw new StartupException("Cannot use the data directory " + first
                            + ": the cluster's metadata is in " + path + "; put that one first in log.dirs.");
                }
            }
            var how = LogDirectorySettings.DEFAULTS.with(it -> it.reserveBytes(settings.int64("log.dir.reserve.bytes"))
                    .directSyncBytes(settings.int32("log.dir.direct.sync.bytes")));
            return LogDirectories.open(environment, paths, how);
        } catch (IOException failure) {
            throw new StartupException(
                    "Cannot use the data directory " + first + ": " + reason(failure) + ".", failure);
        }
    }

    private static boolean hasMetadata(Environment environment, Path path) throws IOException {
        return environment.disk().exists(path.resolve(METADATA_FOLDER).resolve("metadata.log"));
    }

    private static Controller openController(Environment environment, Path path) throws StartupException {
        try {
            var folder = path.resolve(METADATA_FOLDER);
            environment.disk().createDirectories(folder);
            environment.disk().syncDirectory(path);
            var log = LocalMetadataLog.open(environment.disk(), folder);
            return Controller.open(
                    log,
                    environment.threads(),
                    NodeContext.randomUuid(environment).toString());
        } catch (IOException failure) {
            throw new StartupException(
                    "Cannot read the metadata log in " + path + ": " + reason(failure) + ".", failure);
        }
    }

    private static String reason(IOException failure) {
        return failure instanceof AccessDeniedException ? "permission denied" : String.valueOf(failure.getMessage());
    }

    private Node(Environment environment, BrokerSettings settings, LogDirectories directories, Controller controller) {
        this.environment = environment;
        this.settings = settings;
        this.rooms = new RoomSettings(settings);
        this.directories = directories;
        this.controller = controller;
        this.journal = new DecisionJournal(environment.clock());
        int nodeId = settings.int32("node.id");
        this.live = new LiveSettings(settings, nodeId, controller.image());
        this.partitions =
                new Partitions(directories, (image, topic) -> TopicLogs.settings(image, topic, live.settings(image)));
        this.cleaner = new Cleaner(environment, directories::logs, () -> CleanerRules.of(live.current()), this::note);
        this.moves = new LogMoves(
                environment,
                partitions,
                () -> live.current().int64("replica.alter.log.dirs.io.max.bytes.per.second"),
                this::note);
    }

    private void listen() throws StartupException {
        int nodeId = settings.int32("node.id");
        var quotas = new Quotas(rooms.windows("quota"), rooms.windows("controller.quota"), controller.image());
        controller.listen(quotas);
        var context = new NodeContext(
                nodeId,
                environment,
                live,
                controller,
                new TopicDecisions(List.of(nodeId), () -> NodeContext.randomUuid(environment)),
                partitions,
                new AdvertisedAddresses(settings.advertisedListeners()),
                journal,
                quotas);
        var shares = ShareHandlers.of(context);
        var groups = new GroupCoordinator(
                environment,
                rooms.groups(),
                new TopicsView(controller),
                this::groupConfig,
                () -> NodeContext.randomUuid(environment).toString(),
                shares.keeper(new TopicCreation(context)),
                journal);
        var producerIds = new ProducerIdBlocks(controller);
        var markers = new TransactionMarkers(controller, partitions, groups);
        var transactions = new TransactionCoordinator(
                environment,
                rooms.transactions(),
                markers,
                producerIds,
                () -> new TopicsView(controller).partitions(TransactionCoordinator.TOPIC),
                journal);
        partitions.listen(groups);
        partitions.listen(transactions);
        partitions.listen(shares.store());
        partitions.listen(shares.partitions());
        controller.listen(live);
        controller.listen(partitions);
        controller.listen((records, image) -> tell(groups, records));
        partitions.open(controller.image());
        var table = Handlers.table(context, directories, moves, groups, transactions, producerIds);
        shares.register(table, context, groups);
        var apiVersions = new ApiVersionsAnswer(table, Features.ALL);
        table.with(ApiKey.API_VERSIONS, ApiVersionsRequest.class, apiVersions);
        var dispatcher =
                new RequestDispatcher(table, apiVersions, shares.sessions()::closed, quotas, environment.clock());
        for (var endpoint : settings.listeners()) {
            servers.add(open(endpoint, dispatcher));
        }
        cleaner.start();
        long scrubMs = settings.int64("log.scrub.interval.ms");
        if (scrubMs > 0) {
            scrub = new Scrub(
                    environment,
                    () -> partitions.all().stream().map(Partition::log).toList(),
                    scrubMs);
            scrub.start();
        }
        hanging = new HangingTransactions(environment, transactions, markers, this::openTransactions, journal);
        int hangingMs = settings.int32("transaction.hanging.check.interval.ms");
        if (hangingMs > 0) {
            hanging.start(hangingMs);
        }
        environment.timers().schedule(settings.int64("log.retention.check.interval.ms"), this::retain);
    }

    private static void tell(GroupCoordinator groups, List<MetadataRecord> records) {
        boolean changed = false;
        for (var record : records) {
            changed |=
                    record instanceof MetadataRecord.PartitionChanged || record instanceof MetadataRecord.TopicDeleted;
        }
        if (changed) {
            groups.topicsChanged();
        }
    }

    private NetworkServer open(Endpoint endpoint, RequestDispatcher dispatcher) throws StartupException {
        var address = endpoint.host().isEmpty()
                ? new InetSocketAddress(endpoint.port())
                : new InetSocketAddress(endpoint.host(), endpoint.port());
        if (address.isUnresolved()) {
            closeServers();
            throw new StartupException(
                    "The host \"" + endpoint.host() + "\" in listeners=" + endpoint + " cannot be resolved.");
        }
        var network = rooms.network(address, endpoint.listener());
        try {
            return NetworkServer.start(environment, network, dispatcher);
        } catch (BindException taken) {
            closeServers();
            throw new StartupException(
                    "Cannot listen on " + address.getHostString() + ":" + address.getPort() + " (" + taken.getMessage()
                            + "): another program has the port, or the address is not this machine's; choose another"
                            + " port with --port.",
                    taken);
        } catch (IOException failure) {
            closeServers();
            throw new StartupException(
                    "Cannot listen on " + address.getHostString() + ":" + address.getPort() + ": "
                            + failure.getMessage(),
                    failure);
        }
    }

    private int groupConfig(String group, String name) {
        if (name.startsWith("group.")) {
            return live.current().int32(name);
        }
        var own = controller.image().config(new ConfigResource(ConfigResource.Type.GROUP, group));
        return io.moldau.broker.settings.GroupSettings.int32(name, own, live.current());
    }

    private void retain() {
        if (closed.get()) {
            return;
        }
        environment.threads().blocking().execute(() -> {
            if (!closed.get()) {
                partitions.retain(environment.clock().wallMs(), this::noteRetention);
            }
        });
        environment.timers().schedule(live.current().int64("log.retention.check.interval.ms"), this::retain);
    }

    private List<HangingTransactions.Open> openTransactions() {
        var open = new ArrayList<HangingTransactions.Open>();
        for (var partition : partitions.all()) {
            try {
                for (var producer : partition.log().transactions().open()) {
                    open.add(new HangingTransactions.Open(partition.id(), producer));
                }
            } catch (IOException failed) {
                LOG.debug("Whether transactions hang in {} is not known", partition.id(), failed);
            }
        }
        return open;
    }

    private void note(PartitionId partition, String what) {
        journal.note(DecisionJournal.Kind.TOPIC, partition.topic(), "partition " + partition.partition() + ": " + what);
    }

    private void noteRetention(PartitionId partition, long start) {
        journal.note(
                DecisionJournal.Kind.TOPIC,
                partition.topic(),
                "partition " + partition.partition() + ": the records below offset " + start
                        + " were deleted, as retention.ms, retention.bytes or a DeleteRecords request say");
    }

    /// Where the node listens; the first address if there are several.
    public InetSocketAddress address() {
        return servers.getFirst().address();
    }

    /// Bytes of requests read and not answered yet.
    public long heldRequestBytes() {
        return servers.stream().mapToLong(NetworkServer::heldBytes).sum();
    }

    /// The durability that topics have by default.
    public String durability() {
        return live.current().string("log.durability");
    }

    /// The data directories; the first also holds the metadata.
    public List<Path> dataDirectories() {
        return directories.all().stream().map(LogDirectory::path).toList();
    }

    /// What the person who started the node should know: what recovery found and did.
    public List<String> notes() {
        boolean one = directories.all().size() == 1;
        return directories.all().stream()
                .map(directory -> (one ? "" : directory.path() + ": ")
                        + directory
                                .failure()
                                .orElseGet(() -> directory.recovery().summary()))
                .toList();
    }

    private void closeServers() {
        servers.forEach(NetworkServer::close);
        servers.clear();
    }

    /// Stops cleanly: no new requests, everything on disk, a marker that the next start need not scan.
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        servers.forEach(NetworkServer::close);
        moves.close();
        cleaner.close();
        if (hanging != null) {
            hanging.close();
        }
        if (scrub != null) {
            scrub.close();
        }
        try {
            controller.close();
        } catch (IOException failure) {
            LOG.error("Closing the metadata log failed", failure);
        }
        directories.close();
    }
}
