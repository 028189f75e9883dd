package io.moldau.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moldau.environment.Environment;
import io.moldau.records.Compression;
import io.moldau.storage.SegmentDump;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigSource;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every topic setting of Kafka 4.3, as Kafka's own clients see it.
class TopicSettingsTest {
    private static final String MAX = Long.toString(Long.MAX_VALUE);
    private static final ConfigResource ORDERS = new ConfigResource(ConfigResource.Type.TOPIC, "orders");

    /// @param legal another value than the default, or the default where there is no other
    /// @param allowed part of what a refusal says
    private record Row(String name, String byDefault, String legal, String illegal, String allowed) {
        boolean canChange() {
            return !legal.equals(byDefault);
        }
    }

    private static final List<Row> ROWS = List.of(
            new Row("cleanup.policy", "delete", "compact", "shred", "delete, compact"),
            new Row("compression.gzip.level", "-1", "6", "0", "from 1 to 9"),
            new Row("compression.lz4.level", "9", "3", "18", "from 1 to 17"),
            new Row("compression.type", "producer", "zstd", "rar", "producer, uncompressed, gzip, snappy, lz4, zstd"),
            new Row("compression.zstd.level", "3", "-5", "23", "to 22"),
            new Row("delete.retention.ms", "86400000", "1000", "-1", "at least 0"),
            new Row("file.delete.delay.ms", "60000", "1000", "-1", "at least 0"),
            new Row("flush.messages", MAX, "1", "0", "at least 1"),
            new Row("flush.ms", MAX, "1000", "-1", "at least 0"),
            new Row("follower.replication.throttled.replicas", "", "0:1", "one", "PARTITION:BROKER"),
            new Row("leader.replication.throttled.replicas", "", "*", "0-1", "PARTITION:BROKER"),
            new Row("index.interval.bytes", "4096", "100", "-1", "at least 0"),
            new Row("local.retention.bytes", "-2", "-2", "1000", "no tiered storage"),
            new Row("local.retention.ms", "-2", "-2", "1000", "no tiered storage"),
            new Row("max.compaction.lag.ms", MAX, "1000", "0", "at least 1"),
            new Row("max.message.bytes", "1048588", "2000", "-1", "at least 0"),
            new Row("message.timestamp.after.max.ms", "3600000", "1000", "-1", "at least 0"),
            new Row("message.timestamp.before.max.ms", MAX, "1000", "-1", "at least 0"),
            new Row("message.timestamp.type", "CreateTime", "LogAppendTime", "Noon", "CreateTime, LogAppendTime"),
            new Row("min.cleanable.dirty.ratio", "0.5", "0.1", "2", "from 0.0 to 1.0"),
            new Row("min.compaction.lag.ms", "0", "1000", "-1", "at least 0"),
            new Row("min.insync.replicas", "1", "2", "0", "at least 1"),
            new Row("preallocate", "false", "false", "true", "recovery relies on"),
            new Row("remote.log.copy.disable", "false", "false", "true", "no tiered storage"),
            new Row("remote.log.delete.on.disable", "false", "false", "true", "no tiered storage"),
            new Row("remote.storage.enable", "false", "false", "true", "no tiered storage"),
            new Row("retention.bytes", "-1", "1000", "-2", "at least -1"),
            new Row("retention.ms", "604800000", "1000", "soon", "a whole number of milliseconds"),
            new Row("segment.bytes", "1073741824", "1048576", "13", "at least 14"),
            new Row("segment.index.bytes", "10485760", "1000", "3", "at least 4"),
            new Row("segment.jitter.ms", "0", "1000", "-1", "at least 0"),
            new Row("segment.ms", "604800000", "1000", "0", "at least 1"),
            new Row("unclean.leader.election.enable", "false", "true", "maybe", "true or false"));

