package io.moldau.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.moldau.client.ClientSettings;
import io.moldau.client.Cluster;
import io.moldau.client.GroupAdmin;
import io.moldau.client.GroupInfo;
import io.moldau.client.ShareGroupAdmin;
import io.moldau.environment.Environment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.ShareGroupDescription;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.InvalidRecordStateException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Kafka's own share consumer and admin client against a node (KIP-932, 1206, 1222, 1226).
@Timeout(120)
class ShareGroupsTest {
    private static final String TOPIC = "jobs";
    private static final String GROUP = "workers";
    private static final TopicPartition FIRST = new TopicPartition(TOPIC, 0);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Map<String, String> SHORT_LOCKS =
            Map.of("group.share.record.lock.duration.ms", "1000", "group.share.min.record.lock.duration.ms", "1000");

    @TempDir
    Path directory;

    private static Admin admin(String bootstrap, int partitions) throws Exception {
        var admin = Admin.create(Map.of("bootstrap.servers", bootstrap, "reconnect.backoff.max.ms", 100));
        admin.createTopics(List.of(new NewTopic(TOPIC, partitions, (short) 1)))
                .all()
                .get();
        set(admin, "share.auto.offset.reset", "earliest");
        return admin;
    }

    private static void set(Admin admin, String name, String value) throws Exception {
        var group = new ConfigResource(ConfigResource.Type.GROUP, GROUP);
        admin.incrementalAlterConfigs(Map.of(
                        group, List.of(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET))))
                .all()
                .get();
    }

    private static KafkaProducer<String, String> producer(String bootstrap, Map<String, Object> more) {
        var settings = new HashMap<String, Object>(more);
        settings.put("bootstrap.servers", bootstrap);
        settings.put("reconnect.backoff.max.ms", 100);
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    private static void produce(String bootstrap, int from, int to) throws Exception {
        try (var producer = producer(bootstrap, Map.of("linger.ms", 0))) {
            for (int i = from; i < to; i++) {
                producer.send(new ProducerRecord<>(TOPIC, 0, null, "job " + i)).get();
            }
        }
    }

    private static KafkaShareConsumer<String, String> consumer(String bootstrap, String... settings) {
        var all = new HashMap<String, Object>(
                Map.of("bootstrap.servers", bootstrap, "group.id", GROUP, "reconnect.backoff.max.ms", 100));
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        var consumer = new KafkaShareConsumer<>(all, new StringDeserializer(), new StringDeserializer());
        consumer.subscribe(Set.of(TOPIC));
        return consumer;
    }

    private static KafkaShareConsumer<String, String> explicit(String bootstrap, String... settings) {
        var all = new ArrayList<>(List.of(settings));
        all.addAll(List.of("share.acknowledgement.mode", "explicit"));
        return consumer(bootstrap, all.toArray(new String[0]));
    }

    /// Polls until something comes.
    private static List<ConsumerRecord<String, String>> next(KafkaShareConsumer<String, String> consumer) {
        var records = new ArrayList<ConsumerRecord<String, String>>();
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ZERO).until(() -> {
            consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            return !records.isEmpty();
        });
        return records;
    }

    private static List<String> jobs(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> "job " + i).toList();
    }

    private static List<String> values(Collection<ConsumerRecord<String, String>> records) {
        return records.stream().map(ConsumerRecord::value).toList();
    }

    private static @Nullable SharePartitionOffsetInfo offsetIfAny(Admin admin) throws Exception {
        var all = admin.listShareGroupOffsets(
                        Map.of(GROUP, new ListShareGroupOffsetsSpec().topicPartitions(List.of(FIRST))))
                .partitionsToOffsetInfo(GROUP)
                .get();
        return all.get(FIRST);
    }

    private static SharePartitionOffsetInfo offset(Admin admin) throws Exception {
        return Objects.requireNonNull(offsetIfAny(admin));
    }

    private static ShareGroupDescription described(Admin admin) throws Exception {
        return Objects.requireNonNull(
                admin.describeShareGroups(List.of(GROUP)).all().get().get(GROUP));
    }

    private static void awaitStart(Admin admin, long offset) {
        Awaitility.await().atMost(PATIENCE).until(() -> {
            var info = offsetIfAny(admin);
            return info != null && info.startOffset() == offset;
        });
    }

    @Test
    void whatAPollReturnsIsAcceptedByTheNextOne() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 1)) {
            produce(node.bootstrap(), 0, 20);
            try (var consumer = consumer(node.bootstrap())) {
                var read = new ArrayList<String>();
                while (read.size() < 20) {
                    read.addAll(values(next(consumer)));
                }
                consumer.commitSync();
                assertThat(read).isEqualTo(jobs(0, 20));
            }
            awaitStart(admin, 20);
            assertThat(offset(admin).lag()).hasValue(0L);
            produce(node.bootstrap(), 20, 25);
            assertThat(offset(admin).lag()).hasValue(5L);
            try (var other = consumer(node.bootstrap())) {
                var read = new ArrayList<String>();
                while (read.size() < 5) {
                    read.addAll(values(next(other)));
                }
                assertThat(read).isEqualTo(jobs(20, 25));
            }
        }
    }

    @Test
    void releasedRecordsComeAgainWithTheirCountAndRejectedOnesDoNot() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 1);
                var consumer = explicit(node.bootstrap())) {
            produce(node.bootstrap(), 0, 3);
            var counts = new TreeMap<String, List<Integer>>();
            for (int seen = 0; seen < 7; ) {
                for (var record : next(consumer)) {
                    seen++;
                    counts.computeIfAbsent(record.value(), value -> new ArrayList<>())
                            .add((int) record.deliveryCount().orElseThrow());
                    consumer.acknowledge(
                            record,
                            switch (record.value()) {
                                case "job 0" -> AcknowledgeType.ACCEPT;
                                case "job 1" -> AcknowledgeType.REJECT;
                                default -> AcknowledgeType.RELEASE;
                            });
                }
                consumer.commitSync();
            }
            assertThat(counts)
                    .isEqualTo(Map.of("job 0", List.of(1), "job 1", List.of(1), "job 2", List.of(1, 2, 3, 4, 5)));
            // The fifth time was the last.
            awaitStart(admin, 3);
            assertThat(consumer.poll(Duration.ofMillis(700))).isEmpty();
        }
    }

    @Test
    void aLockThatRunsOutGivesTheRecordToSomebodyElse() throws Exception {
        try (var node = RunningNode.in(directory, SHORT_LOCKS);
                var admin = admin(node.bootstrap(), 1);
                var slow = explicit(node.bootstrap());
                var other = explicit(node.bootstrap())) {
            produce(node.bootstrap(), 0, 1);
            var first = next(slow).getFirst();
            assertThat(first.deliveryCount()).hasValue((short) 1);
            var second = next(other).getFirst();
            assertThat(second.deliveryCount()).hasValue((short) 2);
            assertThat(second.value()).isEqualTo("job 0");
            slow.acknowledge(first);
            assertThat(slow.commitSync().values())
                    .allMatch(error -> error.orElseThrow() instanceof InvalidRecordStateException);
            other.acknowledge(second);
            assertThat(other.commitSync().values()).allMatch(Optional::isEmpty);
            awaitStart(admin, 1);
        }
    }

    @Test
    void aRenewedLockLastsLonger() throws Exception {
        try (var node = RunningNode.in(directory, SHORT_LOCKS);
                var admin = admin(node.bootstrap(), 1);
                var slow = explicit(node.bootstrap());
                var other = explicit(node.bootstrap())) {
            produce(node.bootstrap(), 0, 1);
            var held = next(slow).getFirst();
            var until = System.nanoTime() + Duration.ofSeconds(3).toNanos();
            while (System.nanoTime() < until) {
                slow.acknowledge(held, AcknowledgeType.RENEW);
                assertThat(slow.commitSync().values()).allMatch(Optional::isEmpty);
                assertThat(other.poll(Duration.ofMillis(200))).isEmpty();
                slow.poll(Duration.ofMillis(50));
            }
            slow.acknowledge(held, AcknowledgeType.ACCEPT);
            assertThat(slow.commitSync().values()).allMatch(Optional::isEmpty);
            awaitStart(admin, 1);
        }
    }

    @Test
    void severalConsumersShareOnePartition() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 1);
                var one = explicit(node.bootstrap(), "max.poll.records", "5", "share.acquire.mode", "record_limit");
                var two = explicit(node.bootstrap(), "max.poll.records", "5", "share.acquire.mode", "record_limit")) {
            produce(node.bootstrap(), 0, 100);
            var read = new ArrayList<String>();
            var readers = new HashSet<Object>();
            while (read.size() < 100) {
                for (var consumer : List.of(one, two)) {
                    for (var record : consumer.poll(Duration.ofMillis(100))) {
                        read.add(record.value());
                        readers.add(consumer);
                        consumer.acknowledge(record);
                    }
                }
            }
            one.commitSync();
            two.commitSync();
            assertThat(read).containsExactlyInAnyOrderElementsOf(jobs(0, 100));
            assertThat(readers).hasSize(2);
            awaitStart(admin, 100);
        }
    }

    @Test
    void aLimitOfRecordsIsKeptInsideABatch() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 1)) {
            try (var producer = producer(node.bootstrap(), Map.of("linger.ms", 500, "batch.size", 100_000))) {
                for (var job : jobs(0, 30)) {
                    producer.send(new ProducerRecord<>(TOPIC, 0, null, job));
                }
            }
            try (var consumer =
                    explicit(node.bootstrap(), "max.poll.records", "7", "share.acquire.mode", "record_limit")) {
                var read = new ArrayList<String>();
                while (read.size() < 30) {
                    var records = next(consumer);
                    assertThat(records).hasSizeLessThanOrEqualTo(7);
                    records.forEach(consumer::acknowledge);
                    read.addAll(values(records));
                }
                consumer.commitSync();
                assertThat(read).isEqualTo(jobs(0, 30));
            }
            awaitStart(admin, 30);
        }
    }

    @Test
    void aClosedConsumerGivesBackWhatItHas() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 1)) {
            produce(node.bootstrap(), 0, 4);
            try (var consumer = explicit(node.bootstrap())) {
                assertThat(next(consumer)).isNotEmpty();
            }
            try (var consumer = consumer(node.bootstrap())) {
                var read = new ArrayList<String>();
                while (read.size() < 4) {
                    read.addAll(values(next(consumer)));
                }
                assertThat(read).containsExactlyInAnyOrderElementsOf(jobs(0, 4));
                consumer.commitSync();
            }
            awaitStart(admin, 4);
        }
    }

    @Test
    void abortedRecordsAreNotOfferedToAGroupThatReadsCommittedOnes() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 1)) {
            set(admin, "share.isolation.level", "read_committed");
            try (var producer = producer(node.bootstrap(), Map.of("transactional.id", "tx"))) {
                producer.initTransactions();
                for (int round = 0; round < 6; round++) {
                    producer.beginTransaction();
                    producer.send(new ProducerRecord<>(TOPIC, 0, null, "job " + round))
                            .get();
                    if (round % 2 == 0) {
                        producer.commitTransaction();
                    } else {
                        producer.abortTransaction();
                    }
                }
            }
            try (var consumer = consumer(node.bootstrap())) {
                var read = new ArrayList<String>();
                while (read.size() < 3) {
                    read.addAll(values(next(consumer)));
                }
                consumer.commitSync();
                assertThat(read).isEqualTo(List.of("job 0", "job 2", "job 4"));
                assertThat(consumer.poll(Duration.ofMillis(500))).isEmpty();
            }
            awaitStart(admin, 12);
        }
    }

    @Test
    void deletedRecordsAreSteppedOver() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 1);
                var consumer = consumer(node.bootstrap())) {
            produce(node.bootstrap(), 0, 10);
            admin.deleteRecords(Map.of(FIRST, RecordsToDelete.beforeOffset(6)))
                    .all()
                    .get();
            var read = new ArrayList<String>();
            while (read.size() < 4) {
                read.addAll(values(next(consumer)));
            }
            consumer.commitSync();
            assertThat(read).endsWith("job 6", "job 7", "job 8", "job 9");
            admin.deleteRecords(Map.of(FIRST, RecordsToDelete.beforeOffset(10)))
                    .all()
                    .get();
            produce(node.bootstrap(), 10, 12);
            assertThat(values(next(consumer))).startsWith("job 10");
        }
    }

    @Test
    void theAdminSeesAndChangesWhereAGroupReads() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 2)) {
            produce(node.bootstrap(), 0, 10);
            try (var consumer = consumer(node.bootstrap())) {
                var read = new ArrayList<String>();
                while (read.size() < 10) {
                    read.addAll(values(next(consumer)));
                }
                consumer.commitSync();
                var listed = admin.listGroups(ListGroupsOptions.forShareGroups())
                        .all()
                        .get();
                assertThat(listed).singleElement().satisfies(group -> {
                    assertThat(group.groupId()).isEqualTo(GROUP);
                    assertThat(group.type()).hasValue(GroupType.SHARE);
                });
                var described = described(admin);
                assertThat(described.groupState()).isEqualTo(GroupState.STABLE);
                assertThat(described.members())
                        .singleElement()
                        .satisfies(member -> assertThat(member.assignment().topicPartitions())
                                .containsExactlyInAnyOrder(FIRST, new TopicPartition(TOPIC, 1)));
            }
            awaitStart(admin, 10);
            // When
            admin.alterShareGroupOffsets(GROUP, Map.of(FIRST, 4L)).all().get();
            assertThat(offset(admin).startOffset()).isEqualTo(4);
            try (var consumer = consumer(node.bootstrap())) {
                var read = new ArrayList<String>();
                while (read.size() < 6) {
                    read.addAll(values(next(consumer)));
                }
                assertThat(read).isEqualTo(jobs(4, 10));
                consumer.commitSync();
            }
            awaitStart(admin, 10);
            admin.deleteShareGroupOffsets(GROUP, Set.of(TOPIC)).all().get();
            assertThat(offsetIfAny(admin)).isNull();
            admin.deleteShareGroups(List.of(GROUP)).all().get();
            assertThat(admin.listGroups(ListGroupsOptions.forShareGroups())
                            .all()
                            .get())
                    .isEmpty();
            assertThat(catchThrowableOfType(
                            ExecutionException.class,
                            () -> admin.alterShareGroupOffsets(GROUP, Map.of(FIRST, 4L))
                                    .all()
                                    .get()))
                    .hasRootCauseInstanceOf(GroupIdNotFoundException.class);
        }
    }

    @Test
    void aTopicOfTheSameNameBeginsAnew() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 1)) {
            produce(node.bootstrap(), 0, 5);
            read(node.bootstrap(), 5);
            awaitStart(admin, 5);
            admin.deleteTopics(List.of(TOPIC)).all().get();
            admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
            produce(node.bootstrap(), 5, 8);
            assertThat(read(node.bootstrap(), 3)).isEqualTo(jobs(5, 8));
            awaitStart(admin, 3);
        }
    }

    private static List<String> read(String bootstrap, int count) {
        try (var consumer = consumer(bootstrap)) {
            var read = new ArrayList<String>();
            while (read.size() < count) {
                read.addAll(values(next(consumer)));
            }
            consumer.commitSync();
            return read;
        }
    }

    @Test
    void aNewGroupBeginsWhereItsSettingSays() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 1)) {
            produce(node.bootstrap(), 0, 5);
            set(admin, "share.auto.offset.reset", "by_duration:PT1H");
            assertThat(read(node.bootstrap(), 5)).isEqualTo(jobs(0, 5));
            admin.deleteShareGroups(List.of(GROUP)).all().get();
            set(admin, "share.auto.offset.reset", "latest");
            try (var consumer = consumer(node.bootstrap())) {
                Awaitility.await().atMost(PATIENCE).until(() -> {
                    assertThat(consumer.poll(Duration.ofMillis(100))).isEmpty();
                    var info = offsetIfAny(admin);
                    return info != null && info.startOffset() == 5;
                });
                produce(node.bootstrap(), 5, 6);
                assertThat(values(next(consumer))).containsExactly("job 5");
            }
        }
    }

    @Test
    void ourClientSeesMembersAndLag() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 1);
                var consumer = explicit(node.bootstrap());
                var cluster = new Cluster(ClientSettings.of(Environment.real(), node.bootstrap(), "moldau-test"))) {
            produce(node.bootstrap(), 0, 3);
            // When: the last of them stays with the consumer
            var seen = new ArrayList<ConsumerRecord<String, String>>();
            while (seen.size() < 3) {
                seen.addAll(next(consumer));
            }
            seen.subList(0, 2).forEach(consumer::acknowledge);
            consumer.commitSync();
            // Then
            var group = new GroupAdmin(cluster).describe(GROUP);
            assertThat(group.type()).isEqualTo("share");
            assertThat(group.members()).hasSize(1);
            assertThat(new ShareGroupAdmin(cluster).offsets(GROUP))
                    .isEqualTo(Map.of(new io.moldau.client.TopicPartition(TOPIC, 0), new ShareGroupAdmin.Offset(2, 1)));
            assertThat(new GroupAdmin(cluster).list()).containsExactly(new GroupInfo.Listed(GROUP, "share", "Stable"));
            assertThat(admin.listGroups(ListGroupsOptions.forConsumerGroups())
                            .all()
                            .get())
                    .isEmpty();
        }
    }

    @Test
    void aGroupOfTheSameNameBeginsAnew() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 1)) {
            produce(node.bootstrap(), 0, 5);
            for (int life = 0; life < 3; life++) {
                try (var consumer = consumer(node.bootstrap())) {
                    var read = new ArrayList<String>();
                    while (read.size() < 5) {
                        read.addAll(values(next(consumer)));
                    }
                    assertThat(read).isEqualTo(jobs(0, 5));
                    consumer.commitSync();
                }
                awaitStart(admin, 5);
                Awaitility.await()
                        .atMost(PATIENCE)
                        .until(() -> described(admin).members().isEmpty());
                admin.deleteShareGroups(List.of(GROUP)).all().get();
            }
        }
    }

    /// What was acknowledged does not come again; all else does, and counts go on.
    @Test
    void nothingIsLostOrDoneTwiceWhenTheNodeIsKilled() throws Exception {
        try (var node = NodeProcess.start(directory);
                var admin = admin(node.bootstrap(), 1);
                var consumer = explicit(node.bootstrap(), "max.poll.records", "10")) {
            produce(node.bootstrap(), 0, 60);
            var accepted = new HashSet<String>();
            var released = new HashSet<String>();
            for (int round = 0; round < 4; round++) {
                for (var record : next(consumer)) {
                    assertThat(accepted).doesNotContain(record.value());
                    if (released.contains(record.value())) {
                        assertThat((int) record.deliveryCount().orElseThrow()).isGreaterThan(1);
                    }
                    boolean accept = record.offset() % 3 != 0 || released.contains(record.value());
                    consumer.acknowledge(record, accept ? AcknowledgeType.ACCEPT : AcknowledgeType.RELEASE);
                    (accept ? accepted : released).add(record.value());
                }
                assertThat(consumer.commitSync().values()).allMatch(Optional::isEmpty);
                node.killAndRestart();
            }
            while (accepted.size() < 60) {
                for (var record : next(consumer)) {
                    assertThat(accepted).doesNotContain(record.value());
                    consumer.acknowledge(record);
                    accepted.add(record.value());
                }
                consumer.commitSync();
            }
            assertThat(accepted).containsExactlyInAnyOrderElementsOf(jobs(0, 60));
            awaitStart(admin, 60);
        }
    }
}
