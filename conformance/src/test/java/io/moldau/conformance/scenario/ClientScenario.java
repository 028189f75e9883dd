package io.moldau.conformance.scenario;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/// Everything an ordinary application does, one after the other. Takes `bootstrap`, `topic` and `protocol`; returns
/// "ok", or throws an [AssertionError] that says what was wrong.
public final class ClientScenario implements Function<Map<String, String>, String> {
    private static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");
    private static final List<String> ACKS = List.of("0", "1", "all");
    private static final int RECORDS = 200;
    private static final long PATIENCE_NANOS = 30_000_000_000L;

    private String bootstrap = "";
    private String topic = "";
    private String protocol = "";
    private int instances;

    @Override
    public String apply(Map<String, String> arguments) {
        bootstrap = arguments.getOrDefault("bootstrap", "");
        topic = arguments.getOrDefault("topic", "");
        protocol = arguments.getOrDefault("protocol", "classic");
        var thread = Thread.currentThread();
        var before = thread.getContextClassLoader();
        thread.setContextClassLoader(ClientScenario.class.getClassLoader());
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
            check(admin.describeCluster().nodes().get().size() == 1, "one node");
            admin.createTopics(List.of(new NewTopic(topic, 3, (short) 1))).all().get();
            check(admin.listTopics().names().get().contains(topic), "the topic is listed");
            var sent = produceEverything();
            var seen = consumeInAGroup(sent.size());
            check(seen.equals(sent), "all " + sent.size() + " records came back once, not " + seen.size());
            timesAndSeeking();
            administration(admin);
        }
    }

    private Properties base() {
        var properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("default.api.timeout.ms", "30000");
        return properties;
    }

    private KafkaProducer<String, String> producer(String codec, String acks) {
        var properties = base();
        properties.put("compression.type", codec);
        properties.put("acks", acks);
        properties.put("enable.idempotence", Boolean.toString(acks.equals("all")));
        return new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer());
    }

    private KafkaConsumer<String, String> consumer(String group) {
        var properties = base();
        properties.put("group.id", group);
        properties.put("auto.offset.reset", "earliest");
        properties.put("enable.auto.commit", "false");
        if (protocol.equals("consumer")) {
            properties.put("group.protocol", "consumer");
        } else if (protocol.equals("cooperative")) {
            properties.put(
                    "partition.assignment.strategy", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");
        } else if (protocol.equals("static")) {
            properties.put("group.instance.id", "instance-" + ++instances);
        }
        return new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
    }

    private Map<String, String> produceEverything() throws Exception {
        var sent = new TreeMap<String, String>();
        for (var codec : CODECS) {
            for (var acks : ACKS) {
                try (var producer = producer(codec, acks)) {
                    var futures = new ArrayList<Future<RecordMetadata>>();
                    for (int i = 0; i < RECORDS; i++) {
                        var key = codec + "-" + acks + "-" + i;
                        var value = "value of " + key;
                        var record = new ProducerRecord<>(topic, key, value);
                        record.headers().add("codec", codec.getBytes(StandardCharsets.UTF_8));
                        record.headers().add("nothing", null);
                        sent.put(key, value);
                        futures.add(producer.send(record));
                    }
                    for (var future : futures) {
                        var metadata = future.get();
                        check(acks.equals("0") || metadata.offset() >= 0, "an offset for acks=" + acks);
                    }
                }
            }
        }
        return sent;
    }

    /// Two members share the topic; the second joins while the first reads, so there is a rebalance on the way.
    private Map<String, String> consumeInAGroup(int expected) {
        var group = "group-" + topic;
        var seen = new TreeMap<String, String>();
        try (var first = consumer(group);
                var second = consumer(group)) {
            first.subscribe(List.of(topic));
            long deadline = System.nanoTime() + PATIENCE_NANOS;
            boolean joined = false;
            while (seen.size() < expected || !atTheEnd(first) || !atTheEnd(second)) {
                check(
                        System.nanoTime() < deadline,
                        "the group gets everything in time: " + seen.size() + " of " + expected + ", "
                                + first.assignment() + second.assignment());
                take(first, seen);
                if (seen.size() > expected / 4 && !joined) {
                    first.commitSync();
                    second.subscribe(List.of(topic));
                    joined = true;
                }
                if (joined) {
                    take(second, seen);
                }
            }
            var both = new HashSet<>(first.assignment());
            check(Collections.disjoint(first.assignment(), second.assignment()), "no partition is read by both");
            both.addAll(second.assignment());
            check(both.size() == 3, "every partition is read by one: " + both);
            first.commitSync();
            second.commitSync();
            var committed = first.committed(both);
            var ends = first.endOffsets(both);
            for (var partition : both) {
                check(committed.get(partition) != null, "a committed offset for " + partition);
                check(
                        committed.get(partition).offset() == ends.get(partition),
                        "the committed offset of " + partition + " is its end " + ends.get(partition) + ", not "
                                + committed.get(partition).offset());
            }
        }
        return seen;
    }

    /// Has partitions, and has read them all.
    private static boolean atTheEnd(KafkaConsumer<String, String> consumer) {
        var mine = consumer.assignment();
        var ends = consumer.endOffsets(mine);
        try {
            return !mine.isEmpty()
                    && mine.stream().allMatch(partition -> consumer.position(partition) == ends.get(partition));
        } catch (IllegalStateException revokedMeanwhile) {
            return false;
        }
    }

    private static void take(KafkaConsumer<String, String> consumer, Map<String, String> seen) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
            seen.put(record.key(), record.value());
            var codec = record.headers().lastHeader("codec");
            check(
                    codec != null && record.key().startsWith(new String(codec.value(), StandardCharsets.UTF_8)),
                    "headers come back");
            check(record.headers().lastHeader("nothing").value() == null, "a null header comes back null");
        }
    }

    private void timesAndSeeking() throws Exception {
        long time = 1_700_000_000_000L;
        var partition = new TopicPartition(topic, 0);
        long base;
        try (var producer = producer("gzip", "1")) {
            base = producer.send(new ProducerRecord<>(topic, 0, time, "k", "at " + time))
                    .get()
                    .offset();
            for (int i = 1; i < 10; i++) {
                producer.send(new ProducerRecord<>(topic, 0, time + i * 1000L, "k", "at " + (time + i * 1000L)))
                        .get();
            }
        }
        try (var reader = consumer("times-" + topic)) {
            reader.assign(List.of(partition));
            reader.seek(partition, base + 5);
            ConsumerRecord<String, String> first = null;
            long deadline = System.nanoTime() + PATIENCE_NANOS;
            while (first == null) {
                check(System.nanoTime() < deadline, "a record after seeking");
                var records = reader.poll(Duration.ofMillis(100)).records(partition);
                first = records.isEmpty() ? null : records.get(0);
            }
            check(first.offset() == base + 5, "seeking leads to the offset, not to " + first.offset());
            check(first.timestamp() == time + 5000, "the timestamp comes back");
            check(reader.beginningOffsets(List.of(partition)).get(partition) == 0L, "the log begins at 0");
            check(reader.endOffsets(List.of(partition)).get(partition) == base + 10, "the log ends after the last");
            if (!protocol.equals("consumer")) {
                // The 3.9 client of the consumer protocol fails on an answer without an offset, from any broker.
                var late = reader.offsetsForTimes(Map.of(partition, Long.MAX_VALUE - 1));
                check(late.get(partition) == null, "nothing is as late as that");
            }
        }
    }

    private void administration(Admin admin) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        admin.incrementalAlterConfigs(Map.of(
                        resource,
                        List.of(new AlterConfigOp(
                                new ConfigEntry("retention.ms", "3600000"), AlterConfigOp.OpType.SET))))
                .all()
                .get();
        var config = admin.describeConfigs(Set.of(resource)).all().get().get(resource);
        check(config.get("retention.ms").value().equals("3600000"), "the setting is as it was set");
        check(config.get("durability").value().equals("disk"), "durability is disk by default");
        var partition = new TopicPartition(topic, 1);
        admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(5)))
                .all()
                .get();
        try (var reader = consumer("begin-" + topic)) {
            check(reader.beginningOffsets(List.of(partition)).get(partition) == 5L, "records below 5 are deleted");
        }
        admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(5))).all().get();
        var group = "group-" + topic;
        check(
                admin.describeConsumerGroups(List.of(group)).all().get().containsKey(group),
                "the group can be described");
        check(
                admin.listConsumerGroupOffsets(group)
                                .partitionsToOffsetAndMetadata()
                                .get()
                                .size()
                        == 3,
                "the group has offsets for three partitions");
        if (protocol.equals("static")) {
            // Static members stay when their consumers close: an administrator takes them out.
            admin.removeMembersFromConsumerGroup(group, new RemoveMembersFromConsumerGroupOptions())
                    .all()
                    .get();
        }
        admin.deleteConsumerGroups(List.of(group)).all().get();
        admin.deleteTopics(List.of(topic)).all().get();
        check(!admin.listTopics().names().get().contains(topic), "the topic is gone");
    }

    private static void check(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError("not so: " + what);
        }
    }
}
