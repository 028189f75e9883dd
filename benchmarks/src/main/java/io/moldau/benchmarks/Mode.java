package io.moldau.benchmarks;

import java.util.HashMap;
import java.util.Map;

/// A broker together with what it promises for a topic.
enum Mode {
    /// Moldau's default: on disk before the answer.
    DISK("Moldau disk", BrokerProcess.Kind.MOLDAU, Map.of("durability", "disk")),
    /// What Kafka's default promises: in the page cache before the answer.
    MEMORY("Moldau memory", BrokerProcess.Kind.MOLDAU, Map.of("durability", "memory")),
    UNSYNCED("Kafka", BrokerProcess.Kind.KAFKA, Map.of()),
    /// Kafka told to keep what it acknowledges (`log.flush.interval.messages=1`, here by topic).
    SYNCED("Kafka synced", BrokerProcess.Kind.KAFKA, Map.of("flush.messages", "1"));

    private final String title;
    private final BrokerProcess.Kind kind;
    private final Map<String, String> settings;

    Mode(String title, BrokerProcess.Kind kind, Map<String, String> settings) {
        this.title = title;
        this.kind = kind;
        this.settings = settings;
    }

    String title() {
        return title;
    }

    BrokerProcess.Kind kind() {
        return kind;
    }

    Map<String, String> topicSettings() {
        var all = new HashMap<>(settings);
        all.put("file.delete.delay.ms", "1000");
        return all;
    }
}
