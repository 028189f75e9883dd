package io.moldau.broker.settings;

import static io.moldau.broker.settings.Setting.bool;
import static io.moldau.broker.settings.Setting.choice;
import static io.moldau.broker.settings.Setting.int32;
import static io.moldau.broker.settings.Setting.int64;
import static io.moldau.broker.settings.Setting.list;
import static io.moldau.broker.settings.Setting.real;
import static io.moldau.broker.settings.Setting.unset;

import java.util.List;

/// The broker settings of how logs are kept, most of them defaults of topic settings: a part of [BrokerCatalogue].
final class BrokerLogCatalogue {
    static final List<Setting> ALL = List.of(
            choice(
                            "log.durability",
                            "disk",
                            Check.oneOf("memory", "disk", "replicated", "replicated-disk"),
                            "Default of the topic setting durability.")
                    .whileRunning(),
            int32(
                    "log.retention.hours",
                    168,
                    -1,
                    "hours",
                    "Default of retention.ms if neither minutes nor milliseconds are set."),
            unset(
                    "log.retention.minutes",
                    SettingType.INT,
                    Check.whole(-1, Integer.MAX_VALUE, "minutes"),
                    "Default of retention.ms if milliseconds are not set."),
            unset(
                            "log.retention.ms",
                            SettingType.LONG,
                            Check.whole(-1, Long.MAX_VALUE, "milliseconds"),
                            "Default of the topic setting retention.ms.")
                    .whileRunning(),
            int64("log.retention.bytes", -1, -1, "bytes", "Default of the topic setting retention.bytes.")
                    .whileRunning(),
            int64(
                    "log.retention.check.interval.ms",
                    300000,
                    1,
                    "milliseconds",
                    "How often old segments are looked for."),
            int32("log.segment.bytes", 1073741824, 14, "bytes", "Default of the topic setting segment.bytes.")
                    .whileRunning(),
            int64(
                            "log.segment.delete.delay.ms",
                            60000,
                            0,
                            "milliseconds",
                            "Default of the topic setting file.delete.delay.ms.")
                    .whileRunning(),
            int32("log.roll.hours", 168, 1, "hours", "Default of segment.ms if log.roll.ms is not set."),
            unset(
                            "log.roll.ms",
                            SettingType.LONG,
                            Check.whole(1, Long.MAX_VALUE, "milliseconds"),
                            "Default of the topic setting segment.ms.")
                    .whileRunning(),
            int32(
                    "log.roll.jitter.hours",
                    0,
                    0,
                    "hours",
                    "Default of segment.jitter.ms if log.roll.jitter.ms is not set."),
            unset(
                            "log.roll.jitter.ms",
                            SettingType.LONG,
                            Check.whole(0, Long.MAX_VALUE, "milliseconds"),
                            "Default of the topic setting segment.jitter.ms.")
                    .whileRunning(),
            list(
                            "log.cleanup.policy",
                            "delete",
                            Check.listOf("delete", "compact"),
                            "Default of the topic setting cleanup.policy.")
                    .whileRunning(),
            bool("log.cleaner.enable", true, "Whether compaction runs."),
            int32("log.cleaner.threads", 1, 0, "threads", "Threads that compact.")
                    .whileRunning(),
            int64("log.cleaner.dedupe.buffer.size", 134217728, 0, "bytes", "Memory for compaction.")
                    .whileRunning(),
            real(
                            "log.cleaner.io.max.bytes.per.second",
                            Double.MAX_VALUE,
                            1,
                            Double.MAX_VALUE,
                            "Bytes that compaction reads and writes in a second, at most.")
                    .whileRunning(),
            int64("log.cleaner.backoff.ms", 15000, 0, "milliseconds", "Pause of an idle cleaner.")
                    .whileRunning(),
            int64(
                            "log.cleaner.delete.retention.ms",
                            86400000,
                            0,
                            "milliseconds",
                            "Default of the topic setting delete.retention.ms.")
                    .whileRunning(),
            int64(
                            "log.cleaner.min.compaction.lag.ms",
                            0,
                            0,
                            "milliseconds",
                            "Default of the topic setting min.compaction.lag.ms.")
                    .whileRunning(),
            int64(
                            "log.cleaner.max.compaction.lag.ms",
                            Long.MAX_VALUE,
                            1,
                            "milliseconds",
                            "Default of the topic setting max.compaction.lag.ms.")
                    .whileRunning(),
            real(
                            "log.cleaner.min.cleanable.ratio",
                            0.5,
                            0,
                            1,
                            "Default of the topic setting min.cleanable.dirty.ratio.")
                    .whileRunning(),
            int64(
                            "log.flush.interval.messages",
                            Long.MAX_VALUE,
                            1,
                            "records",
                            "Default of the topic setting flush.messages.")
                    .whileRunning(),
            unset(
                            "log.flush.interval.ms",
                            SettingType.LONG,
                            Check.whole(0, Long.MAX_VALUE, "milliseconds"),
                            "Default of the topic setting flush.ms.")
                    .whileRunning(),
            int64(
                    "log.flush.scheduler.interval.ms",
                    Long.MAX_VALUE,
                    0,
                    "milliseconds",
                    "Default of flush.ms if log.flush.interval.ms is not set."),
            int32(
                    "log.flush.offset.checkpoint.interval.ms",
                    60000,
                    0,
                    "milliseconds",
                    "How often the recovery points are written."),
            int32("log.index.interval.bytes", 4096, 0, "bytes", "Default of the topic setting index.interval.bytes.")
                    .whileRunning(),
            int32("log.index.size.max.bytes", 10485760, 4, "bytes", "Default of the topic setting segment.index.bytes.")
                    .whileRunning(),
            int64(
                            "log.message.timestamp.after.max.ms",
                            3600000,
                            0,
                            "milliseconds",
                            "Default of the topic setting message.timestamp.after.max.ms.")
                    .whileRunning(),
            int64(
                            "log.message.timestamp.before.max.ms",
                            Long.MAX_VALUE,
                            0,
                            "milliseconds",
                            "Default of the topic setting message.timestamp.before.max.ms.")
                    .whileRunning(),
            choice(
                            "log.message.timestamp.type",
                            "CreateTime",
                            Check.oneOf("CreateTime", "LogAppendTime"),
                            "Default of the topic setting message.timestamp.type.")
                    .whileRunning(),
            Setting.of(
                            "log.preallocate",
                            SettingType.BOOLEAN,
                            "false",
                            Check.only("false", TopicCatalogue.NO_PREALLOCATION),
                            "Default of the topic setting preallocate.")
                    .whileRunning(),
            Setting.of(
                            "log.local.retention.bytes",
                            SettingType.LONG,
                            "-2",
                            Check.only("-2", TopicCatalogue.NO_TIERS),
                            "Default of the topic setting local.retention.bytes.")
                    .whileRunning(),
            Setting.of(
                            "log.local.retention.ms",
                            SettingType.LONG,
                            "-2",
                            Check.only("-2", TopicCatalogue.NO_TIERS),
                            "Default of the topic setting local.retention.ms.")
                    .whileRunning(),
            int32("num.recovery.threads.per.data.dir", 2, 1, "threads", "Threads that recover logs at start."),
            int32("producer.id.expiration.ms", 86400000, 1, "milliseconds", "How long an idle producer is remembered.")
                    .whileRunning());

    private BrokerLogCatalogue() {}
}
