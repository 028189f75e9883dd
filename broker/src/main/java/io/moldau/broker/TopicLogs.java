package io.moldau.broker;

import io.moldau.broker.settings.BrokerSettings;
import io.moldau.broker.settings.TopicSettings;
import io.moldau.metadata.ConfigResource;
import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.TopicImage;
import io.moldau.records.Compression;
import io.moldau.records.TimestampType;
import io.moldau.storage.Durability;
import io.moldau.storage.KeptCompression;
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
        return LogSettings.of(it -> it.segmentBytes(topic.int32("segment.bytes"))
                .segmentMs(topic.int64("segment.ms"))
                .segmentJitterMs(topic.int64("segment.jitter.ms"))
                .segmentIndexBytes(topic.int32("segment.index.bytes"))
                .indexIntervalBytes(topic.int32("index.interval.bytes"))
                .fileDeleteDelayMs(topic.int64("file.delete.delay.ms"))
                .cleanupDelete(cleanup.contains("delete"))
                .retentionMs(topic.int64("retention.ms"))
                .retentionBytes(topic.int64("retention.bytes"))
                .cleanupCompact(cleanup.contains("compact"))
                .minCleanableDirtyRatio(topic.float64("min.cleanable.dirty.ratio"))
                .minCompactionLagMs(topic.int64("min.compaction.lag.ms"))
                .maxCompactionLagMs(topic.int64("max.compaction.lag.ms"))
                .deleteRetentionMs(topic.int64("delete.retention.ms"))
                .maxMessageBytes(topic.int32("max.message.bytes"))
                .timestampType(
                        topic.string("message.timestamp.type").equals("LogAppendTime")
                                ? TimestampType.LOG_APPEND_TIME
                                : TimestampType.CREATE_TIME)
                .timestampBeforeMaxMs(topic.int64("message.timestamp.before.max.ms"))
                .timestampAfterMaxMs(topic.int64("message.timestamp.after.max.ms"))
                .durability(durability(topic.string("durability")))
                .flushMessages(topic.int64("flush.messages"))
                .flushMs(topic.int64("flush.ms"))
                .compression(compression(topic))
                .minInsyncReplicas(topic.int32("min.insync.replicas")));
    }

    private static KeptCompression compression(TopicSettings topic) {
        return switch (topic.string("compression.type")) {
            case "uncompressed" -> new KeptCompression(Compression.NONE, Compression.DEFAULT_LEVEL);
            case "gzip" -> new KeptCompression(Compression.GZIP, topic.int32("compression.gzip.level"));
            case "snappy" -> new KeptCompression(Compression.SNAPPY, Compression.DEFAULT_LEVEL);
            case "lz4" -> new KeptCompression(Compression.LZ4, topic.int32("compression.lz4.level"));
            case "zstd" -> new KeptCompression(Compression.ZSTD, topic.int32("compression.zstd.level"));
            default -> KeptCompression.AS_IT_CAME;
        };
    }

    private static Durability durability(String text) {
        return Durability.valueOf(text.toUpperCase(Locale.ROOT).replace('-', '_'));
    }
}
