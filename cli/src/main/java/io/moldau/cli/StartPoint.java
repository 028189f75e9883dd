package io.moldau.cli;

import io.moldau.client.Admin;
import io.moldau.client.TopicPartition;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/// Where in a topic: `beginning`, `end`, an offset, or a time (UTC where no zone is given).
sealed interface StartPoint {
    record Beginning() implements StartPoint {}

    record End() implements StartPoint {}

    record At(long offset) implements StartPoint {}

    record Since(Instant time) implements StartPoint {}

    private static long time(List<Function<String, Instant>> readers, String text) {
        for (var reader : readers) {
            try {
                return reader.apply(text).toEpochMilli();
            } catch (DateTimeException otherForm) {
                // The next form may fit.
            }
        }
        throw new CommandFailure(
                "'" + text + "' is neither beginning, end, an offset nor a time like 2026-01-31T12:00:00Z");
    }

    static StartPoint parse(String text) {
        if (text.equals("beginning")) {
            return new Beginning();
        }
        if (text.equals("end")) {
            return new End();
        }
        if (text.matches("[0-9]{1,18}")) {
            return new At(Long.parseLong(text));
        }
        return new Since(Instant.ofEpochMilli(time(
                List.of(
                        form -> OffsetDateTime.parse(form).toInstant(),
                        form -> LocalDateTime.parse(form).toInstant(ZoneOffset.UTC),
                        form -> LocalDate.parse(form).atStartOfDay().toInstant(ZoneOffset.UTC)),
                text)));
    }

    /// The offsets that this is, partition by partition, inside the log.
    default Map<TopicPartition, Long> offsets(Admin admin, Collection<TopicPartition> partitions) {
        return switch (this) {
            case Beginning() -> admin.offsets(TopicsCommand.times(partitions, Admin.EARLIEST));
            case End() -> admin.offsets(TopicsCommand.times(partitions, Admin.LATEST));
            case Since(var time) -> admin.offsets(TopicsCommand.times(partitions, time.toEpochMilli()));
            case At(var offset) -> {
                var beginnings = admin.offsets(TopicsCommand.times(partitions, Admin.EARLIEST));
                var ends = admin.offsets(TopicsCommand.times(partitions, Admin.LATEST));
                var offsets = new TreeMap<TopicPartition, Long>();
                for (var partition : partitions) {
                    long beginning = beginnings.getOrDefault(partition, 0L);
                    long end = ends.getOrDefault(partition, beginning);
                    offsets.put(partition, Math.clamp(offset, beginning, Math.max(beginning, end)));
                }
                yield offsets;
            }
        };
    }
}
