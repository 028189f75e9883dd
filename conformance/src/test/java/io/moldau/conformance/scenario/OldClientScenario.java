package io.moldau.conformance.scenario;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/// What an application with a client from before 2.1 does, and what it is told. Takes `bootstrap`, `topic`, which is
/// there, `codecs`, and `transactional` if the client knows transactions; `role` is `producer`, `consumer` or both.
/// Returns "ok", or the failure as the application sees it.
public final class OldClientScenario implements Function<Map<String, String>, String> {
    private static final int RECORDS = 100;
    private static final long PATIENCE_NANOS = 20_000_000_000L;

    private String bootstrap = "";
    private String topic = "";

    @Override
    public String apply(Map<String, String> arguments) {
        bootstrap = arguments.getOrDefault("bootstrap", "");
        topic = arguments.getOrDefault("topic", "");
        boolean transactional = Boolean.parseBoolean(arguments.get("transactional"));
        var role = arguments.getOrDefault("role", "both");
        var thread = Thread.currentThread();
        var before = thread.getContextClassLoader();
        thread.setContextClassLoader(OldClientScenario.class.getClassLoader());
        try {
            var sent = new TreeMap<String, String>();
            if (!role.equals("consumer")) {
                for (var codec : arguments.getOrDefault("codecs", "none").split(" ", -1)) {
                    produce(codec, transactional, sent);
                }
            }
            if (transactional) {
                transactions(sent);
            }
            if (!role.equals("producer")) {
                var seen = consume(sent.size());
                return seen.equals(sent) ? "ok" : "not so: " + seen.size() + " records came back of " + sent.size();
            }
            return "ok";
        } catch (ExecutionException failure) {
            return String.valueOf(failure.getCause());
        } catch (Exception failure) {
            return failure.toString();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private Properties base() {
        var properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("request.timeout.ms", "12000");
        return properties;
    }

    private void produce(String codec, boolean idempotent, Map<String, String> sent) throws Exception {
        var properties = base();
        properties.put("compression.type", codec);
        properties.put("acks", "all");
        properties.put("max.block.ms", "10000");
        properties.put("request.timeout.ms", "4000");
        if (idempotent) {
            properties.put("enable.idempotence", "true");
        }
        var producer = new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer());
        try {
            for (int i = 0; i < RECORDS; i++) {
                var key = codec + i;
                sent.put(key, "value of " + key);
                var answer = producer.send(new ProducerRecord<>(topic, key, "value of " + key));
                if (i % 50 == 0) {
                    answer.get(20, TimeUnit.SECONDS);
                }
            }
            producer.flush();
        } finally {
            producer.close();
        }
    }

    private void transactions(Map<String, String> sent) {
        var properties = base();
        properties.put("transactional.id", "id-" + topic);
        try (var producer = new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
            producer.initTransactions();
            for (int i = 0; i < 6; i++) {
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(topic, "transaction" + i, "value"));
                if (i % 2 == 0) {
                    producer.commitTransaction();
                    sent.put("transaction" + i, "value");
                } else {
                    producer.flush();
                    producer.abortTransaction();
                }
            }
        }
    }

    private Map<String, String> consume(int expected) throws Exception {
        var properties = base();
        properties.put("group.id", "group-" + topic);
        properties.put("auto.offset.reset", "earliest");
        properties.put("isolation.level", "read_committed");
        properties.put("session.timeout.ms", "10000");
        var seen = new HashMap<String, String>();
        try (var consumer = new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            long deadline = System.nanoTime() + PATIENCE_NANOS;
            do {
                for (ConsumerRecord<String, String> record : poll(consumer)) {
                    seen.put(record.key(), record.value());
                }
            } while (seen.size() < Math.max(1, expected) && System.nanoTime() < deadline);
            consumer.commitSync();
        }
        return seen;
    }

    /// The oldest clients have the one method only, the newest the other.
    private static ConsumerRecords<String, String> poll(KafkaConsumer<String, String> consumer) throws Exception {
        try {
            return consumer.poll(Duration.ofMillis(200));
        } catch (NoSuchMethodError older) {
            try {
                @SuppressWarnings("unchecked")
                var records = (ConsumerRecords<String, String>)
                        KafkaConsumer.class.getMethod("poll", long.class).invoke(consumer, 200L);
                return records;
            } catch (java.lang.reflect.InvocationTargetException failure) {
                throw failure.getCause() instanceof Exception known ? known : failure;
            }
        }
    }
}
