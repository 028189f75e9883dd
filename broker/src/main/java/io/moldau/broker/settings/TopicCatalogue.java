package io.moldau.broker.settings;

import static io.moldau.broker.settings.Setting.bool;
import static io.moldau.broker.settings.Setting.choice;
import static io.moldau.broker.settings.Setting.int32;
import static io.moldau.broker.settings.Setting.int64;
import static io.moldau.broker.settings.Setting.list;
import static io.moldau.broker.settings.Setting.real;

import io.moldau.broker.settings.Setting.Synonym;
import java.util.List;

/// The topic settings of Kafka 4.3 and one of ours.
final class TopicCatalogue {
    private static final long MINUTE_MS = 60_000;
    private static final long HOUR_MS = 60 * MINUTE_MS;
    private static final String BYTES = "bytes";
    private static final String MS = "milliseconds";

    static final String NO_TIERS = "this version has no tiered storage, all segments stay in log.dirs";
    static final String NO_PREALLOCATION =
            "segment files end where their records end, which recovery relies on; what is preallocated is the journal";

    static final Catalogue ALL = new Catalogue(
            "topic",
            List.of(
                            list(
                                            "cleanup.policy",
                                            "delete",
                                            Check.listOf("delete", "compact"),
                                            "What happens to old records: delete, compact, or both; empty keeps them for ever.")
                                    .from("log.cleanup.policy"),
                            Setting.of(
                                            "compression.gzip.level",
                                            SettingType.INT,
                                            "-1",
                                            Check.gzipLevel(),
                                            "Level where the broker compresses with gzip.")
                                    .from("compression.gzip.level"),
                            Setting.of(
                                            "compression.lz4.level",
                                            SettingType.INT,
                                            "9",
                                            Check.whole(1, 17, ""),
                                            "Level where the broker compresses with lz4.")
                                    .from("compression.lz4.level"),
                            choice(
                                            "compression.type",
                                            "producer",
                                            Check.oneOf("producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"),
                                            "How batches are kept; producer keeps them as they came.")
                                    .from("compression.type"),
                            Setting.of(
                                            "compression.zstd.level",
                                            SettingType.INT,
                                            "3",
                                            Check.whole(-131_072, 22, ""),
                                            "Level where the broker compresses with zstd.")
                                    .from("compression.zstd.level"),
                            int64("delete.retention.ms", 86_400_000, 0, MS, "How long tombstones outlive compaction.")
                                    .from("log.cleaner.delete.retention.ms"),
                            choice(
                                            "durability",
                                            "disk",
                                            Check.oneOf("memory", "disk", "replicated", "replicated-disk"),
                                            "What an acknowledged record survives: memory the process, disk a power loss,"
                                                    + " replicated the loss of nodes, replicated-disk both.")
                                    .from("log.durability"),
                            int64(
                                            "file.delete.delay.ms",
                                            60_000,
                                            0,
                                            MS,
                                            "How long a deleted file stays before it is removed.")
                                    .from("log.segment.delete.delay.ms"),
                            int64(
                                            "flush.messages",
                                            Long.MAX_VALUE,
                                            1,
                                            "records",
                                            "Records after which a topic of durability memory is synced; 1: before each answer.")
                                    .from("log.flush.interval.messages"),
                            int64(
                                            "flush.ms",
                                            Long.MAX_VALUE,
                                            0,
                                            MS,
                                            "Time after which a topic of durability memory is synced; 0: before each answer.")
                                    .from(
                                            new Synonym("log.flush.interval.ms", 1),
                                            new Synonym("log.flush.scheduler.interval.ms", 1)),
                            list(
                                    "follower.replication.throttled.replicas",
                                    "",
                                    Check.throttledReplicas(),
                                    "Replicas whose copying is throttled at the follower."),
                            int32(
                                            "index.interval.bytes",
                                            4096,
                                            0,
                                            BYTES,
                                            "Bytes of a segment between two entries of its index.")
                                    .from("log.index.interval.bytes"),
                            list(
                                    "leader.replication.throttled.replicas",
                                    "",
                                    Check.throttledReplicas(),
                                    "Replicas whose copying is throttled at the leader."),
                            Setting.of(
                                            "local.retention.bytes",
                                            SettingType.LONG,
                                            "-2",
                                            Check.only("-2", NO_TIERS),
                                            "Size kept locally of a tiered topic; -2 is retention.bytes.")
                                    .from("log.local.retention.bytes"),
                            Setting.of(
                                            "local.retention.ms",
                                            SettingType.LONG,
                                            "-2",
                                            Check.only("-2", NO_TIERS),
                                            "Time kept locally of a tiered topic; -2 is retention.ms.")
                                    .from("log.local.retention.ms"),
                            int64(
                                            "max.compaction.lag.ms",
                                            Long.MAX_VALUE,
                                            1,
                                            MS,
                                            "Longest time a record stays uncompacted.")
                                    .from("log.cleaner.max.compaction.lag.ms"),
                            int32("max.message.bytes", 1_048_588, 0, BYTES, "Largest record batch that is accepted.")
                                    .from("message.max.bytes"),
                            int64(
                                            "message.timestamp.after.max.ms",
                                            3_600_000,
                                            0,
                                            MS,
                                            "How far a record's timestamp may lie after the broker's clock.")
                                    .from("log.message.timestamp.after.max.ms"),
                            int64(
                                            "message.timestamp.before.max.ms",
                                            Long.MAX_VALUE,
                                            0,
                                            MS,
                                            "How far a record's timestamp may lie before the broker's clock.")
                                    .from("log.message.timestamp.before.max.ms"),
                            choice(
                                            "message.timestamp.type",
                                            "CreateTime",
                                            Check.oneOf("CreateTime", "LogAppendTime"),
                                            "Whose clock stamps the records.")
                                    .from("log.message.timestamp.type"),
                            real(
                                            "min.cleanable.dirty.ratio",
                                            0.5,
                                            0,
                                            1,
                                            "Share of uncompacted bytes that starts compaction.")
                                    .from("log.cleaner.min.cleanable.ratio"),
                            int64("min.compaction.lag.ms", 0, 0, MS, "Shortest time a record stays uncompacted.")
                                    .from("log.cleaner.min.compaction.lag.ms"),
                            int32(
                                            "min.insync.replicas",
                                            1,
                                            1,
                                            "replicas",
                                            "Replicas that must have a record for acks=all.")
                                    .from("min.insync.replicas"),
                            never("preallocate", NO_PREALLOCATION, "Whether segment files get their full size at once.")
                                    .from("log.preallocate"),
                            never("remote.log.copy.disable", NO_TIERS, "Whether copying to the remote tier is off."),
                            never(
                                    "remote.log.delete.on.disable",
                                    NO_TIERS,
                                    "Whether switching tiering off deletes remote data."),
                            never("remote.storage.enable", NO_TIERS, "Whether old segments move to the remote tier."),
                            int64("retention.bytes", -1, -1, BYTES, "Size a partition may reach; -1 is no limit.")
                                    .from("log.retention.bytes"),
                            int64("retention.ms", 604_800_000, -1, MS, "How long records are kept; -1 is for ever.")
                                    .from(
                                            new Synonym("log.retention.ms", 1),
                                            new Synonym("log.retention.minutes", MINUTE_MS),
                                            new Synonym("log.retention.hours", HOUR_MS)),
                            int32("segment.bytes", 1_073_741_824, 14, BYTES, "Size at which a segment is closed.")
                                    .from("log.segment.bytes"),
                            int32("segment.index.bytes", 10_485_760, 4, BYTES, "Largest size of a segment's index.")
                                    .from("log.index.size.max.bytes"),
                            int64("segment.jitter.ms", 0, 0, MS, "Random time taken off segment.ms.")
                                    .from(
                                            new Synonym("log.roll.jitter.ms", 1),
                                            new Synonym("log.roll.jitter.hours", HOUR_MS)),
                            int64("segment.ms", 604_800_000, 1, MS, "Age at which a segment is closed.")
                                    .from(new Synonym("log.roll.ms", 1), new Synonym("log.roll.hours", HOUR_MS)),
                            bool("unclean.leader.election.enable", false, "Whether a replica out of sync may lead.")
                                    .from("unclean.leader.election.enable"))
                    .stream()
                    .map(Setting::whileRunning)
                    .toList());

    private TopicCatalogue() {}

    /// A switch that cannot be turned on.
    private static Setting never(String name, String reason, String documentation) {
        return Setting.of(name, SettingType.BOOLEAN, "false", Check.only("false", reason), documentation);
    }
}
