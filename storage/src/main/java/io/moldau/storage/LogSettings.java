package io.moldau.storage;

import io.moldau.records.TimestampType;
import java.util.function.Consumer;

/// What a topic's settings say to its logs. Sizes in bytes, times in milliseconds, -1 where Kafka means "no limit".
///
/// @param cleanupDelete cleanup.policy contains `delete`: retention applies
/// @param cleanupCompact cleanup.policy contains `compact`
/// @param minCleanableDirtyRatio part of the bytes that must be new before they are compacted
/// @param minCompactionLagMs records younger than this are not compacted
/// @param maxCompactionLagMs records older than this are, whatever the ratio
/// @param deleteRetentionMs how long tombstones and transaction markers stay after the pass that found them
/// @param flushMessages sync at the latest after this many records (where durability does not sync anyway)
/// @param flushMs sync at the latest after this time (likewise)
/// @param compression how arriving batches are kept; whoever appends does it before
/// @param minInsyncReplicas how many replicas acks=all needs; whoever appends asks before
public record LogSettings(
        int segmentBytes,
        long segmentMs,
        long segmentJitterMs,
        int segmentIndexBytes,
        int indexIntervalBytes,
        long fileDeleteDelayMs,
        boolean cleanupDelete,
        long retentionMs,
        long retentionBytes,
        boolean cleanupCompact,
        double minCleanableDirtyRatio,
        long minCompactionLagMs,
        long maxCompactionLagMs,
        long deleteRetentionMs,
        int maxMessageBytes,
        TimestampType timestampType,
        long timestampBeforeMaxMs,
        long timestampAfterMaxMs,
        Durability durability,
        long flushMessages,
        long flushMs,
        KeptCompression compression,
        int minInsyncReplicas) {
    /// Kafka's defaults, with durability `disk`.
    public static final LogSettings DEFAULTS = new Builder().build();

    public LogSettings {
        if (segmentBytes < 1 || indexIntervalBytes < 0 || maxMessageBytes < 0) {
            throw new IllegalArgumentException("segmentBytes " + segmentBytes + ", indexIntervalBytes "
                    + indexIntervalBytes + ", maxMessageBytes " + maxMessageBytes);
        }
    }

    /// An append is acknowledged when it is synced: `durability` says so, or everything shall be flushed at once.
    boolean waitsForSync() {
        return durability.waitsForSync() || flushMessages <= 1 || flushMs <= 0;
    }

    /// A segment whose first batch is older than this takes no more: what shall be compacted must not be active.
    long rollMs() {
        return cleanupCompact ? Math.min(segmentMs, maxCompactionLagMs) : segmentMs;
    }

    /// The defaults with changes.
    public static LogSettings of(Consumer<Builder> changes) {
        return DEFAULTS.with(changes);
    }

    /// These settings with changes: `settings.with(it -> it.segmentMs(1000).retentionBytes(-1))`.
    public LogSettings with(Consumer<Builder> changes) {
        var builder = new Builder();
        builder.segmentBytes = segmentBytes;
        builder.segmentMs = segmentMs;
        builder.segmentJitterMs = segmentJitterMs;
        builder.segmentIndexBytes = segmentIndexBytes;
        builder.indexIntervalBytes = indexIntervalBytes;
        builder.fileDeleteDelayMs = fileDeleteDelayMs;
        builder.cleanupDelete = cleanupDelete;
        builder.retentionMs = retentionMs;
        builder.retentionBytes = retentionBytes;
        builder.cleanupCompact = cleanupCompact;
        builder.minCleanableDirtyRatio = minCleanableDirtyRatio;
        builder.minCompactionLagMs = minCompactionLagMs;
        builder.maxCompactionLagMs = maxCompactionLagMs;
        builder.deleteRetentionMs = deleteRetentionMs;
        builder.maxMessageBytes = maxMessageBytes;
        builder.timestampType = timestampType;
        builder.timestampBeforeMaxMs = timestampBeforeMaxMs;
        builder.timestampAfterMaxMs = timestampAfterMaxMs;
        builder.durability = durability;
        builder.flushMessages = flushMessages;
        builder.flushMs = flushMs;
        builder.compression = compression;
        builder.minInsyncReplicas = minInsyncReplicas;
        changes.accept(builder);
        return builder.build();
    }

    /// The settings one by one; starts with Kafka's defaults.
    public static final class Builder {
        private int segmentBytes = 1 << 30;
        private long segmentMs = 7L * 24 * 3600 * 1000;
        private long segmentJitterMs = 0;
        private int segmentIndexBytes = 10 << 20;
        private int indexIntervalBytes = 4096;
        private long fileDeleteDelayMs = 60_000;
        private boolean cleanupDelete = true;
        private long retentionMs = 7L * 24 * 3600 * 1000;
        private long retentionBytes = -1;
        private boolean cleanupCompact = false;
        private double minCleanableDirtyRatio = 0.5;
        private long minCompactionLagMs = 0;
        private long maxCompactionLagMs = Long.MAX_VALUE;
        private long deleteRetentionMs = 24L * 3600 * 1000;
        private int maxMessageBytes = 1_048_588;
        private TimestampType timestampType = TimestampType.CREATE_TIME;
        private long timestampBeforeMaxMs = Long.MAX_VALUE;
        private long timestampAfterMaxMs = 3_600_000;
        private Durability durability = Durability.DISK;
        private long flushMessages = Long.MAX_VALUE;
        private long flushMs = Long.MAX_VALUE;
        private KeptCompression compression = KeptCompression.AS_IT_CAME;
        private int minInsyncReplicas = 1;

        private Builder() {}

        public Builder segmentBytes(int segmentBytes) {
            this.segmentBytes = segmentBytes;
            return this;
        }

        public Builder segmentMs(long segmentMs) {
            this.segmentMs = segmentMs;
            return this;
        }

        public Builder segmentJitterMs(long segmentJitterMs) {
            this.segmentJitterMs = segmentJitterMs;
            return this;
        }

        public Builder segmentIndexBytes(int segmentIndexBytes) {
            this.segmentIndexBytes = segmentIndexBytes;
            return this;
        }

        public Builder indexIntervalBytes(int indexIntervalBytes) {
            this.indexIntervalBytes = indexIntervalBytes;
            return this;
        }

        public Builder fileDeleteDelayMs(long fileDeleteDelayMs) {
            this.fileDeleteDelayMs = fileDeleteDelayMs;
            return this;
        }

        public Builder cleanupDelete(boolean cleanupDelete) {
            this.cleanupDelete = cleanupDelete;
            return this;
        }

        public Builder retentionMs(long retentionMs) {
            this.retentionMs = retentionMs;
            return this;
        }

        public Builder retentionBytes(long retentionBytes) {
            this.retentionBytes = retentionBytes;
            return this;
        }

        public Builder cleanupCompact(boolean cleanupCompact) {
            this.cleanupCompact = cleanupCompact;
            return this;
        }

        public Builder minCleanableDirtyRatio(double minCleanableDirtyRatio) {
            this.minCleanableDirtyRatio = minCleanableDirtyRatio;
            return this;
        }

        public Builder minCompactionLagMs(long minCompactionLagMs) {
            this.minCompactionLagMs = minCompactionLagMs;
            return this;
        }

        public Builder maxCompactionLagMs(long maxCompactionLagMs) {
            this.maxCompactionLagMs = maxCompactionLagMs;
            return this;
        }

        public Builder deleteRetentionMs(long deleteRetentionMs) {
            this.deleteRetentionMs = deleteRetentionMs;
            return this;
        }

        public Builder maxMessageBytes(int maxMessageBytes) {
            this.maxMessageBytes = maxMessageBytes;
            return this;
        }

        public Builder timestampType(TimestampType timestampType) {
            this.timestampType = timestampType;
            return this;
        }

        public Builder timestampBeforeMaxMs(long timestampBeforeMaxMs) {
            this.timestampBeforeMaxMs = timestampBeforeMaxMs;
            return this;
        }

        public Builder timestampAfterMaxMs(long timestampAfterMaxMs) {
            this.timestampAfterMaxMs = timestampAfterMaxMs;
            return this;
        }

        public Builder durability(Durability durability) {
            this.durability = durability;
            return this;
        }

        public Builder flushMessages(long flushMessages) {
            this.flushMessages = flushMessages;
            return this;
        }

        public Builder flushMs(long flushMs) {
            this.flushMs = flushMs;
            return this;
        }

        public Builder compression(KeptCompression compression) {
            this.compression = compression;
            return this;
        }

        public Builder minInsyncReplicas(int minInsyncReplicas) {
            this.minInsyncReplicas = minInsyncReplicas;
            return this;
        }

        private LogSettings build() {
            return new LogSettings(
                    segmentBytes,
                    segmentMs,
                    segmentJitterMs,
                    segmentIndexBytes,
                    indexIntervalBytes,
                    fileDeleteDelayMs,
                    cleanupDelete,
                    retentionMs,
                    retentionBytes,
                    cleanupCompact,
                    minCleanableDirtyRatio,
                    minCompactionLagMs,
                    maxCompactionLagMs,
                    deleteRetentionMs,
                    maxMessageBytes,
                    timestampType,
                    timestampBeforeMaxMs,
                    timestampAfterMaxMs,
                    durability,
                    flushMessages,
                    flushMs,
                    compression,
                    minInsyncReplicas);
        }
    }
}
