package io.moldau.groups.streams;

import java.util.Map;

/// A topic that an application needs for itself, and that is to be made.
///
/// @param replicationFactor 0 for the broker's default
public record InternalTopic(String name, int partitions, int replicationFactor, Map<String, String> configs) {}
