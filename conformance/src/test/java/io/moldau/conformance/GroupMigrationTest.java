package io.moldau.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The members of a running application are replaced one by one by some that speak the other protocol, and back
/// (KIP-848), while records arrive: each is read, and again only where the position was not committed.
class GroupMigrationTest {
    private static final int PARTITIONS = 6;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "org.apache.kafka.clients.consumer.RangeAssignor",
                "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"
            })
    void anApplicationIsRolledToTheConsumerProtocolAndBack(String assignor) throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = Admin.create(Map.<String, Object>of("bootstrap.servers", node.bootstrap()))) {
            admin.createTopics(List.of(new NewTopic("orders", PARTITIONS, (short) 1)))
                    .all()
                    .get();
            var sent = new AtomicInteger();
            var stop = new AtomicBoolean();
            var producer = Thread.ofPlatform().start(() -> produce(node.bootstrap(), sent, stop));
            var readers = new Readers(node.bootstrap(), assignor);
            readers.add("classic");
            readers.add("classic");
            readers.settled(sent);
            assertThat(type(admin)).isEqualTo(GroupType.CLASSIC);
            readers.replaceFirst("consumer");
            readers.settled(sent);
            assertThat(type(admin)).isEqualTo(GroupType.CONSUMER);
            readers.replaceFirst("consumer");
            readers.settled(sent);
            readers.replaceFirst("classic");
            readers.settled(sent);
            assertThat(type(admin)).isEqualTo(GroupType.CONSUMER);
            readers.replaceFirst("classic");
            readers.settled(sent);
            assertThat(type(admin)).isEqualTo(GroupType.CLASSIC);
            stop.set(true);
            producer.join();
            await().atMost(Duration.ofSeconds(60)).until(() -> readers.values.size() == sent.get());
            readers.close();
            assertThat(readers.failure.get()).isNull();
            assertThat(readers.outOfOrder.get()).isZero();
            // What was read twice: at most what lay between two commits when partitions moved.
            assertThat(readers.twice.get()).isLessThan(sent.get() / 4);
        }
    }

    private static GroupType type(Admin admin) throws Exception {
        return admin.listGroups().all().get().stream()
                .filter(group -> group.groupId().equals("app"))
                .findFirst()
                .orElseThrow()
                .type()
                .orElseThrow();
    }

    private static void produce(String bootstrap, AtomicInteger sent, AtomicBoolean stop) {
        try (var producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrap), new StringSerializer(), new StringSerializer())) {
            while (!stop.get()) {
                var value = Integer.toString(sent.get());
                var record = new ProducerRecord<>("orders", sent.get() % PARTITIONS, "", value);
                producer.send(record).get();
                sent.incrementAndGet();
            }
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }

    /// The application's members, each on a thread of its own.
    private static final class Readers {
        final Set<String> values = ConcurrentHashMap.newKeySet();
        final AtomicInteger twice = new AtomicInteger();
        final AtomicInteger outOfOrder = new AtomicInteger();
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        private final String bootstrap;
        private final String assignor;
        private final List<Reader> running = new ArrayList<>();

        Readers(String bootstrap, String assignor) {
            this.bootstrap = bootstrap;
            this.assignor = assignor;
        }

        void add(String protocol) {
            running.add(new Reader(this, protocol));
        }

        void replaceFirst(String protocol) throws InterruptedException {
            add(protocol);
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> !running.getLast().assigned.isEmpty());
            running.removeFirst().close();
        }

        /// Everything that is there now is read, and by everybody something.
        void settled(AtomicInteger sent) {
            await().atMost(Duration.ofSeconds(60)).until(() -> {
                assertThat(failure.get()).isNull();
                return running.stream().mapToInt(one -> one.assigned.size()).sum() == PARTITIONS
                        && running.stream().noneMatch(one -> one.assigned.isEmpty());
            });
            int until = sent.get() + 50;
            await().atMost(Duration.ofSeconds(60)).until(() -> values.size() >= until);
        }

        void close() throws InterruptedException {
            for (var one : running) {
                one.close();
            }
        }
    }

    private static final class Reader implements ConsumerRebalanceListener {
        final Set<TopicPartition> assigned = ConcurrentHashMap.newKeySet();
        private final Readers all;
        private final String protocol;
        private final AtomicBoolean stop = new AtomicBoolean();
        private final Map<TopicPartition, Long> last = new HashMap<>();
        private final Thread thread;

        Reader(Readers all, String protocol) {
            this.all = all;
            this.protocol = protocol;
            this.thread = Thread.ofPlatform().start(this::run);
        }

        private Map<String, Object> settings() {
            var settings = new HashMap<String, Object>(Map.of(
                    "bootstrap.servers", all.bootstrap,
                    "group.id", "app",
                    "group.protocol", protocol,
                    "auto.offset.reset", "earliest",
                    "enable.auto.commit", "false"));
            if (protocol.equals("classic")) {
                settings.put("partition.assignment.strategy", all.assignor);
                settings.put("heartbeat.interval.ms", "200");
            }
            return settings;
        }

        private void run() {
            try (var consumer = new KafkaConsumer<>(settings(), new StringDeserializer(), new StringDeserializer())) {
                consumer.subscribe(List.of("orders"), this);
                while (!stop.get()) {
                    for (var record : consumer.poll(Duration.ofMillis(50))) {
                        var partition = new TopicPartition(record.topic(), record.partition());
                        var before = last.put(partition, record.offset());
                        if (before != null && before >= record.offset()) {
                            all.outOfOrder.incrementAndGet();
                        }
                        if (!all.values.add(record.value())) {
                            all.twice.incrementAndGet();
                        }
                    }
                    try {
                        consumer.commitSync();
                    } catch (CommitFailedException | RebalanceInProgressException moved) {
                        // Whoever has the partition now reads on from the last commit.
                        last.clear();
                    }
                }
            } catch (Throwable broken) {
                all.failure.compareAndSet(null, broken);
            }
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            assigned.addAll(partitions);
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            assigned.removeAll(partitions);
            last.keySet().removeAll(partitions);
        }

        void close() throws InterruptedException {
            stop.set(true);
            thread.join();
        }
    }
}