    @Test
    void everySettingHasKafkasDefaultTakesALegalValueAndRefusesOthersWithWhatIsAllowed(@TempDir Path directory)
            throws Exception {
        assertThat(ROWS).hasSize(33);
        try (var node = RunningNode.in(directory);
                var admin = admin(node)) {
            create(admin, Map.of());
            var before = described(admin);
            assertThat(before.entries()).hasSize(ROWS.size() + 1);
            for (var row : ROWS) {
                var entry = Objects.requireNonNull(before.get(row.name), row.name);
                assertThat(entry.value()).as(row.name).isEqualTo(row.byDefault);
                assertThat(entry.source()).as(row.name).isEqualTo(ConfigSource.DEFAULT_CONFIG);
                assertThatThrownBy(() -> alter(admin, row.name, row.illegal))
                        .as(row.name)
                        .isInstanceOf(ExecutionException.class)
                        .cause()
                        .isInstanceOf(InvalidConfigurationException.class)
                        .hasMessageContaining(row.name)
                        .hasMessageContaining(row.allowed);
                alter(admin, row.name, row.legal);
            }
            var after = described(admin);
            for (var row : ROWS) {
                var entry = Objects.requireNonNull(after.get(row.name), row.name);
                assertThat(entry.value()).as(row.name).isEqualTo(row.legal);
                assertThat(entry.source()).as(row.name).isEqualTo(ConfigSource.DYNAMIC_TOPIC_CONFIG);
            }
            assertThat(ROWS.stream().filter(Row::canChange)).hasSize(27);
        }
    }

