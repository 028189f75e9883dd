package io.moldau.client;

import io.moldau.records.Header;
import io.moldau.records.TimestampType;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A record as it was read. Its buffers are the reader's own copy of the response; they may be kept.
public record ReceivedRecord(
        TopicPartition partition,
        long offset,
        long timestampMs,
        TimestampType timestampType,
        @Nullable ByteBuffer key,
        @Nullable ByteBuffer value,
        List<Header> headers) {}
