package io.moldau.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moldau.client.ClientSettings;
import io.moldau.client.Cluster;
import io.moldau.client.TransactionAdmin;
import io.moldau.client.TransactionInfo;
import io.moldau.environment.Environment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What becomes of transactions whose producer, or whose node, does not end them.
@Timeout(120)
class TransactionsTest {
    private static final String TOPIC = "orders";
    private static final TopicPartition FIRST = new TopicPartition(TOPIC, 0);
    private static final int PARTITIONS = 2;

    @TempDir
    Path directory;

    private static Admin admin(String bootstrap) throws Exception {
        var admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
        if (!admin.listTopics().names().get().contains(TOPIC)) {
            admin.createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 1)))
                    .all()
                    .get();
        }
        return admin;
    }

    private static KafkaProducer<String, String> producer(String bootstrap, String id, int timeoutMs) {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers",
                bootstrap,
                "transactional.id",
                id,
                "transaction.timeout.ms",
                timeoutMs,
                "reconnect.backoff.max.ms",
                100);
        var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
        producer.initTransactions();
        return producer;
    }

    private static void send(KafkaProducer<String, String> producer, String value) throws Exception {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            producer.send(new ProducerRecord<>(TOPIC, partition, "key", value + "@" + partition))
                    .get();
        }
    }

    private static void awaitRead(String bootstrap, String... values) {
        var expected = Stream.of(values)
                .flatMap(value -> Stream.of(value + "@0", value + "@1"))
                .sorted()
                .toList();
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(read(bootstrap)).isEqualTo(expected));
    }

    /// What a reader of committed records gets, up to the ends that it is told.
    private static List<String> read(String bootstrap) {
        Map<String, Object> settings =
                Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed", "group.id", "reader");
        try (var reader = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            var all = List.of(FIRST, new TopicPartition(TOPIC, 1));
            reader.assign(all);
            reader.seekToBeginning(all);
            var ends = reader.endOffsets(all);
            var read = new ArrayList<String>();
            while (!all.stream().allMatch(each -> reader.position(each) >= ends.getOrDefault(each, 0L))) {
                reader.poll(Duration.ofMillis(50)).forEach(record -> read.add(record.value()));
            }
            return read.stream().sorted().toList();
        }
    }

    @Test
    void aTransactionThatTakesTooLongIsAbortedAndItsProducerGoesOn() throws Exception {
        try (var node = RunningNode.in(
                        directory, Map.of("transaction.abort.timed.out.transaction.cleanup.interval.ms", "100"));
                var admin = admin(node.bootstrap());
                var producer = producer(node.bootstrap(), "slow", 500)) {
            // When
            producer.beginTransaction();
            send(producer, "late");
            awaitState(admin, "slow", TransactionState.COMPLETE_ABORT);
            // Then
            awaitRead(node.bootstrap());
            assertThatThrownBy(() -> {
                        send(producer, "later");
                        producer.commitTransaction();
                    })
                    .isInstanceOf(Exception.class);
            producer.abortTransaction();
            producer.beginTransaction();
            send(producer, "in time");
            producer.commitTransaction();
            awaitRead(node.bootstrap(), "in time");
        }
    }

    private static void awaitState(Admin admin, String id, TransactionState state) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> admin.describeTransactions(List.of(id))
                        .description(id)
                        .get()
                        .state()
                        .equals(state));
    }

    @Test
    void theAdminSeesTransactionsAndTheirProducers() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap());
                var open = producer(node.bootstrap(), "open", 60_000);
                var done = producer(node.bootstrap(), "done", 60_000)) {
            open.beginTransaction();
            send(open, "open");
            done.beginTransaction();
            send(done, "done");
            done.commitTransaction();
            awaitState(admin, "done", TransactionState.COMPLETE_COMMIT);
            var described = admin.describeTransactions(List.of("open"))
                    .description("open")
                    .get();
            assertThat(described.state()).isEqualTo(TransactionState.ONGOING);
            assertThat(described.topicPartitions()).isEqualTo(Set.of(FIRST, new TopicPartition(TOPIC, 1)));
            assertThat(described.transactionTimeoutMs()).isEqualTo(60_000);
            assertThat(ids(admin, new ListTransactionsOptions())).containsExactly("done", "open");
            assertThat(ids(admin, new ListTransactionsOptions().filterStates(Set.of(TransactionState.ONGOING))))
                    .containsExactly("open");
            assertThat(ids(admin, new ListTransactionsOptions().filterProducerIds(Set.of(described.producerId()))))
                    .containsExactly("open");
            assertThat(ids(admin, new ListTransactionsOptions().filterOnDuration(100_000)))
                    .isEmpty();
            assertThat(ids(admin, new ListTransactionsOptions().filterOnTransactionalIdPattern("d.*")))
                    .containsExactly("done");
            assertThat(openIn(admin, FIRST).orElseThrow().producerId()).isEqualTo(described.producerId());
        }
    }

    private static List<String> ids(Admin admin, ListTransactionsOptions options) throws Exception {
        return admin.listTransactions(options).all().get().stream()
                .map(org.apache.kafka.clients.admin.TransactionListing::transactionalId)
                .sorted()
                .toList();
    }

    private static Optional<ProducerState> openIn(Admin admin, TopicPartition partition) throws Exception {
        return admin.describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers().stream()
                .filter(state -> state.currentTransactionStartOffset().isPresent())
                .findFirst();
    }

    @Test
    void theAdminFencesProducersAndAbortsTheirTransactions() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap());
                var producer = producer(node.bootstrap(), "old", 60_000)) {
            producer.beginTransaction();
            send(producer, "never");
            admin.fenceProducers(List.of("old")).all().get();
            assertThatThrownBy(producer::commitTransaction).isInstanceOf(KafkaException.class);
            awaitRead(node.bootstrap());
        }
    }

    /// The coordinator's topic is deleted: nobody is left who would end the transaction.
    @Test
    void aHangingTransactionIsFoundAndAborted() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap());
                var producer = producer(node.bootstrap(), "lost", 60_000);
                var cluster = new Cluster(ClientSettings.of(Environment.real(), node.bootstrap(), "moldau-test"))) {
            producer.beginTransaction();
            send(producer, "hanging");
            var ours = new TransactionAdmin(cluster);
            var partitions = List.of(
                    new io.moldau.client.TopicPartition(TOPIC, 0), new io.moldau.client.TopicPartition(TOPIC, 1));
            assertThat(ours.hanging(ours.open(partitions))).isEmpty();
            admin.deleteTopics(List.of("__transaction_state")).all().get();
            var hanging = ours.hanging(ours.open(partitions));
            assertThat(hanging).hasSize(2);
            // One by Kafka's admin client, one by ours.
            var state = openIn(admin, FIRST).orElseThrow();
            admin.abortTransaction(new AbortTransactionSpec(
                            FIRST,
                            state.producerId(),
                            (short) state.producerEpoch(),
                            state.coordinatorEpoch().orElse(0)))
                    .all()
                    .get();
            ours.abort(hanging.getLast());
            assertThat(ours.open(partitions)).isEmpty();
            awaitRead(node.bootstrap());
            assertThat(ours.list(TransactionInfo.Filter.ALL)).isEmpty();
        }
    }

    @Test
    void aHangingTransactionIsAbortedByTheNodeItself() throws Exception {
        try (var node = RunningNode.in(directory, Map.of("transaction.hanging.check.interval.ms", "100"));
                var admin = admin(node.bootstrap());
                var producer = producer(node.bootstrap(), "lost", 60_000);
                var cluster = new Cluster(ClientSettings.of(Environment.real(), node.bootstrap(), "moldau-test"))) {
            producer.beginTransaction();
            send(producer, "hanging");
            assertThat(openIn(admin, FIRST)).isPresent();
            admin.deleteTopics(List.of("__transaction_state")).all().get();
            Awaitility.await().until(() -> openIn(admin, FIRST).isEmpty());
            assertThat(new io.moldau.client.Admin(cluster)
                            .decisions(io.moldau.client.ConfigResource.Kind.TOPIC_DECISIONS, TOPIC))
                    .anyMatch(decision -> decision.what().contains("no transactional id has that producer"));
        }
    }

    @Test
    void transactionsGoOnAfterTheNodeIsKilled() throws Exception {
        try (var node = NodeProcess.start(directory)) {
            try (var admin = admin(node.bootstrap());
                    var producer = producer(node.bootstrap(), "killed", 60_000);
                    var left = producer(node.bootstrap(), "left", 60_000)) {
                left.beginTransaction();
                send(left, "left open");
                var values = new ArrayList<String>();
                for (int round = 0; round < 4; round++) {
                    producer.beginTransaction();
                    send(producer, "a" + round);
                    node.killAndRestart();
                    send(producer, "b" + round);
                    producer.commitTransaction();
                    values.add("a" + round);
                    values.add("b" + round);
                    // The markers may be on their way.
                    node.killAndRestart();
                    producer.beginTransaction();
                    send(producer, "never" + round);
                    node.killAndRestart();
                    producer.abortTransaction();
                }
                // The next one of its name ends what the other left.
                try (var next = producer(node.bootstrap(), "left", 60_000)) {
                    assertThatThrownBy(left::commitTransaction).isInstanceOf(KafkaException.class);
                    next.beginTransaction();
                    send(next, "next");
                    next.commitTransaction();
                    values.add("next");
                }
                awaitRead(node.bootstrap(), values.toArray(new String[0]));
                assertThat(new HashMap<>(admin.describeTransactions(List.of("killed", "left"))
                                        .all()
                                        .get())
                                .values())
                        .allMatch(one -> one.topicPartitions().isEmpty());
            }
        }
    }
}
