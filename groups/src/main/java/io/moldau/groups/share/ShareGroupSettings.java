package io.moldau.groups.share;

/// What holds for one share group now.
///
/// @param sessionTimeoutMs `share.session.timeout.ms`
/// @param heartbeatIntervalMs `share.heartbeat.interval.ms`
/// @param assignmentIntervalMs `share.assignment.interval.ms`
/// @param maxSize `group.share.max.size`
public record ShareGroupSettings(int sessionTimeoutMs, int heartbeatIntervalMs, int assignmentIntervalMs, int maxSize) {
    public static final ShareGroupSettings DEFAULTS = new ShareGroupSettings(45_000, 5_000, 1_000, 200);
}
