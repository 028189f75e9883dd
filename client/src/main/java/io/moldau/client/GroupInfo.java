package io.moldau.client;

import java.util.List;

/// A group as the coordinator describes it.
/// @param type `consumer`, `share`, `streams` or `classic`
/// @param assignor how partitions are given out
public record GroupInfo(String group, String type, String state, String assignor, List<Member> members) {
    /// One member and what it reads.
    public record Member(String id, String instance, String clientId, String host, List<TopicPartition> assignment) {}

    /// A line of the list of groups.
    public record Listed(String group, String type, String state) {}
}
