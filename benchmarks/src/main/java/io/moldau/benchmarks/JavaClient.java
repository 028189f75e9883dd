package io.moldau.benchmarks;

import java.util.Properties;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/// The official Java producer with its default settings, as fast as one thread feeds it.
final class JavaClient {
    private static final int RECORD_BYTES = 1024;

    private JavaClient() {}

    /// Bytes acknowledged within the measured time, which is from `begin` to `end`.
    static long produce(int port, String topic, long leadInMs, long measuredMs, Runnable begin, Runnable end) {
        var settings = new Properties();
        settings.put("bootstrap.servers", "127.0.0.1:" + port);
        settings.put("key.serializer", ByteArraySerializer.class.getName());
        settings.put("value.serializer", ByteArraySerializer.class.getName());
        var failure = new AtomicReference<Exception>();
        byte[] value = new byte[RECORD_BYTES];
        new Random(1).nextBytes(value);
        try (var producer = new KafkaProducer<byte[], byte[]>(settings)) {
            feed(producer, topic, value, leadInMs, failure);
            producer.flush();
            begin.run();
            long sent = feed(producer, topic, value, measuredMs, failure);
            producer.flush();
            end.run();
            var failed = failure.get();
            if (failed != null) {
                throw new IllegalStateException("the Java client's send failed", failed);
            }
            return sent * RECORD_BYTES;
        }
    }

    private static long feed(
            KafkaProducer<byte[], byte[]> producer,
            String topic,
            byte[] value,
            long ms,
            AtomicReference<Exception> failure) {
        long until = System.nanoTime() + ms * 1_000_000;
        long sent = 0;
        while (System.nanoTime() < until) {
            producer.send(new ProducerRecord<>(topic, value), (metadata, failed) -> {
                if (failed != null) {
                    failure.compareAndSet(null, failed);
                }
            });
            sent++;
        }
        return sent;
    }
}
