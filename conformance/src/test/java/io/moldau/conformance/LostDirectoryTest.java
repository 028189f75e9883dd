package io.moldau.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A log directory on a real file system goes away under the running node, as an unmounted disk does: there is a
/// file where it was.
class LostDirectoryTest {
    private static final int PARTITIONS = 4;

    @TempDir
    Path directory;

    @Test
    void aDirectoryThatGoesAwayTakesItsPartitionsAndNoOthers() throws Exception {
        var first = directory.resolve("first");
        var second = directory.resolve("second");
        var away = directory.resolve("away");
        var settings = Map.of("log.dirs", first + "," + second);
        var written = new HashMap<Integer, Long>();
        Map<Integer, Path> places;
        try (var node = RunningNode.in(directory, settings);
                var admin = Admin.create(Map.<String, Object>of("bootstrap.servers", node.bootstrap()));
                var producer = producer(node)) {
            // Given
            admin.createTopics(List.of(new NewTopic("t", PARTITIONS, (short) 1)))
                    .all()
                    .get();
            places = places(admin);
            int before = partitionIn(places, second, -1);
            int fresh = partitionIn(places, second, before);
            written.put(before, producer.send(record(before)).get().offset());
            // When
            Files.move(second, away);
            Files.createFile(second);
            // Then: the folder of the first record cannot be made
            assertThatThrownBy(() -> producer.send(record(fresh)).get()).isInstanceOf(Exception.class);
            assertThat(Objects.requireNonNull(described(admin).get(second.toString()))
                            .error())
                    .isInstanceOf(KafkaStorageException.class);
            assertThatThrownBy(() -> producer.send(record(before)).get()).isInstanceOf(Exception.class);
            for (int partition = 0; partition < PARTITIONS; partition++) {
                if (first.equals(places.get(partition))) {
                    written.put(
                            partition, producer.send(record(partition)).get().offset());
                }
            }
            assertThat(written).hasSize(3);
        }
        Files.delete(second);
        Files.move(away, second);
        try (var node = RunningNode.in(directory, settings)) {
            var partitions = written.keySet().stream()
                    .map(partition -> new TopicPartition("t", partition))
                    .toList();
            try (var consumer = new KafkaConsumer<>(
                    Map.<String, Object>of("bootstrap.servers", node.bootstrap()),
                    new StringDeserializer(),
                    new StringDeserializer())) {
                assertThat(consumer.endOffsets(partitions).values()).containsOnly(1L);
            }
        }
    }

    private static KafkaProducer<String, String> producer(RunningNode node) {
        return new KafkaProducer<>(
                Map.<String, Object>of(
                        "bootstrap.servers",
                        node.bootstrap(),
                        "delivery.timeout.ms",
                        "3000",
                        "request.timeout.ms",
                        "2000",
                        "max.block.ms",
                        "3000"),
                new StringSerializer(),
                new StringSerializer());
    }

    private static ProducerRecord<String, String> record(int partition) {
        return new ProducerRecord<>("t", partition, "", "value");
    }

    private static Map<String, LogDirDescription> described(Admin admin) throws Exception {
        int node = admin.describeCluster().nodes().get().iterator().next().id();
        return Objects.requireNonNull(
                admin.describeLogDirs(List.of(node)).allDescriptions().get().get(node));
    }

    private static Map<Integer, Path> places(Admin admin) throws Exception {
        var places = new HashMap<Integer, Path>();
        Awaitility.await().until(() -> {
            described(admin)
                    .forEach((path, description) -> description
                            .replicaInfos()
                            .keySet()
                            .forEach(partition -> {
                                if (partition.topic().equals("t")) {
                                    places.put(partition.partition(), Path.of(path));
                                }
                            }));
            return places.size() == PARTITIONS;
        });
        return places;
    }

    private static int partitionIn(Map<Integer, Path> places, Path directory, int not) {
        return places.entrySet().stream()
                .filter(place -> place.getValue().equals(directory) && place.getKey() != not)
                .mapToInt(Map.Entry::getKey)
                .findFirst()
                .orElseThrow();
    }
}
