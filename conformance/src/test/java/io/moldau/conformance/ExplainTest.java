package io.moldau.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moldau.client.Admin;
import io.moldau.client.ClientSettings;
import io.moldau.client.Cluster;
import io.moldau.client.ConfigResource.Kind;
import io.moldau.environment.Environment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A person asks why, and is told.
class ExplainTest {
    @TempDir
    Path directory;

    @Test
    void rebalancesAndFencingsAreExplained() throws Exception {
        try (var node = RunningNode.in(directory)) {
            for (var protocol : List.of("classic", "consumer")) {
                readSomething(node.bootstrap(), protocol);
            }
            fenceAProducer(node.bootstrap());
            try (var cluster = new Cluster(ClientSettings.of(Environment.real(), node.bootstrap(), "explain"))) {
                var admin = new Admin(cluster);
                assertThat(admin.decisions(Kind.GROUP_DECISIONS, "classic"))
                        .extracting(Admin.DecisionInfo::what)
                        .anyMatch(what -> what.contains("joined"))
                        .anyMatch(what -> what.contains("is stable: 1 members"))
                        .anyMatch(what -> what.contains("consumer is being closed"));
                assertThat(admin.decisions(Kind.GROUP_DECISIONS, "consumer"))
                        .extracting(Admin.DecisionInfo::what)
                        .anyMatch(what -> what.contains("epoch 1 begins: member"))
                        .anyMatch(what -> what.contains("is settled: 1 members"))
                        .anyMatch(what -> what.endsWith("left"));
                assertThat(admin.decisions(Kind.TRANSACTION_DECISIONS, "txn"))
                        .extracting(Admin.DecisionInfo::what)
                        .anyMatch(what -> what.contains("left open"))
                        .anyMatch(what -> what.contains("is fenced"));
                assertThat(admin.decisions(Kind.GROUP_DECISIONS, "nobody")).isEmpty();
            }
        }
    }

    private static void readSomething(String bootstrap, String protocol) {
        var settings = Map.<String, Object>of(
                "bootstrap.servers", bootstrap, "group.id", protocol, "group.protocol", protocol);
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of("orders"));
            for (int i = 0; i < 100 && consumer.assignment().isEmpty(); i++) {
                consumer.poll(Duration.ofMillis(100));
            }
            assertThat(consumer.assignment()).isNotEmpty();
        }
    }

    private static void fenceAProducer(String bootstrap) throws Exception {
        var settings = Map.<String, Object>of("bootstrap.servers", bootstrap, "transactional.id", "txn");
        try (var first = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
                var second = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            first.initTransactions();
            first.beginTransaction();
            first.send(new ProducerRecord<>("orders", "a")).get();
            second.initTransactions();
            assertThatThrownBy(first::commitTransaction).isInstanceOf(ProducerFencedException.class);
        }
    }
}
