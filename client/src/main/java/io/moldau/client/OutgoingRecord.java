package io.moldau.client;

import io.moldau.records.Header;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// A record to produce. Without a partition, its key decides; without a timestamp, the clock.
public record OutgoingRecord(
        String topic,
        OptionalInt partition,
        OptionalLong timestampMs,
        @Nullable ByteBuffer key,
        @Nullable ByteBuffer value,
        List<Header> headers) {
    public static OutgoingRecord of(String topic, @Nullable ByteBuffer key, @Nullable ByteBuffer value) {
        return new OutgoingRecord(topic, OptionalInt.empty(), OptionalLong.empty(), key, value, List.of());
    }
}
