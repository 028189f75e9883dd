package io.moldau.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a deleted topic leaves behind: nothing, not even where groups had come to.
@Timeout(120)
class DeletedTopicTest {
    private static final TopicPartition ORDERS = new TopicPartition("orders", 0);

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void itsCommittedOffsetsGoWithItAndAGroupStartsAnewOnItsSuccessor(String protocol, @TempDir Path directory)
            throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = Admin.create(Map.of("bootstrap.servers", node.bootstrap()))) {
            create(admin, "orders");
            create(admin, "other");
            produce(node, "orders", List.of("a0", "a1", "a2", "a3"));
            produce(node, "other", List.of("o0", "o1"));
            try (var consumer = consumer(node, protocol)) {
                consumer.subscribe(List.of("orders", "other"));
                assertThat(poll(consumer, 6)).contains("a0", "a3", "o1");
                consumer.commitSync(Map.of(
                        ORDERS, new OffsetAndMetadata(3), new TopicPartition("other", 0), new OffsetAndMetadata(2)));
            }
            assertThat(committed(admin)).containsEntry("orders-0", 3L).containsEntry("other-0", 2L);

            admin.deleteTopics(Set.of("orders")).all().get();
            create(admin, "orders");
            produce(node, "orders", List.of("b0", "b1", "b2", "b3"));

            assertThat(committed(admin)).containsOnly(Map.entry("other-0", 2L));
            try (var consumer = consumer(node, protocol)) {
                consumer.subscribe(List.of("orders", "other"));
                assertThat(poll(consumer, 4)).containsExactly("b0", "b1", "b2", "b3");
            }
        }
        try (var node = RunningNode.in(directory);
                var admin = Admin.create(Map.of("bootstrap.servers", node.bootstrap()))) {
            assertThat(committed(admin)).as("after a restart").containsOnly(Map.entry("other-0", 2L));
        }
    }

    private static void create(Admin admin, String topic) throws Exception {
        admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
    }

    private static void produce(RunningNode node, String topic, List<String> values) throws Exception {
        var settings = Map.<String, Object>of("bootstrap.servers", node.bootstrap());
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (var value : values) {
                producer.send(new ProducerRecord<>(topic, value)).get();
            }
        }
    }

    private static Consumer<String, String> consumer(RunningNode node, String protocol) {
        return new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        node.bootstrap(),
                        "group.id",
                        "shop",
                        "group.protocol",
                        protocol,
                        "auto.offset.reset",
                        "earliest",
                        "enable.auto.commit",
                        "false"),
                new StringDeserializer(),
                new StringDeserializer());
    }

    private static List<String> poll(Consumer<String, String> consumer, int count) {
        var values = new ArrayList<String>();
        while (values.size() < count) {
            consumer.poll(Duration.ofMillis(200)).forEach(record -> values.add(record.value()));
        }
        return values;
    }

    private static Map<String, Long> committed(Admin admin) throws Exception {
        var offsets = new HashMap<String, Long>();
        admin.listConsumerGroupOffsets("shop")
                .partitionsToOffsetAndMetadata()
                .get()
                .forEach((partition, offset) -> offsets.put(partition.toString(), offset.offset()));
        return offsets;
    }
}
