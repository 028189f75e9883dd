package io.moldau.programs;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/// What the checks themselves do with topics.
public final class Topics {
    private static final Duration POLL = Duration.ofMillis(200);

    private Topics() {}

    public static void create(String bootstrap, int partitions, String... names) throws Exception {
        // By the class that the oldest of the programs' clients has, too.
        try (var admin = AdminClient.create(Map.<String, Object>of("bootstrap.servers", bootstrap))) {
            admin.createTopics(Arrays.stream(names)
                            .map(name -> new NewTopic(name, partitions, (short) 1))
                            .toList())
                    .all()
                    .get();
        }
    }

    /// A producer that is patient with a node that is away for a while.
    public static KafkaProducer<String, String> producer(String bootstrap) {
        return new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        bootstrap,
                        "acks",
                        "all",
                        "enable.idempotence",
                        "true",
                        "linger.ms",
                        "5",
                        "max.block.ms",
                        "120000",
                        "delivery.timeout.ms",
                        "180000"),
                new StringSerializer(),
                new StringSerializer());
    }

    /// Writes so many records, each with a key of its own, at a pace; returns them when all are acknowledged.
    public static Map<String, String> numbered(String bootstrap, String topic, int count, long pauseNanos) {
        var records = new TreeMap<String, String>();
        var sent = new ArrayList<Future<?>>();
        try (var producer = producer(bootstrap)) {
            for (int i = 0; i < count; i++) {
                records.put("key" + i, "record " + i);
                sent.add(producer.send(new ProducerRecord<>(topic, "key" + i, "record " + i)));
                LockSupport.parkNanos(pauseNanos);
            }
            for (var one : sent) {
                one.get();
            }
        } catch (InterruptedException | ExecutionException failure) {
            throw new IllegalStateException("the input was not accepted", failure);
        }
        return records;
    }

    /// Everything that is in a topic now, partition by partition in the order of the log.
    public static List<ConsumerRecord<String, String>> read(String bootstrap, String topic, boolean committedOnly) {
        var settings = new HashMap<String, Object>();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("enable.auto.commit", "false");
        settings.put("auto.offset.reset", "earliest");
        settings.put("isolation.level", committedOnly ? "read_committed" : "read_uncommitted");
        settings.put("max.poll.records", "5000");
        var all = new ArrayList<ConsumerRecord<String, String>>();
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            var partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            var ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(one -> consumer.position(one) < ends.get(one))) {
                consumer.poll(POLL).forEach(all::add);
            }
        }
        all.sort((one, two) -> one.partition() != two.partition()
                ? Integer.compare(one.partition(), two.partition())
                : Long.compare(one.offset(), two.offset()));
        return all;
    }

    /// The values of each key in their order.
    public static Map<String, List<String>> byKey(List<ConsumerRecord<String, String>> records) {
        var values = new LinkedHashMap<String, List<String>>();
        for (var record : records) {
            values.computeIfAbsent(record.key(), key -> new ArrayList<>()).add(String.valueOf(record.value()));
        }
        return values;
    }

    /// The last value of each key; one that was deleted is not there.
    public static Map<String, String> table(List<ConsumerRecord<String, String>> records) {
        var values = new LinkedHashMap<String, String>();
        for (var record : records) {
            if (record.value() == null) {
                values.remove(record.key());
            } else {
                values.put(record.key(), record.value());
            }
        }
        return values;
    }

    /// How many records of a topic a group has not committed yet.
    public static long lag(Admin admin, String group, String... topics) throws Exception {
        var committed = admin.listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata()
                .get();
        long lag = 0;
        for (var topic : topics) {
            var description =
                    admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
            for (var info : description.partitions()) {
                var partition = new TopicPartition(topic, info.partition());
                long end = admin.listOffsets(Map.of(partition, org.apache.kafka.clients.admin.OffsetSpec.latest()))
                        .partitionResult(partition)
                        .get()
                        .offset();
                var offset = committed.get(partition);
                lag += end - (offset == null ? 0 : offset.offset());
            }
        }
        return lag;
    }
}
