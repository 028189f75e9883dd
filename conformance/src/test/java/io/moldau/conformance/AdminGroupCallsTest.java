package io.moldau.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.clients.admin.ListStreamsGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ClassicGroupState;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The official admin client's calls about groups and producers that no other test makes.
class AdminGroupCallsTest {
    private static final TopicPartition ORDERS = new TopicPartition("orders", 0);

    @TempDir
    static Path directory;

    private static final List<AutoCloseable> OPEN = new ArrayList<>();

    private static Admin admin() {
        return (Admin) OPEN.getFirst();
    }

    private static String bootstrap() {
        return ((RunningNode) OPEN.getLast()).bootstrap();
    }

    @BeforeAll
    static void start() throws Exception {
        var node = RunningNode.in(directory);
        var admin = Admin.create(
                Map.<String, Object>of("bootstrap.servers", node.bootstrap(), "enable.metrics.push", "true"));
        OPEN.addAll(List.of(admin, node));
        admin.createTopics(List.of(new NewTopic("orders", 2, (short) 1))).all().get();
    }

    @AfterAll
    static void stop() throws Exception {
        for (var one : OPEN) {
            one.close();
        }
    }

    @Test
    void offsetsOfAnEmptyGroupAreSetAndDeleted() throws Exception {
        admin().alterConsumerGroupOffsets("emptied", Map.of(ORDERS, new OffsetAndMetadata(5, "five")))
                .all()
                .get();
        assertThat(offsets("emptied")).containsExactly(Map.entry(ORDERS, new OffsetAndMetadata(5, "five")));
        admin().deleteConsumerGroupOffsets("emptied", Set.of(ORDERS)).all().get();
        assertThat(offsets("emptied")).isEmpty();
    }

    private static Map<TopicPartition, OffsetAndMetadata> offsets(String group) throws Exception {
        return admin().listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata(group)
                .get();
    }

    @Test
    void offsetsOfAStreamsGroupAreSetListedAndDeleted() throws Exception {
        var spec = Map.of("application", new ListStreamsGroupOffsetsSpec().topicPartitions(List.of(ORDERS)));
        admin().alterStreamsGroupOffsets("application", Map.of(ORDERS, new OffsetAndMetadata(7)))
                .all()
                .get();
        assertThat(admin().listStreamsGroupOffsets(spec)
                        .partitionsToOffsetAndMetadata("application")
                        .get()
                        .get(ORDERS))
                .extracting(OffsetAndMetadata::offset)
                .isEqualTo(7L);
        admin().deleteStreamsGroupOffsets("application", Set.of(ORDERS)).all().get();
        assertThat(admin().listStreamsGroupOffsets(spec)
                        .partitionsToOffsetAndMetadata("application")
                        .get()
                        .get(ORDERS))
                .isNull();
    }

    @Test
    @SuppressWarnings("removal") // listConsumerGroups is there still
    void aClassicGroupIsDescribedAndListed() throws Exception {
        Map<String, Object> settings =
                Map.of("bootstrap.servers", bootstrap(), "group.id", "classic", "client.id", "reader");
        try (var reader = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            reader.subscribe(List.of("orders"));
            Awaitility.await().until(() -> {
                reader.poll(Duration.ofMillis(50));
                return reader.assignment().size() == 2;
            });
            var described = Objects.requireNonNull(admin().describeClassicGroups(List.of("classic"))
                            .describedGroups()
                            .get("classic"))
                    .get();
            assertThat(described.state()).isEqualTo(ClassicGroupState.STABLE);
            assertThat(described.protocol()).isEqualTo("consumer");
            assertThat(described.members()).singleElement().satisfies(member -> {
                assertThat(member.clientId()).isEqualTo("reader");
                assertThat(member.assignment().topicPartitions()).hasSize(2);
            });
            assertThat(admin().listConsumerGroups().all().get())
                    .anyMatch(group -> group.groupId().equals("classic"));
        }
    }

    @Test
    void aTransactionIsTerminatedByForce() throws Exception {
        Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap(), "transactional.id", "stuck");
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("orders", 1, null, "never")).get();
            admin().forceTerminateTransaction("stuck").result().get();
            assertThatThrownBy(producer::commitTransaction).isInstanceOf(KafkaException.class);
            assertThat(admin().describeTransactions(List.of("stuck"))
                            .description("stuck")
                            .get()
                            .topicPartitions())
                    .isEmpty();
        }
    }

    @Test
    @SuppressWarnings("removal") // listClientMetricsResources is there still
    void theClientHasAnIdAndSubscriptionsOfMetricsAreListed() throws Exception {
        assertThat(admin().clientInstanceId(Duration.ofSeconds(30))).isNotNull();
        assertThat(admin().listClientMetricsResources().all().get()).isEmpty();
        assertThat(admin().listConfigResources(Set.of(ConfigResource.Type.TOPIC), new ListConfigResourcesOptions())
                        .all()
                        .get())
                .contains(new ConfigResource(ConfigResource.Type.TOPIC, "orders"));
    }
}
