package io.moldau.shares;

/// What holds for one share group now.
///
/// @param lockMs `share.record.lock.duration.ms`
/// @param deliveryLimit `share.delivery.count.limit`
/// @param maxLocks `share.partition.max.record.locks`: records between the first that is not done with and the last
///        that anybody had
/// @param committedOnly `share.isolation.level`
/// @param renew `share.renew.acknowledge.enable`
/// @param reset `share.auto.offset.reset`
public record ShareRules(
        int lockMs, int deliveryLimit, int maxLocks, boolean committedOnly, boolean renew, Reset reset) {
    /// Where a group begins in a partition that is new to it.
    public sealed interface Reset {
        record Earliest() implements Reset {}

        record Latest() implements Reset {}

        /// At the records of the last `durationMs`.
        record ByDuration(long durationMs) implements Reset {}
    }

    public static final ShareRules DEFAULTS = new ShareRules(30_000, 5, 2_000, false, true, new Reset.Latest());
}
