package io.moldau.benchmarks;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/// Topics made and removed by the official admin client.
final class Topics implements AutoCloseable {
    private final Admin admin;

    Topics(int port) {
        var settings = new Properties();
        settings.put("bootstrap.servers", "127.0.0.1:" + port);
        settings.put("default.api.timeout.ms", "300000");
        settings.put("request.timeout.ms", "120000");
        this.admin = Admin.create(settings);
    }

    void create(String topic, int partitions, Map<String, String> configs)
            throws ExecutionException, InterruptedException {
        admin.createTopics(
                        List.of(new NewTopic(topic, Optional.of(partitions), Optional.of((short) 1)).configs(configs)))
                .all()
                .get();
        // Kafka answers before its partitions take records.
        while (true) {
            var asked = new java.util.HashMap<TopicPartition, OffsetSpec>();
            for (int p = 0; p < partitions; p++) {
                asked.put(new TopicPartition(topic, p), OffsetSpec.latest());
            }
            try {
                admin.listOffsets(asked).all().get();
                return;
            } catch (ExecutionException notYet) {
                Thread.onSpinWait();
            }
        }
    }

    long[] endOffsets(String topic, int partitions) throws ExecutionException, InterruptedException {
        long[] ends = new long[partitions];
        var asked = new java.util.HashMap<TopicPartition, OffsetSpec>();
        for (int p = 0; p < partitions; p++) {
            asked.put(new TopicPartition(topic, p), OffsetSpec.latest());
        }
        for (var found : admin.listOffsets(asked).all().get().entrySet()) {
            ends[found.getKey().partition()] = found.getValue().offset();
        }
        return ends;
    }

    void delete(String topic) throws ExecutionException, InterruptedException {
        admin.deleteTopics(List.of(topic)).all().get();
    }

    @Override
    public void close() {
        admin.close();
    }
}
