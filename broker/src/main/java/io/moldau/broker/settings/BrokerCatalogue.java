package io.moldau.broker.settings;

import static io.moldau.broker.settings.Setting.bool;
import static io.moldau.broker.settings.Setting.choice;
import static io.moldau.broker.settings.Setting.int32;
import static io.moldau.broker.settings.Setting.int64;
import static io.moldau.broker.settings.Setting.list;
import static io.moldau.broker.settings.Setting.unset;

import java.util.List;
import java.util.stream.Stream;

/// The broker settings, with Kafka's names and units. Defaults are Kafka's, except where a lone node is better
/// served: it listens on the loopback, keeps internal topics once, and a first rebalance does not wait.
final class BrokerCatalogue {
    static final String DATA_DIRECTORY = "moldau-data";

    /// Who the node is and how it listens.
    private static final List<Setting> NODE = List.of(
            int32("node.id", 1, 0, "", "The number of this node."),
            int32("broker.id", 1, 0, "", "The older name of node.id."),
            unset(
                    "broker.rack",
                    SettingType.STRING,
                    Check.text(),
                    "Where this node stands; consumers may prefer a near one."),
            list(
                    "process.roles",
                    "broker,controller",
                    Check.listOf("broker", "controller"),
                    "What this node does; a lone node does both."),
            list("listeners", "PLAINTEXT://127.0.0.1:9092", Check.endpoints(), "Where the node listens."),
            unset(
                    "advertised.listeners",
                    SettingType.LIST,
                    Check.endpoints(),
                    "Where clients are told to connect; the listeners if not set."),
            choice(
                    "listener.security.protocol.map",
                    "PLAINTEXT:PLAINTEXT",
                    Check.oneOf("PLAINTEXT:PLAINTEXT"),
                    "The security protocol of each listener."),
            choice(
                    "inter.broker.listener.name",
                    "PLAINTEXT",
                    Check.oneOf("PLAINTEXT"),
                    "The listener that brokers use."),
            list(
                    "log.dirs",
                    DATA_DIRECTORY,
                    Check.names(),
                    "The data directories; a new partition goes where there are the fewest. The first holds the metadata."),
            unset("log.dir", SettingType.STRING, Check.text(), "The data directory if log.dirs is not set."),
            int64(
                    "log.dir.reserve.bytes",
                    -1,
                    -1,
                    "bytes",
                    "Producers are refused when less than this is free on a data directory's volume; -1 takes 1 % of the"
                            + " volume, between 16 MiB and 1 GiB. Moldau's own."),
            int32(
                    "log.dir.direct.sync.bytes",
                    2 << 20,
                    0,
                    "bytes",
                    "A log with more bytes than this in a group of writes has its segment synced; the bytes of the others"
                            + " go through the journal. 0 syncs every segment, 2147483647 hardly any. Moldau's own."),
            int64(
                            "replica.alter.log.dirs.io.max.bytes.per.second",
                            Long.MAX_VALUE,
                            1,
                            "bytes",
                            "Bytes in a second, at most, that are copied when partitions move between log directories.")
                    .whileRunning(),
            int64(
                    "log.scrub.interval.ms",
                    0,
                    0,
                    "milliseconds",
                    "How often all closed segments are read and their checksums verified, slowly and in the background;"
                            + " 0 never. Moldau's own."),
            int32("num.network.threads", 2, 1, "threads", "Event loops; by default one for each core, two at most."),
            int32(
                    "socket.send.buffer.bytes",
                    102400,
                    -1,
                    "bytes",
                    "Send buffer of a connection; -1 leaves it to the system."),
            int32(
                    "socket.receive.buffer.bytes",
                    102400,
                    -1,
                    "bytes",
                    "Receive buffer of a connection; -1 leaves it to the system."),
            int32("socket.listen.backlog.size", 50, 1, "connections", "Connections that may wait to be accepted."),
            int32("socket.request.max.bytes", 104857600, 1, "bytes", "Largest request."),
            int64(
                    "queued.max.request.bytes",
                    -1,
                    -1,
                    "bytes",
                    "Bytes of requests in hand at once; -1 derives it from the memory."),
            int32("queued.max.requests", 500, 1, "requests", "Requests in hand at once."),
            int32("max.connections", Integer.MAX_VALUE, 0, "connections", "Connections at once.")
                    .whileRunning(),
            int32(
                            "max.connections.per.ip",
                            Integer.MAX_VALUE,
                            0,
                            "connections",
                            "Connections at once from one address.")
                    .whileRunning(),
            int64(
                    "connections.max.idle.ms",
                    600000,
                    -1,
                    "milliseconds",
                    "An idle connection is closed after this time; -1 never."),
            int32("request.timeout.ms", 30000, 1, "milliseconds", "How long a request between brokers may take."));

