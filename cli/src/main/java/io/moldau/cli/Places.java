package io.moldau.cli;

import io.moldau.client.Admin;
import io.moldau.client.Cluster;
import io.moldau.client.TopicPartition;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/// Where in a partition to be: `beginning`, `end`, an offset, or a time as 2026-11-21T04:00:00Z or @MILLISECONDS.
sealed interface Places {
    String EXPECTED = "beginning, end, an offset, or a time as 2026-11-21T04:00:00Z or @MILLISECONDS";

    record Offset(long offset) implements Places {}

    /// Milliseconds since the epoch, or a special timestamp.
    record Time(long timestamp) implements Places {}

    static Places parse(String text) {
        return switch (text) {
            case "beginning" -> new Time(Admin.EARLIEST);
            case "end" -> new Time(Admin.LATEST);
            default -> parseNumberOrTime(text);
        };
    }

    private static Places parseNumberOrTime(String text) {
        try {
            if (text.startsWith("@")) {
                return new Time(Long.parseUnsignedLong(text.substring(1)));
            }
            return text.indexOf('-') > 0
                    ? new Time(Instant.parse(text).toEpochMilli())
                    : new Offset(Long.parseUnsignedLong(text));
        } catch (NumberFormatException | DateTimeParseException malformed) {
            throw new IllegalArgumentException("'" + text + "' is no place in a topic: expected " + EXPECTED + ".");
        }
    }

    default Map<TopicPartition, Long> offsets(Cluster cluster, Collection<TopicPartition> partitions) {
        var offsets = new TreeMap<TopicPartition, Long>();
        switch (this) {
            case Offset(long offset) -> partitions.forEach(partition -> offsets.put(partition, offset));
            case Time(long timestamp) -> {
                partitions.forEach(partition -> offsets.put(partition, timestamp));
                return new Admin(cluster).offsets(offsets);
            }
        }
        return offsets;
    }
}
