package io.moldau.storage;

import io.moldau.records.TimestampType;

/// What a topic's settings say to its logs. Sizes in bytes, times in milliseconds, -1 where Kafka means "no limit".
///
/// @param flushMessages sync at the latest after this many records (where durability does not sync anyway)
/// @param cleanupCompact cleanup.policy contains `compact`
public record LogSettings(
        int segmentBytes,
        long segmentMs,
        long segmentJitterMs,
        int indexIntervalBytes,
        long retentionMs,
        long retentionBytes,
        int maxMessageBytes,
        TimestampType timestampType,
        long timestampBeforeMaxMs,
        long timestampAfterMaxMs,
        Durability durability,
        long fileDeleteDelayMs,
        boolean cleanupDelete,
        boolean cleanupCompact,
        long flushMessages,
        long flushMs) {
    /// Kafka's defaults, with durability `disk`.
    public static final LogSettings DEFAULTS = new LogSettings(
            1 << 30,
            7L * 24 * 3600 * 1000,
            0,
            4096,
            7L * 24 * 3600 * 1000,
            -1,
            1_048_588,
            TimestampType.CREATE_TIME,
            Long.MAX_VALUE,
            3_600_000,
            Durability.DISK,
            60_000,
            true,
            false,
            Long.MAX_VALUE,
            Long.MAX_VALUE);

    public LogSettings {
        if (segmentBytes < 1 || indexIntervalBytes < 0 || maxMessageBytes < 0) {
            throw new IllegalArgumentException("segmentBytes " + segmentBytes + ", indexIntervalBytes "
                    + indexIntervalBytes + ", maxMessageBytes " + maxMessageBytes);
        }
    }

    public LogSettings withSegmentBytes(int segmentBytes) {
        return new LogSettings(
                segmentBytes,
                segmentMs,
                segmentJitterMs,
                indexIntervalBytes,
                retentionMs,
                retentionBytes,
                maxMessageBytes,
                timestampType,
                timestampBeforeMaxMs,
                timestampAfterMaxMs,
                durability,
                fileDeleteDelayMs,
                cleanupDelete,
                cleanupCompact,
                flushMessages,
                flushMs);
    }

    public LogSettings withSegmentMs(long segmentMs) {
        return new LogSettings(
                segmentBytes,
                segmentMs,
                segmentJitterMs,
                indexIntervalBytes,
                retentionMs,
                retentionBytes,
                maxMessageBytes,
                timestampType,
                timestampBeforeMaxMs,
                timestampAfterMaxMs,
                durability,
                fileDeleteDelayMs,
                cleanupDelete,
                cleanupCompact,
                flushMessages,
                flushMs);
    }

    public LogSettings withSegmentJitterMs(long segmentJitterMs) {
        return new LogSettings(
                segmentBytes,
                segmentMs,
                segmentJitterMs,
                indexIntervalBytes,
                retentionMs,
                retentionBytes,
                maxMessageBytes,
                timestampType,
                timestampBeforeMaxMs,
                timestampAfterMaxMs,
                durability,
                fileDeleteDelayMs,
                cleanupDelete,
                cleanupCompact,
                flushMessages,
                flushMs);
    }

    public LogSettings withIndexIntervalBytes(int indexIntervalBytes) {
        return new LogSettings(
                segmentBytes,
                segmentMs,
                segmentJitterMs,
                indexIntervalBytes,
                retentionMs,
                retentionBytes,
                maxMessageBytes,
                timestampType,
                timestampBeforeMaxMs,
                timestampAfterMaxMs,
                durability,
                fileDeleteDelayMs,
                cleanupDelete,
                cleanupCompact,
                flushMessages,
                flushMs);
    }

    public LogSettings withRetentionMs(long retentionMs) {
        return new LogSettings(
                segmentBytes,
                segmentMs,
                segmentJitterMs,
                indexIntervalBytes,
                retentionMs,
                retentionBytes,
                maxMessageBytes,
                timestampType,
                timestampBeforeMaxMs,
                timestampAfterMaxMs,
                durability,
                fileDeleteDelayMs,
                cleanupDelete,
                cleanupCompact,
                flushMessages,
                flushMs);
    }

    public LogSettings withRetentionBytes(long retentionBytes) {
        return new LogSettings(
                segmentBytes,
                segmentMs,
                segmentJitterMs,
                indexIntervalBytes,
                retentionMs,
                retentionBytes,
                maxMessageBytes,
                timestampType,
                timestampBeforeMaxMs,
                timestampAfterMaxMs,
                durability,
                fileDeleteDelayMs,
                cleanupDelete,
                cleanupCompact,
                flushMessages,
                flushMs);
    }

    public LogSettings withMaxMessageBytes(int maxMessageBytes) {
        return new LogSettings(
                segmentBytes,
                segmentMs,
                segmentJitterMs,
                indexIntervalBytes,
                retentionMs,
                retentionBytes,
                maxMessageBytes,
                timestampType,
                timestampBeforeMaxMs,
                timestampAfterMaxMs,
                durability,
                fileDeleteDelayMs,
                cleanupDelete,
                cleanupCompact,
                flushMessages,
                flushMs);
    }

    public LogSettings withTimestampType(TimestampType timestampType) {
        return new LogSettings(
                segmentBytes,
                segmentMs,
                segmentJitterMs,
                indexIntervalBytes,
                retentionMs,
                retentionBytes,
                maxMessageBytes,
                timestampType,
                timestampBeforeMaxMs,
                timestampAfterMaxMs,
                durability,
                fileDeleteDelayMs,
                cleanupDelete,
                cleanupCompact,
                flushMessages,
                flushMs);
    }

    public LogSettings withTimestampBeforeMaxMs(long timestampBeforeMaxMs) {
        return new LogSettings(
                segmentBytes,
                segmentMs,
                segmentJitterMs,
                indexIntervalBytes,
                retentionMs,
                retentionBytes,
                maxMessageBytes,
                timestampType,
                timestampBeforeMaxMs,
                timestampAfterMaxMs,
                durability,
                fileDeleteDelayMs,
                cleanupDelete,
                cleanupCompact,
                flushMessages,
                flushMs);
    }

    public LogSettings withTimestampAfterMaxMs(long timestampAfterMaxMs) {
        return new LogSettings(
                segmentBytes,
                segmentMs,
                segmentJitterMs,
                indexIntervalBytes,
                retentionMs,
                retentionBytes,
                maxMessageBytes,
                timestampType,
                timestampBeforeMaxMs,
                timestampAfterMaxMs,
                durability,
                fileDeleteDelayMs,
                cleanupDelete,
                cleanupCompact,
                flushMessages,
                flushMs);
    }

    public LogSettings withDurability(Durability durability) {
        return new LogSettings(
                segmentBytes,
                segmentMs,
                segmentJitterMs,
                indexIntervalBytes,
                retentionMs,
                retentionBytes,
                maxMessageBytes,
                timestampType,
                timestampBeforeMaxMs,
                timestampAfterMaxMs,
                durability,
                fileDeleteDelayMs,
                cleanupDelete,
                cleanupCompact,
                flushMessages,
                flushMs);
    }

    public LogSettings withFileDeleteDelayMs(long fileDeleteDelayMs) {
        return new LogSettings(
                segmentBytes,
                segmentMs,
                segmentJitterMs,
                indexIntervalBytes,
                retentionMs,
                retentionBytes,
                maxMessageBytes,
                timestampType,
                timestampBeforeMaxMs,
                timestampAfterMaxMs,
                durability,
                fileDeleteDelayMs,
                cleanupDelete,
                cleanupCompact,
                flushMessages,
                flushMs);
    }

    public LogSettings withCleanupDelete(boolean cleanupDelete) {
        return new LogSettings(
                segmentBytes,
                segmentMs,
                segmentJitterMs,
                indexIntervalBytes,
                retentionMs,
                retentionBytes,
                maxMessageBytes,
                timestampType,
                timestampBeforeMaxMs,
                timestampAfterMaxMs,
                durability,
                fileDeleteDelayMs,
                cleanupDelete,
                cleanupCompact,
                flushMessages,
                flushMs);
    }

    public LogSettings withCleanupCompact(boolean cleanupCompact) {
        return new LogSettings(
                segmentBytes,
                segmentMs,
                segmentJitterMs,
                indexIntervalBytes,
                retentionMs,
                retentionBytes,
                maxMessageBytes,
                timestampType,
                timestampBeforeMaxMs,
                timestampAfterMaxMs,
                durability,
                fileDeleteDelayMs,
                cleanupDelete,
                cleanupCompact,
                flushMessages,
                flushMs);
    }

    public LogSettings withFlushMessages(long flushMessages) {
        return new LogSettings(
                segmentBytes,
                segmentMs,
                segmentJitterMs,
                indexIntervalBytes,
                retentionMs,
                retentionBytes,
                maxMessageBytes,
                timestampType,
                timestampBeforeMaxMs,
                timestampAfterMaxMs,
                durability,
                fileDeleteDelayMs,
                cleanupDelete,
                cleanupCompact,
                flushMessages,
                flushMs);
    }

    public LogSettings withFlushMs(long flushMs) {
        return new LogSettings(
                segmentBytes,
                segmentMs,
                segmentJitterMs,
                indexIntervalBytes,
                retentionMs,
                retentionBytes,
                maxMessageBytes,
                timestampType,
                timestampBeforeMaxMs,
                timestampAfterMaxMs,
                durability,
                fileDeleteDelayMs,
                cleanupDelete,
                cleanupCompact,
                flushMessages,
                flushMs);
    }
}
