package io.moldau.broker;

import io.moldau.broker.settings.BrokerSettings;
import io.moldau.broker.settings.TopicSettings;
import io.moldau.metadata.ConfigResource;
import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.TopicImage;
import io.moldau.records.TimestampType;
import io.moldau.storage.Durability;
import io.moldau.storage.LogSettings;
import java.util.Locale;

/// What a topic's settings mean to its logs.
final class TopicLogs {
    private TopicLogs() {}

    static LogSettings settings(MetadataImage image, TopicImage topic, BrokerSettings broker) {
        return settings(TopicSettings.of(image.config(ConfigResource.topic(topic.name())), broker));
    }

    static LogSettings settings(TopicSettings topic) {
        var cleanup = topic.list("cleanup.policy");
        return new LogSettings(
                topic.int32("segment.bytes"),
                topic.int64("segment.ms"),
                topic.int64("segment.jitter.ms"),
                topic.int32("index.interval.bytes"),
                topic.int64("retention.ms"),
                topic.int64("retention.bytes"),
                topic.int32("max.message.bytes"),
                topic.string("message.timestamp.type").equals("LogAppendTime")
                        ? TimestampType.LOG_APPEND_TIME
                        : TimestampType.CREATE_TIME,
                topic.int64("message.timestamp.before.max.ms"),
                topic.int64("message.timestamp.after.max.ms"),
                durability(topic.string("durability")),
                topic.int64("file.delete.delay.ms"),
                cleanup.contains("delete"),
                cleanup.contains("compact"),
                topic.int64("flush.messages"),
                topic.int64("flush.ms"));
    }

    private static Durability durability(String text) {
        return Durability.valueOf(text.toUpperCase(Locale.ROOT).replace('-', '_'));
    }
}
