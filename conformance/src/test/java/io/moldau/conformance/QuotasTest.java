package io.moldau.conformance;

import static org.apache.kafka.common.quota.ClientQuotaEntity.CLIENT_ID;
import static org.apache.kafka.common.quota.ClientQuotaEntity.IP;
import static org.apache.kafka.common.quota.ClientQuotaEntity.USER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterClientQuotasOptions;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaAlteration.Op;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.quota.ClientQuotaFilterComponent;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Kafka's own clients set quotas, and feel them.
@Timeout(120)
class QuotasTest {
    private static final int RECORD_BYTES = 10_000;
    private static final TopicPartition FIRST = new TopicPartition("orders", 0);

    @TempDir
    Path directory;

    private static Admin admin(RunningNode node) {
        return Admin.create(Map.of("bootstrap.servers", node.bootstrap(), "client.id", "boss"));
    }

    private static ClientQuotaEntity entity(String type, String name) {
        return new ClientQuotaEntity(Map.of(type, name));
    }

    private static ClientQuotaEntity everyUser() {
        return new ClientQuotaEntity(Collections.singletonMap(USER, null));
    }

    private static void alter(Admin admin, ClientQuotaEntity entity, Op... ops) throws Exception {
        admin.alterClientQuotas(List.of(new ClientQuotaAlteration(entity, List.of(ops))))
                .all()
                .get();
    }

    private static Map<ClientQuotaEntity, Map<String, Double>> all(Admin admin) throws Exception {
        return admin.describeClientQuotas(ClientQuotaFilter.all()).entities().get();
    }

    @Test
    void quotasAreSetDescribedRemovedAndSurviveARestart() throws Exception {
        var both = new ClientQuotaEntity(Map.of(USER, "anna", CLIENT_ID, "etl"));
        try (var node = RunningNode.in(directory);
                var admin = admin(node)) {
            assertThat(all(admin)).isEmpty();
            alter(admin, both, new Op("producer_byte_rate", 1e6), new Op("request_percentage", 12.5));
            alter(admin, everyUser(), new Op("consumer_byte_rate", 2e6));
            alter(admin, entity(IP, "10.0.0.1"), new Op("connection_creation_rate", 5.0));
            alter(admin, both, new Op("request_percentage", null));
            var validated =
                    new ClientQuotaAlteration(entity(CLIENT_ID, "no"), List.of(new Op("producer_byte_rate", 1.0)));
            admin.alterClientQuotas(List.of(validated), new AlterClientQuotasOptions().validateOnly(true))
                    .all()
                    .get();
        }
        try (var node = RunningNode.in(directory);
                var admin = admin(node)) {
            assertThat(all(admin))
                    .containsOnly(
                            Map.entry(both, Map.of("producer_byte_rate", 1e6)),
                            Map.entry(everyUser(), Map.of("consumer_byte_rate", 2e6)),
                            Map.entry(entity(IP, "10.0.0.1"), Map.of("connection_creation_rate", 5.0)));
            var users = ClientQuotaFilter.containsOnly(List.of(ClientQuotaFilterComponent.ofEntityType(USER)));
            assertThat(admin.describeClientQuotas(users).entities().get()).containsOnlyKeys(everyUser());
            var anna = ClientQuotaFilter.contains(List.of(ClientQuotaFilterComponent.ofEntity(USER, "anna")));
            assertThat(admin.describeClientQuotas(anna).entities().get()).containsOnlyKeys(both);
        }
    }

    @Test
    void refusalsReachTheClientWithTheirReasons() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node)) {
            assertThatThrownBy(() -> alter(admin, entity(USER, "anna"), new Op("producer_byte_rat", 1.0)))
                    .hasCauseInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("users and client-ids have producer_byte_rate");
            assertThatThrownBy(() -> alter(admin, entity(IP, "10.0.0.1"), new Op("request_percentage", 1.0)))
                    .hasCauseInstanceOf(InvalidRequestException.class);
            var filter = ClientQuotaFilter.contains(List.of(ClientQuotaFilterComponent.ofEntityType("group")));
            assertThatThrownBy(
                            () -> admin.describeClientQuotas(filter).entities().get())
                    .hasCauseInstanceOf(UnsupportedVersionException.class);
        }
    }

    @Test
    void clientsOverTheirQuotaAreThrottledAndLoseNothing() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node)) {
            admin.createTopics(List.of(new NewTopic("orders", 1, (short) 1)))
                    .all()
                    .get();
            alter(admin, entity(CLIENT_ID, "writer"), new Op("producer_byte_rate", 50_000.0));
            alter(admin, entity(CLIENT_ID, "reader"), new Op("consumer_byte_rate", 50_000.0));
            int records = 60;
            try (var producer = new KafkaProducer<byte[], byte[]>(Map.of(
                    "bootstrap.servers",
                    node.bootstrap(),
                    "client.id",
                    "writer",
                    "key.serializer",
                    ByteArraySerializer.class,
                    "value.serializer",
                    ByteArraySerializer.class))) {
                for (int i = 0; i < records; i++) {
                    producer.send(new ProducerRecord<>("orders", new byte[RECORD_BYTES]))
                            .get();
                }
                assertThat(metric(producer.metrics(), "produce-throttle-time-avg"))
                        .isPositive();
            }
            try (var consumer = new KafkaConsumer<byte[], byte[]>(Map.of(
                    "bootstrap.servers",
                    node.bootstrap(),
                    "client.id",
                    "reader",
                    "key.deserializer",
                    ByteArrayDeserializer.class,
                    "value.deserializer",
                    ByteArrayDeserializer.class,
                    "max.partition.fetch.bytes",
                    50_000))) {
                consumer.assign(List.of(FIRST));
                consumer.seekToBeginning(List.of(FIRST));
                var offsets = new HashSet<Long>();
                while (offsets.size() < records) {
                    consumer.poll(Duration.ofSeconds(1)).forEach(record -> offsets.add(record.offset()));
                }
                assertThat(metric(consumer.metrics(), "fetch-throttle-time-avg"))
                        .isPositive();
            }
        }
    }

    private static double metric(Map<MetricName, ? extends Metric> metrics, String name) {
        return metrics.entrySet().stream()
                .filter(entry -> entry.getKey().name().equals(name))
                .mapToDouble(entry -> (double) entry.getValue().metricValue())
                .max()
                .orElseThrow();
    }

    @Test
    void topicsBeyondTheMutationQuotaAreRefusedAndMadeLaterByThoseWhoTryAgain() throws Exception {
        try (var node = RunningNode.in(directory, Map.of("controller.quota.window.num", "2"));
                var admin = admin(node)) {
            alter(admin, entity(CLIENT_ID, "boss"), new Op("controller_mutation_rate", 2.0));
            var impatient = new CreateTopicsOptions().retryOnQuotaViolation(false);
            admin.createTopics(List.of(new NewTopic("burst", 8, (short) 1)))
                    .all()
                    .get();
            assertThatThrownBy(() -> admin.createTopics(List.of(new NewTopic("more", 1, (short) 1)), impatient)
                            .all()
                            .get())
                    .cause()
                    .isInstanceOfSatisfying(
                            ThrottlingQuotaExceededException.class,
                            refused -> assertThat(refused.throttleTimeMs()).isPositive());
            admin.createTopics(List.of(new NewTopic("more", 1, (short) 1)))
                    .all()
                    .get();
            assertThat(admin.listTopics().names().get()).contains("burst", "more");
        }
    }
}
