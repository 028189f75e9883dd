package io.moldau.groups;

import java.util.List;

/// What groups are allowed, by Kafka's setting names.
///
/// @param minSessionTimeoutMs `group.min.session.timeout.ms`
/// @param maxSessionTimeoutMs `group.max.session.timeout.ms`
/// @param initialRebalanceDelayMs `group.initial.rebalance.delay.ms`
/// @param maxSize `group.max.size`, members of a classic group
/// @param offsetMetadataMaxBytes `offset.metadata.max.bytes`
/// @param consumerMaxSize `group.consumer.max.size`
/// @param consumerAssignors `group.consumer.assignors`: the first is the default
/// @param offsetsRetentionMs `offsets.retention.minutes`
/// @param offsetsRetentionCheckMs `offsets.retention.check.interval.ms`
/// @param migration `group.consumer.migration.policy`
public record GroupSettings(
        int minSessionTimeoutMs,
        int maxSessionTimeoutMs,
        int initialRebalanceDelayMs,
        int maxSize,
        int offsetMetadataMaxBytes,
        int consumerMaxSize,
        List<String> consumerAssignors,
        long offsetsRetentionMs,
        long offsetsRetentionCheckMs,
        MigrationPolicy migration) {
    public static final GroupSettings DEFAULTS = new GroupSettings(
            6_000,
            1_800_000,
            0,
            Integer.MAX_VALUE,
            4096,
            Integer.MAX_VALUE,
            List.of("uniform", "range"),
            7 * 24 * 3_600_000L,
            600_000,
            MigrationPolicy.BIDIRECTIONAL);

    public GroupSettings withOffsetsRetention(long retentionMs, long checkMs) {
        return new GroupSettings(
                minSessionTimeoutMs,
                maxSessionTimeoutMs,
                initialRebalanceDelayMs,
                maxSize,
                offsetMetadataMaxBytes,
                consumerMaxSize,
                consumerAssignors,
                retentionMs,
                checkMs,
                migration);
    }

    public GroupSettings withMigration(MigrationPolicy policy) {
        return new GroupSettings(
                minSessionTimeoutMs,
                maxSessionTimeoutMs,
                initialRebalanceDelayMs,
                maxSize,
                offsetMetadataMaxBytes,
                consumerMaxSize,
                consumerAssignors,
                offsetsRetentionMs,
                offsetsRetentionCheckMs,
                policy);
    }
}
