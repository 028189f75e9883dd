package io.moldau.client;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// How to take part in a group.
/// @param instanceId a static member's (KIP-345), or null
/// @param whenNew where to begin in a partition for which the group has committed nothing
/// @param autoCommitMs how often polling commits what was handed out before; 0: only [GroupReader#commit] does
public record GroupSettings(
        String group,
        List<String> topics,
        @Nullable String instanceId,
        int sessionTimeoutMs,
        int rebalanceTimeoutMs,
        int heartbeatMs,
        Reader.OutOfRange whenNew,
        int autoCommitMs) {
    public GroupSettings {
        topics = List.copyOf(topics);
    }

    public static GroupSettings of(String group, List<String> topics, Reader.OutOfRange whenNew) {
        return new GroupSettings(group, topics, null, 45_000, 60_000, 3_000, whenNew, 0);
    }

    public GroupSettings withAutoCommitMs(int newIntervalMs) {
        return new GroupSettings(
                group, topics, instanceId, sessionTimeoutMs, rebalanceTimeoutMs, heartbeatMs, whenNew, newIntervalMs);
    }
}
