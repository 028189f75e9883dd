package io.moldau.client;

import io.moldau.records.Record;
import io.moldau.records.TimestampType;

/// A record and where it was read.
public record ReadRecord(TopicPartition partition, Record record, TimestampType timestampType) {}
