package io.moldau.records;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One record. Key, value and header values are views into the bytes they were read from; a null value is a tombstone.
@SuppressWarnings("AvoidCommonTypeNames") // Kafka's word; nobody here means java.lang.Record
public record Record(
        long offset,
        long timestamp,
        @Nullable ByteBuffer key,
        @Nullable ByteBuffer value,
        List<Header> headers) {}
