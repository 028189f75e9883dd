package io.moldau.conformance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ShareGroupDescription;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/// A topic, a share group that reads it, and Kafka's own clients.
final class Sharing {
    private Sharing() {}

    static final Map<String, String> SHORT_LOCKS =
            Map.of("group.share.record.lock.duration.ms", "1000", "group.share.min.record.lock.duration.ms", "1000");

    static final String TOPIC = "jobs";
    static final String GROUP = "workers";
    static final TopicPartition FIRST = new TopicPartition(TOPIC, 0);
    static final Duration PATIENCE = Duration.ofSeconds(60);

    static Admin admin(String bootstrap, int partitions) throws Exception {
        var admin = Admin.create(Map.of("bootstrap.servers", bootstrap, "reconnect.backoff.max.ms", 100));
        admin.createTopics(List.of(new NewTopic(TOPIC, partitions, (short) 1)))
                .all()
                .get();
        set(admin, "share.auto.offset.reset", "earliest");
        return admin;
    }

    static void set(Admin admin, String name, String value) throws Exception {
        var group = new ConfigResource(ConfigResource.Type.GROUP, GROUP);
        admin.incrementalAlterConfigs(Map.of(
                        group, List.of(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET))))
                .all()
                .get();
    }

    static KafkaProducer<String, String> producer(String bootstrap, Map<String, Object> more) {
        var settings = new HashMap<String, Object>(more);
        settings.put("bootstrap.servers", bootstrap);
        settings.put("reconnect.backoff.max.ms", 100);
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    static void produce(String bootstrap, int from, int to) throws Exception {
        try (var producer = producer(bootstrap, Map.of("linger.ms", 0))) {
            for (int i = from; i < to; i++) {
                producer.send(new ProducerRecord<>(TOPIC, 0, null, "job " + i)).get();
            }
        }
    }

    static KafkaShareConsumer<String, String> consumer(String bootstrap, String... settings) {
        var all = new HashMap<String, Object>(
                Map.of("bootstrap.servers", bootstrap, "group.id", GROUP, "reconnect.backoff.max.ms", 100));
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        var consumer = new KafkaShareConsumer<>(all, new StringDeserializer(), new StringDeserializer());
        consumer.subscribe(Set.of(TOPIC));
        return consumer;
    }

    static KafkaShareConsumer<String, String> explicit(String bootstrap, String... settings) {
        var all = new ArrayList<>(List.of(settings));
        all.addAll(List.of("share.acknowledgement.mode", "explicit"));
        return consumer(bootstrap, all.toArray(new String[0]));
    }

    /// Polls until something comes.
    static List<ConsumerRecord<String, String>> next(KafkaShareConsumer<String, String> consumer) {
        var records = new ArrayList<ConsumerRecord<String, String>>();
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ZERO).until(() -> {
            consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            return !records.isEmpty();
        });
        return records;
    }

    static List<String> jobs(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> "job " + i).toList();
    }

    static List<String> values(Collection<ConsumerRecord<String, String>> records) {
        return records.stream().map(ConsumerRecord::value).toList();
    }

    static @Nullable SharePartitionOffsetInfo offsetIfAny(Admin admin) throws Exception {
        var all = admin.listShareGroupOffsets(
                        Map.of(GROUP, new ListShareGroupOffsetsSpec().topicPartitions(List.of(FIRST))))
                .partitionsToOffsetInfo(GROUP)
                .get();
        return all.get(FIRST);
    }

    static SharePartitionOffsetInfo offset(Admin admin) throws Exception {
        return Objects.requireNonNull(offsetIfAny(admin));
    }

    static ShareGroupDescription described(Admin admin) throws Exception {
        return Objects.requireNonNull(
                admin.describeShareGroups(List.of(GROUP)).all().get().get(GROUP));
    }

    static void awaitStart(Admin admin, long offset) {
        Awaitility.await().atMost(PATIENCE).until(() -> {
            var info = offsetIfAny(admin);
            return info != null && info.startOffset() == offset;
        });
    }

    static List<String> read(String bootstrap, int count) {
        try (var consumer = consumer(bootstrap)) {
            var read = new ArrayList<String>();
            while (read.size() < count) {
                read.addAll(values(next(consumer)));
            }
            consumer.commitSync();
            return read;
        }
    }
}
