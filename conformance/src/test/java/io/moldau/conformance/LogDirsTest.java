package io.moldau.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moldau.client.ClientSettings;
import io.moldau.client.Cluster;
import io.moldau.client.ConfigResource.Kind;
import io.moldau.environment.Environment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeReplicaLogDirsResult.ReplicaLogDirInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.LogDirNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Partitions are moved between the log directories of a node while they are written and read.
class LogDirsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String RATE = "replica.alter.log.dirs.io.max.bytes.per.second";
    private static final TopicPartition ORDERS = new TopicPartition("orders", 0);

    @TempDir
    Path directory;

    private List<Path> directories() {
        return List.of(directory.resolve("first"), directory.resolve("second"));
    }

    private RunningNode twoDirectories() throws Exception {
        var paths = directories();
        return RunningNode.in(directory, Map.of("log.dirs", paths.getFirst() + "," + paths.getLast()));
    }

    private static Admin admin(String bootstrap) {
        return Admin.create(Map.<String, Object>of("bootstrap.servers", bootstrap));
    }

    private static TopicPartitionReplica replica(Admin admin, String topic, int partition) throws Exception {
        int node = admin.describeCluster().nodes().get().iterator().next().id();
        return new TopicPartitionReplica(topic, partition, node);
    }

    private static ReplicaLogDirInfo place(Admin admin, TopicPartitionReplica replica) throws Exception {
        var found = admin.describeReplicaLogDirs(List.of(replica)).all().get();
        return Objects.requireNonNull(found.get(replica), "the replica asked for");
    }

    /// The directory that the replica is not in.
    private String other(Admin admin, TopicPartitionReplica replica) throws Exception {
        var now = place(admin, replica).getCurrentReplicaLogDir();
        return directories().stream()
                .map(Path::toString)
                .filter(path -> !path.equals(now))
                .findFirst()
                .orElseThrow();
    }

    private static void move(Admin admin, TopicPartitionReplica replica, String target) throws Exception {
        admin.alterReplicaLogDirs(Map.of(replica, target)).all().get();
    }

    private static void awaitIn(Admin admin, TopicPartitionReplica replica, String target) {
        Awaitility.await().atMost(PATIENCE).until(() -> {
            var place = place(admin, replica);
            return target.equals(place.getCurrentReplicaLogDir()) && place.getFutureReplicaLogDir() == null;
        });
    }

    private static void limit(Admin admin, long bytesPerSecond) throws Exception {
        var all = new ConfigResource(ConfigResource.Type.BROKER, "");
        var change = new AlterConfigOp(new ConfigEntry(RATE, Long.toString(bytesPerSecond)), AlterConfigOp.OpType.SET);
        admin.incrementalAlterConfigs(Map.of(all, List.of(change))).all().get();
    }

    /// Sends numbers until it is told to stop; those that were acknowledged.
    private static final class Load implements AutoCloseable {
        final Set<Integer> acknowledged = new ConcurrentSkipListSet<>();
        final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
        private final AtomicBoolean stopped = new AtomicBoolean();
        private final Thread thread;

        Load(String bootstrap, int valueBytes) {
            var settings = Map.<String, Object>of(
                    "bootstrap.servers", bootstrap,
                    "linger.ms", "1",
                    "reconnect.backoff.ms", "10",
                    "reconnect.backoff.max.ms", "50",
                    "retry.backoff.ms", "10",
                    "retry.backoff.max.ms", "50",
                    "delivery.timeout.ms", "120000");
            thread = Thread.ofPlatform().start(() -> {
                try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
                    var filler = "x".repeat(valueBytes);
                    for (int number = 0; !stopped.get() && failure.get() == null; number++) {
                        int own = number;
                        producer.send(new ProducerRecord<>("orders", 0, "", number + filler), (metadata, failed) -> {
                            if (failed == null) {
                                acknowledged.add(own);
                            } else {
                                failure.compareAndSet(null, failed);
                            }
                        });
                        if (number % 50 == 0) {
                            producer.flush();
                        }
                    }
                }
            });
        }

        void await(int records) {
            int wanted = acknowledged.size() + records;
            Awaitility.await().atMost(PATIENCE).until(() -> acknowledged.size() >= wanted || failure.get() != null);
            assertThat(failure.get()).isNull();
        }

        @Override
        public void close() {
            stopped.set(true);
            try {
                thread.join();
            } catch (InterruptedException interrupted) {
                throw new AssertionError("interrupted while the load ended", interrupted);
            }
            assertThat(failure.get()).isNull();
        }
    }

    private static List<String> read(String bootstrap, String isolation) {
        var values = new ArrayList<String>();
        var settings = Map.<String, Object>of(
                "bootstrap.servers", bootstrap, "auto.offset.reset", "earliest", "isolation.level", isolation);
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(ORDERS));
            long end =
                    Objects.requireNonNull(consumer.endOffsets(List.of(ORDERS)).get(ORDERS));
            while (consumer.position(ORDERS) < end) {
                consumer.poll(Duration.ofMillis(200)).forEach(record -> values.add(record.value()));
            }
        }
        return values;
    }

    private static List<Integer> numbers(String bootstrap) {
        return read(bootstrap, "read_uncommitted").stream()
                .map(value -> Integer.parseInt(value.replace("x", "")))
                .toList();
    }

    @Test
    void aPartitionIsMovedUnderLoad() throws Exception {
        try (var node = twoDirectories();
                var admin = admin(node.bootstrap())) {
            // Given
            limit(admin, 200_000);
            admin.createTopics(List.of(new NewTopic("orders", 1, (short) 1)))
                    .all()
                    .get();
            var replica = replica(admin, "orders", 0);
            var load = new Load(node.bootstrap(), 500);
            try (load) {
                load.await(2000);
                var target = other(admin, replica);
                var before = place(admin, replica).getCurrentReplicaLogDir();
                // When
                move(admin, replica, target);
                var place = place(admin, replica);
                assertThat(place.getCurrentReplicaLogDir()).isEqualTo(before);
                assertThat(place.getFutureReplicaLogDir()).isEqualTo(target);
                assertThat(place.getFutureReplicaOffsetLag()).isPositive();
                load.await(500);
                limit(admin, Long.MAX_VALUE);
                awaitIn(admin, replica, target);
                load.await(500);
                // And back, and changing one's mind
                move(admin, replica, before);
                move(admin, replica, target);
                load.await(200);
                move(admin, replica, before);
                awaitIn(admin, replica, before);
                load.await(500);
            }
            // Then
            assertThat(numbers(node.bootstrap())).containsExactlyElementsOf(load.acknowledged);
            try (var cluster = new Cluster(ClientSettings.of(Environment.real(), node.bootstrap(), "dirs"))) {
                assertThat(new io.moldau.client.Admin(cluster).decisions(Kind.TOPIC_DECISIONS, "orders"))
                        .extracting(io.moldau.client.Admin.DecisionInfo::what)
                        .anyMatch(what -> what.contains("is to be moved from"))
                        .anyMatch(what -> what.contains("was moved from"));
            }
        }
    }

    @Test
    void aTransactionOutlivesTheMove() throws Exception {
        try (var node = twoDirectories();
                var admin = admin(node.bootstrap())) {
            admin.createTopics(List.of(new NewTopic("orders", 1, (short) 1)))
                    .all()
                    .get();
            var replica = replica(admin, "orders", 0);
            var settings = Map.<String, Object>of("bootstrap.servers", node.bootstrap(), "transactional.id", "txn");
            try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
                producer.initTransactions();
                for (int round = 0; round < 4; round++) {
                    producer.beginTransaction();
                    producer.send(new ProducerRecord<>("orders", "before " + round))
                            .get();
                    var target = other(admin, replica);
                    move(admin, replica, target);
                    awaitIn(admin, replica, target);
                    assertThat(read(node.bootstrap(), "read_committed"))
                            .noneMatch("before %d".formatted(round)::equals);
                    producer.send(new ProducerRecord<>("orders", "after " + round))
                            .get();
                    if (round % 2 == 0) {
                        producer.commitTransaction();
                    } else {
                        producer.abortTransaction();
                    }
                }
            }
            assertThat(read(node.bootstrap(), "read_committed"))
                    .containsExactly("before 0", "after 0", "before 2", "after 2");
        }
    }

    @Test
    void whatCannotBeMovedIsRefused() throws Exception {
        try (var node = twoDirectories();
                var admin = admin(node.bootstrap())) {
            admin.createTopics(List.of(new NewTopic("orders", 1, (short) 1)))
                    .all()
                    .get();
            var orders = replica(admin, "orders", 0);
            assertThatThrownBy(() -> move(admin, orders, "/nowhere"))
                    .hasRootCauseInstanceOf(LogDirNotFoundException.class);
            for (var path : directories()) {
                var topic = "in-" + path.getFileName();
                for (int partition = 0; partition < 3; partition++) {
                    var missing = replica(admin, topic, partition);
                    assertThatThrownBy(() -> move(admin, missing, path.toString()))
                            .hasRootCauseInstanceOf(UnknownTopicOrPartitionException.class);
                }
                // It was remembered.
                admin.createTopics(List.of(new NewTopic(topic, 3, (short) 1)))
                        .all()
                        .get();
                for (int partition = 0; partition < 3; partition++) {
                    assertThat(place(admin, replica(admin, topic, partition)).getCurrentReplicaLogDir())
                            .isEqualTo(path.toString());
                }
            }
        }
    }

    @Test
    void aNodeKilledInTheMiddleLosesNothingAndHasEachPartitionOnce() throws Exception {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        System.out.println("seed " + seed);
        try (var node = NodeProcess.start(directories());
                var admin = admin(node.bootstrap())) {
            admin.createTopics(List.of(new NewTopic("orders", 1, (short) 1)))
                    .all()
                    .get();
            var replica = replica(admin, "orders", 0);
            var load = new Load(node.bootstrap(), 200);
            try (load) {
                for (int kill = 0; kill < 5; kill++) {
                    load.await(500);
                    for (int count = random.nextInt(3); count >= 0; count--) {
                        move(admin, replica, other(admin, replica));
                        load.await(1 + random.nextInt(100));
                    }
                    node.killAndRestart();
                }
                load.await(500);
            }
            assertThat(numbers(node.bootstrap())).as("seed %s", seed).containsExactlyElementsOf(load.acknowledged);
            int places = 0;
            for (var path : directories()) {
                try (var names = Files.list(path)) {
                    var all = names.map(it -> String.valueOf(it.getFileName())).toList();
                    places += all.contains("orders-0") ? 1 : 0;
                    assertThat(all).noneMatch(name -> name.endsWith("-future"));
                }
            }
            assertThat(places).isEqualTo(1);
        }
    }
}
