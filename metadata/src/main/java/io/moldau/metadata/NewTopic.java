package io.moldau.metadata;

import java.util.List;
import java.util.Map;

/// A topic that somebody wants.
///
/// @param partitions how many; ignored where `assignments` is not empty
/// @param replicationFactor replicas of each partition; ignored where `assignments` is not empty
/// @param assignments broker ids by partition, or empty: the controller places them
/// @param configs settings, already validated
public record NewTopic(
        String name,
        int partitions,
        int replicationFactor,
        List<List<Integer>> assignments,
        Map<String, String> configs) {}
