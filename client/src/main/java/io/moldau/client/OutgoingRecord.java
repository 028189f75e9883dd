package io.moldau.client;

import io.moldau.records.Header;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A record to produce.
/// @param partition null: found from the key, or any where there is no key
/// @param timestampMs null: now
public record OutgoingRecord(
        String topic,
        @Nullable Integer partition,
        @Nullable Long timestampMs,
        @Nullable ByteBuffer key,
        @Nullable ByteBuffer value,
        List<Header> headers) {
    public OutgoingRecord {
        headers = List.copyOf(headers);
        if (partition != null && partition < 0) {
            throw new IllegalArgumentException("partitions are numbered from 0, not " + partition);
        }
    }

    public static OutgoingRecord of(String topic, @Nullable ByteBuffer key, @Nullable ByteBuffer value) {
        return new OutgoingRecord(topic, null, null, key, value, List.of());
    }
}
