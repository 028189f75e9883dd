package io.moldau.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.moldau.client.Admin.DecisionInfo;
import io.moldau.client.ClientSettings;
import io.moldau.client.Cluster;
import io.moldau.client.ConfigResource.Kind;
import io.moldau.environment.Environment;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `moldau groups explain`, `transactions explain` and `topics explain`, as a person uses them after something
/// happened.
@Timeout(180)
class ExplainCommandsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private static String moldau(RunningNode node, String... arguments) throws Exception {
        var command = NodeProcess.command(arguments);
        command.addAll(List.of("-b", node.bootstrap()));
        return Programs.run(command);
    }

    private static void awaitDecision(RunningNode node, Kind kind, String name, String part) {
        try (var cluster = new Cluster(ClientSettings.of(Environment.real(), node.bootstrap(), "test"))) {
            await().atMost(PATIENCE)
                    .until(() -> new io.moldau.client.Admin(cluster)
                            .decisions(kind, name).stream()
                                    .map(DecisionInfo::what)
                                    .anyMatch(what -> what.contains(part)));
        }
    }

    @Test
    void aRebalanceAndAMemberThatFellSilentAreExplained() throws Exception {
        var settings = Map.of(
                "group.consumer.session.timeout.ms", "1500",
                "group.consumer.min.session.timeout.ms", "1000",
                "group.consumer.heartbeat.interval.ms", "300",
                "group.consumer.min.heartbeat.interval.ms", "300");
        try (var node = RunningNode.in(directory.resolve("data"), settings)) {
            moldau(node, "topics", "create", "orders", "--partitions", "2");
            try (var one = RunningCommand.start(
                    directory.resolve("one"), "consume", "orders", "--group", "shop", "-b", node.bootstrap())) {
                awaitDecision(node, Kind.GROUP_DECISIONS, "shop", "is settled: 1 members");
                try (var two = RunningCommand.start(
                        directory.resolve("two"), "consume", "orders", "--group", "shop", "-b", node.bootstrap())) {
                    awaitDecision(node, Kind.GROUP_DECISIONS, "shop", "is settled: 2 members");
                    two.kill();
                }
                awaitDecision(node, Kind.GROUP_DECISIONS, "shop", "gave no sign of life");
                assertThat(one.process().isAlive()).isTrue();
            }
            var told = moldau(node, "groups", "explain", "shop");
            assertThat(told.lines().findFirst().orElseThrow())
                    .startsWith("time")
                    .contains("decision");
            assertThat(told)
                    .containsPattern("epoch 1 begins: member \\S+ \\(.*\\) joined")
                    .containsPattern("is settled: 2 members, after \\d+ ms")
                    .containsPattern("member \\S+ \\(.*\\) gave no sign of life for 1500 ms");
            // For programs: the same, in order, with times that can be read.
            var json = new ObjectMapper().readTree(moldau(node, "groups", "explain", "shop", "--json"));
            assertThat(json).hasSizeGreaterThanOrEqualTo(4);
            var before = Instant.EPOCH;
            for (var one : json) {
                var time = Instant.parse(one.get("time").asText());
                assertThat(time).isAfterOrEqualTo(before);
                assertThat(one.get("decision").asText()).isNotBlank();
                before = time;
            }
        }
    }

    @Test
    void aShareGroupAndItsMemberThatFellSilentAreExplained() throws Exception {
        var settings = Map.of(
                "group.share.session.timeout.ms", "1500",
                "group.share.min.session.timeout.ms", "1000",
                "group.share.heartbeat.interval.ms", "300",
                "group.share.min.heartbeat.interval.ms", "300");
        try (var node = RunningNode.in(directory.resolve("data"), settings)) {
            moldau(node, "topics", "create", "jobs", "--partitions", "2");
            try (var one = sharing(node, "one")) {
                awaitDecision(node, Kind.GROUP_DECISIONS, "workers", "is settled: 1 members");
                try (var two = sharing(node, "two")) {
                    awaitDecision(node, Kind.GROUP_DECISIONS, "workers", "is settled: 2 members");
                    two.kill();
                }
                awaitDecision(node, Kind.GROUP_DECISIONS, "workers", "gave no sign of life");
                assertThat(one.stop()).isEqualTo(143);
            }
            awaitDecision(node, Kind.GROUP_DECISIONS, "workers", ") left");
            moldau(node, "topics", "delete", "jobs");
            awaitDecision(node, Kind.GROUP_DECISIONS, "workers", "the offsets of jobs are deleted");
            assertThat(moldau(node, "groups", "explain", "workers"))
                    .containsPattern("epoch 2 begins: member \\S+ \\(.*\\) joined")
                    .containsPattern("epoch 3 begins: member \\S+ \\(.*\\) joined")
                    .containsPattern("epoch 3 is settled: 2 members, after \\d+ ms")
                    .containsPattern("epoch 4 begins: member \\S+ \\(.*\\) gave no sign of life for 1500 ms")
                    .containsPattern("epoch 5 begins: member \\S+ \\(.*\\) left")
                    .contains("the offsets of jobs are deleted: the topic was deleted");
        }
    }

    private RunningCommand sharing(RunningNode node, String name) throws Exception {
        return RunningCommand.start(
                directory.resolve(name), "consume", "jobs", "--share", "workers", "-b", node.bootstrap());
    }

    @Test
    void aFencingAndATransactionThatTookTooLongAreExplained() throws Exception {
        var often = Map.of("transaction.abort.timed.out.transaction.cleanup.interval.ms", "200");
        try (var node = RunningNode.in(directory.resolve("data"), often)) {
            moldau(node, "topics", "create", "orders");
            try (var first = producer(node, "payments", 60_000);
                    var second = producer(node, "payments", 60_000)) {
                first.initTransactions();
                first.beginTransaction();
                first.send(new ProducerRecord<>("orders", "a")).get();
                second.initTransactions();
                assertThatThrownBy(first::commitTransaction).isInstanceOf(ProducerFencedException.class);
            }
            try (var slow = producer(node, "slow", 1000)) {
                slow.initTransactions();
                slow.beginTransaction();
                slow.send(new ProducerRecord<>("orders", "b")).get();
                awaitDecision(node, Kind.TRANSACTION_DECISIONS, "slow", "took longer");
            }
            assertThat(moldau(node, "transactions", "explain", "payments"))
                    .contains("left open")
                    .containsPattern("producer \\d+ with epoch \\d+ is fenced");
            assertThat(moldau(node, "transactions", "explain", "slow"))
                    .contains("is aborted, and its producer fenced: it took longer than 1000 ms")
                    .contains("transaction.timeout.ms");
        }
    }

    private static KafkaProducer<String, String> producer(RunningNode node, String id, int timeoutMs) {
        return new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        node.bootstrap(),
                        "transactional.id",
                        id,
                        "transaction.timeout.ms",
                        timeoutMs),
                new StringSerializer(),
                new StringSerializer());
    }

    @Test
    void recordsThatRetentionDeletedAreExplained() throws Exception {
        try (var node = RunningNode.in(directory.resolve("data"), Map.of("log.retention.check.interval.ms", "200"));
                var admin = Admin.create(Map.of("bootstrap.servers", node.bootstrap()))) {
            var topic = new NewTopic("orders", 1, (short) 1)
                    .configs(Map.of("segment.bytes", "1048576", "retention.bytes", "2000000"));
            admin.createTopics(List.of(topic)).all().get();
            assertThat(moldau(node, "topics", "explain", "orders")).isEmpty();
            var value = "x".repeat(200_000);
            try (var producer = new KafkaProducer<>(
                    Map.<String, Object>of("bootstrap.servers", node.bootstrap(), "linger.ms", 0),
                    new StringSerializer(),
                    new StringSerializer())) {
                for (int i = 0; i < 30; i++) {
                    producer.send(new ProducerRecord<>("orders", value)).get();
                }
            }
            awaitDecision(node, Kind.TOPIC_DECISIONS, "orders", "were deleted");
            assertThat(moldau(node, "topics", "explain", "orders"))
                    .containsPattern("partition 0: the records below offset \\d+ were deleted, as .*retention\\.bytes");
        }
    }

    @Test
    void aCompactionUnderWayShowsHowFarItIs() throws Exception {
        var slowly = Map.of("log.cleaner.backoff.ms", "100", "log.cleaner.io.max.bytes.per.second", "2000000");
        try (var node = RunningNode.in(directory.resolve("data"), slowly);
                var admin = Admin.create(Map.of("bootstrap.servers", node.bootstrap()))) {
            var topic = new NewTopic("prices", 1, (short) 1)
                    .configs(Map.of("cleanup.policy", "compact", "segment.bytes", "1048576"));
            admin.createTopics(List.of(topic)).all().get();
            try (var producer = new KafkaProducer<>(
                    Map.<String, Object>of("bootstrap.servers", node.bootstrap()),
                    new StringSerializer(),
                    new StringSerializer())) {
                for (int i = 0; i < 100; i++) {
                    producer.send(new ProducerRecord<>("prices", "k" + i % 3, "x".repeat(200_000)));
                }
            }
            awaitDecision(node, Kind.TOPIC_DECISIONS, "prices", "compaction is under way: the keys");
            assertThat(moldau(node, "topics", "explain", "prices"))
                    .containsPattern("partition 0: compaction is under way: .*, \\d+ of \\d+ bytes \\(\\d+ %\\)");
            moldau(node, "config", "set", "broker", "all", "log.cleaner.io.max.bytes.per.second=1e12");
            awaitDecision(node, Kind.TOPIC_DECISIONS, "prices", "compacted prices-0");
        }
    }

    @Test
    void nothingToExplainIsSaid() throws Exception {
        try (var node = RunningNode.in(directory.resolve("data"));
                var command = RunningCommand.start(
                        directory.resolve("out"), "groups", "explain", "nobody", "-b", node.bootstrap())) {
            assertThat(command.process().waitFor()).isZero();
            assertThat(command.lines()).containsExactly("The node decided nothing about 'nobody' since it started.");
            assertThat(moldau(node, "groups", "explain", "nobody", "--json").strip())
                    .isEqualTo("[]");
        }
    }
}