    /// Topics and requests.
    private static final List<Setting> TOPICS = List.of(
            bool("auto.create.topics.enable", true, "Whether a topic is created when a client first names it."),
            bool("delete.topic.enable", true, "Whether topics may be deleted."),
            int32("num.partitions", 1, 1, "partitions", "Partitions of a topic created without a number."),
            int32("default.replication.factor", 1, 1, "replicas", "Replicas of a topic created without a number."),
            int32("min.insync.replicas", 1, 1, "replicas", "Default of the topic setting min.insync.replicas.")
                    .whileRunning(),
            bool(
                            "unclean.leader.election.enable",
                            false,
                            "Default of the topic setting unclean.leader.election.enable.")
                    .whileRunning(),
            bool(
                    "auto.leader.rebalance.enable",
                    true,
                    "Whether leadership returns to the preferred replica by itself."),
            int32("message.max.bytes", 1048588, 0, "bytes", "Default of the topic setting max.message.bytes.")
                    .whileRunning(),
            int32("fetch.max.bytes", 57671680, 1024, "bytes", "Most bytes in one fetch answer."),
            int32("max.incremental.fetch.session.cache.slots", 1000, 0, "sessions", "Fetch sessions kept."),
            int32(
                    "replica.fetch.max.bytes",
                    1048576,
                    0,
                    "bytes",
                    "Most bytes of one partition a follower fetches at once."),
            int64("replica.lag.time.max.ms", 30000, 1, "milliseconds", "A follower behind for longer leaves the ISR."),
            choice(
                            "compression.type",
                            "producer",
                            Check.oneOf("producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"),
                            "Default of the topic setting compression.type.")
                    .whileRunning(),
            Setting.of(
                            "compression.gzip.level",
                            SettingType.INT,
                            "-1",
                            Check.gzipLevel(),
                            "Default of the topic setting compression.gzip.level.")
                    .whileRunning(),
            Setting.of(
                            "compression.lz4.level",
                            SettingType.INT,
                            "9",
                            Check.whole(1, 17, ""),
                            "Default of the topic setting compression.lz4.level.")
                    .whileRunning(),
            Setting.of(
                            "compression.zstd.level",
                            SettingType.INT,
                            "3",
                            Check.whole(-131072, 22, ""),
                            "Default of the topic setting compression.zstd.level.")
                    .whileRunning(),
            int32("quota.window.num", 11, 1, "samples", "Samples kept for quotas."),
            int32("quota.window.size.seconds", 1, 1, "seconds", "Length of a sample for quotas."),
            int32(
                    "controller.quota.window.num",
                    11,
                    1,
                    "samples",
                    "Samples kept for the quota of creating and deleting partitions."),
            int32(
                    "controller.quota.window.size.seconds",
                    1,
                    1,
                    "seconds",
                    "Length of a sample for the quota of creating and deleting partitions."));

    static final Catalogue ALL = new Catalogue(
            "broker",
            Stream.of(
                            NODE,
                            TOPICS,
                            BrokerLogCatalogue.ALL,
                            BrokerGroupCatalogue.ALL,
                            BrokerTransactionCatalogue.ALL,
                            BrokerShareCatalogue.ALL)
                    .flatMap(List::stream)
                    .toList());

    /// Kafka's settings for what this version does not do. To take them and do nothing would be a lie that costs
    /// somebody his data or his secrets.
    private static final List<String> NOT_YET = List.of(
            "advertised.controller.",
            "allow.everyone.if.no.acl.found",
            "authorizer.class.name",
            "client.quota.callback.class",
            "controller.",
            "delegation.token.",
            "group.share.initialize.retry.interval.ms",
            "group.share.persister.class.name",
            "metric.reporters",
            "password.encoder.",
            "principal.builder.class",
            "remote.log.",
            "sasl.",
            "security.",
            "share.coordinator.append.linger.ms",
            "share.coordinator.cached.buffer.max.bytes",
            "share.coordinator.cold.partition.snapshot.interval.ms",
            "share.coordinator.load.buffer.size",
            "share.coordinator.state.topic.compression.codec",
            "share.coordinator.state.topic.prune.interval.ms",
            "share.coordinator.threads",
            "share.coordinator.write.timeout.ms",
            "ssl.",
            "super.users",
            "zookeeper.");

    private BrokerCatalogue() {}

    static boolean notYet(String name) {
        return ALL.find(name).isEmpty()
                && NOT_YET.stream()
                        .anyMatch(prefix -> prefix.endsWith(".") ? name.startsWith(prefix) : name.equals(prefix));
    }
}