    @Test
    void retentionAndSegmentChangesActWithoutARestart(@TempDir Path directory) throws Exception {
        try (var node = RunningNode.in(directory, Map.of("log.retention.check.interval.ms", "50"));
                var admin = admin(node);
                var producer = producer(node, Map.of())) {
            create(admin, Map.of());
            // Given: older and newer records in segments of their own
            alter(admin, "segment.ms", "1000");
            long now = System.currentTimeMillis();
            for (long age : new long[] {60_000, 40_000, 20_000, 0}) {
                send(producer, now - age, "k", "x".repeat(1000));
            }
            assertThat(earliest(admin)).isEqualTo(0);
            // When
            alter(admin, "retention.ms", "30000");
            // Then
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> earliest(admin) == 2);
            alter(admin, "retention.bytes", "500");
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> earliest(admin) == 3);
        }
    }

    @Test
    void tombstonesGoWhenDeleteRetentionIsLoweredWithoutARestart(@TempDir Path directory) throws Exception {
        try (var node = RunningNode.in(
                        directory, Map.of("log.cleaner.backoff.ms", "50", "log.retention.check.interval.ms", "50"));
                var admin = admin(node);
                var producer = producer(node, Map.of())) {
            create(admin, Map.of("cleanup.policy", "compact", "min.cleanable.dirty.ratio", "0.01"));
            alter(admin, "delete.retention.ms", "0");
            alter(admin, "segment.ms", "1000");
            long now = System.currentTimeMillis();
            send(producer, now - 100_000, "gone", "value");
            send(producer, now - 90_000, "gone", null);
            // Then: a pass sets the tombstone's horizon, a later one, with something new to clean, takes it away
            Awaitility.await()
                    .atMost(Duration.ofSeconds(40))
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> {
                        send(producer, System.currentTimeMillis() - 50_000, "stays", "value");
                        send(producer, System.currentTimeMillis(), "stays", "value");
                        return !keys(node).contains("gone");
                    });
        }
    }

    @Test
    void batchesAreKeptWithTheTopicsCodec(@TempDir Path directory) throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node)) {
            create(admin, Map.of());
            for (var kept : List.of("zstd", "gzip", "lz4", "snappy", "uncompressed", "producer")) {
                alter(admin, "compression.type", kept);
                for (var sent : List.of("none", "lz4")) {
                    try (var producer = producer(node, Map.of("compression.type", sent))) {
                        send(producer, System.currentTimeMillis(), "key", kept + " " + sent);
                    }
                }
            }
            assertThat(values(node)).hasSize(12).contains("zstd none", "uncompressed lz4", "producer none");
            var codecs = new ArrayList<Compression>();
            try (var dump = SegmentDump.open(Environment.real().disk(), segment(directory))) {
                for (var entry = dump.next(); entry.isPresent(); entry = dump.next()) {
                    codecs.add(entry.get().batch().compression());
                }
            }
            assertThat(codecs)
                    .containsExactly(
                            Compression.ZSTD,
                            Compression.ZSTD,
                            Compression.GZIP,
                            Compression.GZIP,
                            Compression.LZ4,
                            Compression.LZ4,
                            Compression.SNAPPY,
                            Compression.SNAPPY,
                            Compression.NONE,
                            Compression.NONE,
                            Compression.NONE,
                            Compression.LZ4);
        }
    }

    @Test
    void refusedRecordsAreNamedAndTheReasonReachesTheProducer(@TempDir Path directory) throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node);
                var producer = producer(node, Map.of("linger.ms", "200"))) {
            create(admin, Map.of("message.timestamp.before.max.ms", "60000"));
            long now = System.currentTimeMillis();
            var good = producer.send(new ProducerRecord<>("orders", 0, now, "k", "good"));
            var old = producer.send(new ProducerRecord<>("orders", 0, now - 120_000, "k", "old"));
            assertThatThrownBy(old::get)
                    .cause()
                    .isInstanceOfAny(InvalidTimestampException.class, InvalidRecordException.class)
                    .hasMessageContaining("message.timestamp.before.max.ms");
            assertThatThrownBy(good::get).cause().hasMessageContaining("part of a batch");
            alter(admin, "cleanup.policy", "compact");
            assertThatThrownBy(() -> send(producer, now, null, "no key"))
                    .cause()
                    .isInstanceOf(InvalidRecordException.class)
                    .hasMessageContaining("no key");
        }
    }

    @Test
    void moreReplicasThanThereAreMeansNoAcksAll(@TempDir Path directory) throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node);
                var all = producer(node, Map.of("acks", "all", "retries", "0", "enable.idempotence", "false"));
                var one = producer(node, Map.of("acks", "1"))) {
            create(admin, Map.of("min.insync.replicas", "2"));
            assertThatThrownBy(() -> send(all, System.currentTimeMillis(), "k", "v"))
                    .cause()
                    .isInstanceOf(NotEnoughReplicasException.class);
            send(one, System.currentTimeMillis(), "k", "v");
        }
    }

    private static Admin admin(RunningNode node) {
        return Admin.create(Map.of("bootstrap.servers", node.bootstrap()));
    }

    private static void create(Admin admin, Map<String, String> settings) throws Exception {
        admin.createTopics(List.of(new NewTopic("orders", 1, (short) 1).configs(settings)))
                .all()
                .get();
    }

    private static void alter(Admin admin, String name, String value) throws Exception {
        Map<ConfigResource, Collection<AlterConfigOp>> changes =
                Map.of(ORDERS, List.of(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)));
        admin.incrementalAlterConfigs(changes).all().get();
    }

    private static Config described(Admin admin) throws Exception {
        return Objects.requireNonNull(
                admin.describeConfigs(List.of(ORDERS)).all().get().get(ORDERS));
    }

    private static KafkaProducer<String, String> producer(RunningNode node, Map<String, String> more) {
        var settings = new HashMap<String, Object>(more);
        settings.put("bootstrap.servers", node.bootstrap());
        settings.putIfAbsent("enable.idempotence", !more.containsKey("acks"));
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    private static void send(
            KafkaProducer<String, String> producer, long timestamp, @Nullable String key, @Nullable String value)
            throws Exception {
        producer.send(new ProducerRecord<>("orders", 0, timestamp, key, value)).get();
    }

    private static long earliest(Admin admin) throws Exception {
        var partition = new TopicPartition("orders", 0);
        return admin.listOffsets(Map.of(partition, OffsetSpec.earliest()))
                .partitionResult(partition)
                .get()
                .offset();
    }

    private static List<String> keys(RunningNode node) {
        return read(node, true);
    }

    private static List<String> values(RunningNode node) {
        return read(node, false);
    }

    private static List<String> read(RunningNode node, boolean keys) {
        var texts = new ArrayList<String>();
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of("bootstrap.servers", node.bootstrap(), "auto.offset.reset", "earliest"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            var partition = new TopicPartition("orders", 0);
            consumer.assign(List.of(partition));
            long end = Objects.requireNonNull(
                    consumer.endOffsets(List.of(partition)).get(partition));
            while (consumer.position(partition) < end) {
                for (var record : consumer.poll(Duration.ofMillis(100))) {
                    var bytes = keys ? record.key() : record.value();
                    texts.add(bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8));
                }
            }
        }
        return texts;
    }

    private static Path segment(Path directory) {
        return directory.resolve("orders-0").resolve("00000000000000000000.log");
    }
}
