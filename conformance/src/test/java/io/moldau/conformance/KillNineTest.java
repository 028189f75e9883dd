package io.moldau.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/// A node that is killed under full load, again and again, loses nothing that it acknowledged, and keeps nothing twice.
/// Takes minutes and gigabytes: run `conformance/kill-nine`.
@EnabledIfSystemProperty(named = "moldau.killNine", matches = "true")
class KillNineTest {
    private static final int KILLS = 5;
    private static final int PRODUCERS = 4;
    private static final int KEYS = 100;
    private static final int PARTITIONS = Integer.getInteger("moldau.killNine.partitions", 6);
    private static final int RECORD_BYTES = 1024;
    private static final int RECORDS =
            (int) ((Long.getLong("moldau.killNine.mb", 2048) << 20) / RECORD_BYTES / PRODUCERS);

    /// What all producers were told.
    private static final class Told {
        final AtomicLong acknowledged = new AtomicLong();
        final AtomicLong firstAfterRestart = new AtomicLong(-1);
        final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

        void one(@Nullable Exception failed) {
            if (failed != null) {
                failure.compareAndSet(null, failed);
                return;
            }
            acknowledged.incrementAndGet();
            firstAfterRestart.compareAndSet(0, System.nanoTime());
        }

        void await(long records) {
            Awaitility.await().atMost(Duration.ofMinutes(20)).until(() -> {
                var failed = failure.get();
                if (failed != null) {
                    throw new AssertionError("a record was not accepted", failed);
                }
                return acknowledged.get() >= records;
            });
        }

        /// The killed process's last words were read.
        void awaitSilence() {
            var last = new AtomicLong(-1);
            Awaitility.await()
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> last.getAndSet(acknowledged.get()) == acknowledged.get());
        }
    }

    @Test
    void nothingAcknowledgedIsLostAndNothingIsThereTwice(@TempDir Path directory) throws Exception {
        try (var node = NodeProcess.start(directory)) {
            try (var admin = Admin.create(Map.of("bootstrap.servers", node.bootstrap()))) {
                admin.createTopics(List.of(new NewTopic("load", PARTITIONS, (short) 1)))
                        .all()
                        .get();
            }
            var told = new Told();
            var began = System.nanoTime();
            var threads = new ArrayList<Thread>();
            for (int number = 0; number < PRODUCERS; number++) {
                int own = number;
                threads.add(Thread.ofPlatform().start(() -> produce(node.bootstrap(), own, told)));
            }
            long all = (long) RECORDS * PRODUCERS;
            for (int kill = 1; kill <= KILLS; kill++) {
                told.await(all * kill / (KILLS + 1));
                node.kill();
                told.awaitSilence();
                long before = told.acknowledged.get();
                told.firstAfterRestart.set(0);
                long restarted = System.nanoTime();
                node.startAgain();
                told.await(before + 1);
                say(
                        "kill %d at %,d acknowledged records: %d ms from the restart to the first acknowledged record; %s",
                        kill,
                        before,
                        (told.firstAfterRestart.get() - restarted) / 1_000_000,
                        node.output()
                                .lines()
                                .filter(line -> line.toLowerCase(Locale.ROOT).contains("recover"))
                                .findFirst()
                                .orElse("no word of a recovery"));
            }
            told.await(all);
            for (var thread : threads) {
                thread.join();
            }
            say(
                    "%,d records of %d bytes were acknowledged in %d s, %d kills included",
                    told.acknowledged.get(), RECORD_BYTES, (System.nanoTime() - began) / 1_000_000_000, KILLS);
            check(node.bootstrap());
        }
    }

    private static void produce(String bootstrap, int number, Told told) {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", bootstrap,
                "acks", "all",
                "enable.idempotence", "true",
                "linger.ms", "5",
                "batch.size", "65536",
                "reconnect.backoff.ms", "10",
                "reconnect.backoff.max.ms", "10",
                "retry.backoff.ms", "10",
                "retry.backoff.max.ms", "20",
                "delivery.timeout.ms", "600000");
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int sequence = 0; sequence < RECORDS && told.failure.get() == null; sequence++) {
                byte[] value = new byte[RECORD_BYTES];
                ByteBuffer.wrap(value).putInt(number).putInt(sequence);
                byte[] key = (number + "/" + sequence % KEYS).getBytes(StandardCharsets.UTF_8);
                producer.send(new ProducerRecord<>("load", key, value), (metadata, failed) -> told.one(failed));
            }
        }
    }

    /// Every record was acknowledged in the end, so every one must be there: once, and in order among its key.
    private static void check(String bootstrap) {
        var seen = new ArrayList<BitSet>();
        for (int number = 0; number < PRODUCERS; number++) {
            seen.add(new BitSet(RECORDS));
        }
        var last = new HashMap<String, Integer>();
        long duplicates = 0;
        long disordered = 0;
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of("bootstrap.servers", bootstrap, "auto.offset.reset", "earliest"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            var partitions = new ArrayList<TopicPartition>();
            for (int index = 0; index < PARTITIONS; index++) {
                partitions.add(new TopicPartition("load", index));
            }
            consumer.assign(partitions);
            var ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(it -> consumer.position(it) < ends.getOrDefault(it, 0L))) {
                for (var record : consumer.poll(Duration.ofMillis(100))) {
                    var value = ByteBuffer.wrap(record.value());
                    int number = value.getInt();
                    int sequence = value.getInt();
                    if (seen.get(number).get(sequence)) {
                        duplicates++;
                    }
                    seen.get(number).set(sequence);
                    var before = last.put(new String(record.key(), StandardCharsets.UTF_8), sequence);
                    if (before != null && before >= sequence) {
                        disordered++;
                    }
                }
            }
        }
        long missing = seen.stream().mapToLong(it -> RECORDS - it.cardinality()).sum();
        say(
                "acknowledged records missing: %d, duplicates: %d, out of their key's order: %d",
                missing, duplicates, disordered);
        assertThat(missing).isZero();
        assertThat(duplicates).isZero();
        assertThat(disordered).isZero();
    }

    private static void say(String text, Object... values) {
        System.out.printf(Locale.ROOT, text + "%n", values);
    }
}
