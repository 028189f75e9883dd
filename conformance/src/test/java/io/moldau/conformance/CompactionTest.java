package io.moldau.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A compacted topic as its users see it.
class CompactionTest {
    private static final Map<String, String> EAGER = Map.of("log.cleaner.backoff.ms", "100");
    private static final TopicPartition PRICES = new TopicPartition("prices", 0);

    private static Map<String, Object> client(RunningNode node) {
        return Map.of("bootstrap.servers", node.bootstrap());
    }

    private static KafkaProducer<String, String> producer(RunningNode node) {
        return new KafkaProducer<>(client(node), new StringSerializer(), new StringSerializer());
    }

    private static void create(Admin admin) throws Exception {
        admin.createTopics(List.of(new NewTopic("prices", 1, (short) 1)
                        .configs(Map.of(
                                "cleanup.policy", "compact",
                                "segment.bytes", "20000",
                                "min.cleanable.dirty.ratio", "0.01",
                                "delete.retention.ms", "0"))))
                .all()
                .get();
    }

    /// All that a reader from the beginning gets, in order: offset, key, value.
    private static List<String> read(RunningNode node) {
        var all = new ArrayList<String>();
        try (var consumer = new KafkaConsumer<>(client(node), new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(PRICES));
            consumer.seekToBeginning(List.of(PRICES));
            long end =
                    Objects.requireNonNull(consumer.endOffsets(List.of(PRICES)).get(PRICES));
            while (consumer.position(PRICES) < end) {
                for (var record : consumer.poll(Duration.ofMillis(200))) {
                    all.add(record.offset() + " " + record.key() + "=" + record.value());
                }
            }
        }
        return all;
    }

    @Test
    void afterAWhileReadersSeeOnlyTheLatestValueOfEachKeyAlsoAfterARestart(@TempDir Path directory) throws Exception {
        var latest = new TreeMap<String, String>();
        List<String> seen;
        try (var node = RunningNode.in(directory, EAGER);
                var admin = Admin.create(client(node));
                var producer = producer(node)) {
            create(admin);
            for (int i = 0; i < 20_000; i++) {
                var key = "k" + i % 50;
                producer.send(new ProducerRecord<>("prices", key, "v" + i));
                latest.put(key, i + " " + key + "=v" + i);
            }
            producer.send(new ProducerRecord<>("prices", "k7", null));
            latest.remove("k7");
            producer.flush();
            for (int i = 0; i < 1000; i++) {
                producer.send(new ProducerRecord<>("prices", "filler", "x".repeat(40)));
            }
            producer.flush();
            Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                // The tombstone's horizon passes at once, and the next pass takes it.
                producer.send(new ProducerRecord<>("prices", "filler", "x".repeat(5000)));
                producer.flush();
                assertThat(read(node).stream().filter(record -> !record.contains("filler")))
                        .containsExactlyInAnyOrderElementsOf(latest.values());
            });
            seen = read(node);
            assertThat(kcat(node)).containsAll(latest.keySet()).doesNotContain("k7");
        }
        try (var node = RunningNode.in(directory)) {
            assertThat(read(node)).isEqualTo(seen);
        }
    }

    private static List<String> kcat(RunningNode node) throws Exception {
        assumeTrue(Programs.installed("kcat"), "kcat is not installed: apt-get install kcat");
        return Programs.run(List.of(
                        "kcat",
                        "-C",
                        "-b",
                        node.bootstrap(),
                        "-t",
                        "prices",
                        "-o",
                        "beginning",
                        "-e",
                        "-q",
                        "-f",
                        "%k\\n"))
                .lines()
                .toList();
    }

    @Test
    void aRecordWithoutAKeyIsRefusedAndNamed(@TempDir Path directory) throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = Admin.create(client(node));
                var producer = producer(node)) {
            create(admin);
            assertThatThrownBy(() -> producer.send(new ProducerRecord<>("prices", null, "no key"))
                            .get())
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(InvalidRecordException.class)
                    .hasMessageContaining("has no key");
            assertThat(producer.send(new ProducerRecord<>("prices", "k", "v"))
                            .get()
                            .offset())
                    .isZero();
        }
    }

    @Test
    void committedOffsetsLiveInACompactedTopicThatCompactionLeavesRight(@TempDir Path directory) throws Exception {
        var settings = Map.of(
                "log.cleaner.backoff.ms",
                "100",
                "offsets.topic.segment.bytes",
                "20000",
                "offsets.topic.num.partitions",
                "1",
                "log.cleaner.min.cleanable.ratio",
                "0.01");
        try (var node = RunningNode.in(directory, settings);
                var admin = Admin.create(client(node))) {
            create(admin);
            var group = Map.<String, Object>of("bootstrap.servers", node.bootstrap(), "group.id", "g");
            try (var consumer = new KafkaConsumer<>(group, new StringDeserializer(), new StringDeserializer())) {
                consumer.assign(List.of(PRICES));
                for (int i = 0; i < 2000; i++) {
                    consumer.commitSync(Map.of(PRICES, new OffsetAndMetadata(i)));
                }
            }
            var offsets = new ConfigResource(ConfigResource.Type.TOPIC, "__consumer_offsets");
            var config = admin.describeConfigs(List.of(offsets)).all().get().get(offsets);
            assertThat(Objects.requireNonNull(config).get("cleanup.policy").value())
                    .isEqualTo("compact");
            Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> offsetsBytes(directory) < 60_000);
        }
        try (var node = RunningNode.in(directory, settings);
                var admin = Admin.create(client(node))) {
            var committed = admin.listConsumerGroupOffsets("g")
                    .partitionsToOffsetAndMetadata()
                    .get()
                    .get(PRICES);
            assertThat(Objects.requireNonNull(committed).offset()).isEqualTo(1999);
        }
    }

    private static long offsetsBytes(Path directory) throws Exception {
        long bytes = 0;
        try (var files = Files.list(directory.resolve("__consumer_offsets-0"))) {
            for (var file : files.filter(it -> it.toString().endsWith(".log")).toList()) {
                bytes += Files.size(file);
            }
        } catch (NoSuchFileException | UncheckedIOException swapped) {
            return Long.MAX_VALUE;
        }
        return bytes;
    }
}
