package io.moldau.conformance.scenario;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/// What an application with transactions does. Takes `bootstrap` and `topic`; returns "ok", or throws an
/// [AssertionError] that says what was wrong.
public final class TransactionScenario implements Function<Map<String, String>, String> {
    private static final int PARTITIONS = 3;
    private static final long PATIENCE_NANOS = 30_000_000_000L;

    private String bootstrap = "";
    private String topic = "";

    @Override
    public String apply(Map<String, String> arguments) {
        bootstrap = arguments.getOrDefault("bootstrap", "");
        topic = arguments.getOrDefault("topic", "");
        var thread = Thread.currentThread();
        var before = thread.getContextClassLoader();
        thread.setContextClassLoader(TransactionScenario.class.getClassLoader());
        try {
            run();
            return "ok";
        } catch (Exception failure) {
            throw new IllegalStateException("the scenario failed: " + failure, failure);
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private void run() throws Exception {
        try (var admin = Admin.create(base())) {
            admin.createTopics(List.of(
                            new NewTopic(topic, PARTITIONS, (short) 1), new NewTopic(topic + "-out", 1, (short) 1)))
                    .all()
                    .get();
            try (var producer = producer(topic + "-writer")) {
                producer.initTransactions();
                commitsAndAborts(producer);
                consumesAndProducesOnce(producer, admin);
                isFencedByTheNextOfItsName(producer);
            }
        }
    }

    private Properties base() {
        var properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("default.api.timeout.ms", "30000");
        return properties;
    }

    private KafkaProducer<String, String> producer(String transactionalId) {
        var properties = base();
        properties.put("transactional.id", transactionalId);
        return new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer());
    }

    private KafkaConsumer<String, String> reader(String group) {
        var properties = base();
        properties.put("group.id", group);
        properties.put("isolation.level", "read_committed");
        properties.put("auto.offset.reset", "earliest");
        properties.put("enable.auto.commit", "false");
        return new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
    }

    private void commitsAndAborts(KafkaProducer<String, String> producer) throws Exception {
        var committed = new ArrayList<String>();
        for (int transaction = 0; transaction < 20; transaction++) {
            producer.beginTransaction();
            boolean commits = transaction % 3 != 1;
            for (int i = 0; i < 10; i++) {
                var value = transaction + "/" + i;
                producer.send(new ProducerRecord<>(topic, i % PARTITIONS, "key", value));
                if (commits) {
                    committed.add(value);
                }
            }
            if (commits) {
                producer.commitTransaction();
            } else {
                producer.flush();
                producer.abortTransaction();
            }
        }
        committed.sort(null);
        var read = read(topic, PARTITIONS, committed.size());
        read.sort(null);
        check(read.equals(committed), "read " + read + ", committed " + committed);
    }

    /// All that is committed, and nothing after it, as long as the ends of the partitions say.
    private List<String> read(String from, int partitions, int atLeast) {
        try (var reader = reader(topic + "-reader")) {
            var all = Stream.iterate(0, i -> i + 1)
                    .limit(partitions)
                    .map(i -> new TopicPartition(from, i))
                    .toList();
            reader.assign(all);
            reader.seekToBeginning(all);
            var read = new ArrayList<String>();
            long deadline = System.nanoTime() + PATIENCE_NANOS;
            while (System.nanoTime() < deadline
                    && (read.size() < atLeast
                            || !all.stream()
                                    .allMatch(each -> reader.position(each)
                                            >= reader.endOffsets(List.of(each)).get(each)))) {
                reader.poll(Duration.ofMillis(100)).forEach(record -> read.add(record.value()));
            }
            return read;
        }
    }

    private void consumesAndProducesOnce(KafkaProducer<String, String> producer, Admin admin) throws Exception {
        var group = topic + "-mover";
        int moved = 0;
        try (var reader = reader(group)) {
            reader.subscribe(List.of(topic));
            long deadline = System.nanoTime() + PATIENCE_NANOS;
            while (moved < 130 && System.nanoTime() < deadline) {
                var records = reader.poll(Duration.ofMillis(100));
                if (records.isEmpty()) {
                    continue;
                }
                producer.beginTransaction();
                for (var record : records) {
                    producer.send(new ProducerRecord<>(topic + "-out", 0, record.key(), record.value()));
                }
                var offsets = new java.util.HashMap<TopicPartition, OffsetAndMetadata>();
                for (var partition : records.partitions()) {
                    offsets.put(partition, new OffsetAndMetadata(reader.position(partition)));
                }
                producer.sendOffsetsToTransaction(offsets, reader.groupMetadata());
                producer.commitTransaction();
                moved += records.count();
            }
            check(moved == 130, "130 records moved, not " + moved);
            var committed = admin.listConsumerGroupOffsets(group)
                    .partitionsToOffsetAndMetadata()
                    .get();
            for (var partition : reader.assignment()) {
                check(
                        committed.get(partition).offset() == reader.position(partition),
                        "the committed offset of " + partition + " is where the reader stands");
            }
            // What an aborted transaction said of offsets does not count.
            var any = reader.assignment().iterator().next();
            producer.beginTransaction();
            producer.sendOffsetsToTransaction(Map.of(any, new OffsetAndMetadata(1)), reader.groupMetadata());
            producer.abortTransaction();
            check(
                    reader.committed(java.util.Set.of(any)).get(any).offset() == reader.position(any),
                    "an aborted offset is not committed");
        }
        var read = read(topic + "-out", 1, 130);
        check(read.size() == 130 && read.stream().distinct().count() == 130, "moved once: " + read);
    }

    private void isFencedByTheNextOfItsName(KafkaProducer<String, String> old) throws Exception {
        old.beginTransaction();
        old.send(new ProducerRecord<>(topic, 0, "key", "of the old one")).get();
        try (var next = producer(topic + "-writer")) {
            next.initTransactions();
            next.beginTransaction();
            next.send(new ProducerRecord<>(topic, 0, "key", "of the next one"));
            boolean fenced = false;
            try {
                old.send(new ProducerRecord<>(topic, 0, "key", "of the old one, late"))
                        .get();
                old.commitTransaction();
            } catch (KafkaException | ExecutionException refused) {
                fenced = true;
            }
            check(fenced, "the old producer is fenced");
            next.commitTransaction();
        }
        var read = read(topic, PARTITIONS, 131);
        check(read.size() == 131 && read.contains("of the next one"), "what the fenced one wrote is not read: " + read);
    }

    private static void check(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }
}
