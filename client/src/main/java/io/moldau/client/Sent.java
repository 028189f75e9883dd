package io.moldau.client;

/// Where a record went; `offset` is -1 if the broker was not asked (acks=0) or did not say (a repeated batch).
public record Sent(TopicPartition partition, long offset, long timestampMs) {}
