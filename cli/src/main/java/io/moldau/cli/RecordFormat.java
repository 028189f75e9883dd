package io.moldau.cli;

import io.moldau.client.ReceivedRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// How `consume` writes a record.
@FunctionalInterface
interface RecordFormat {
    String line(ReceivedRecord record) throws IOException;

    /// One JSON object a line.
    static RecordFormat json() {
        return record -> Json.text(out -> {
            out.writeStartObject();
            out.writeStringField("topic", record.partition().topic());
            out.writeNumberField("partition", record.partition().partition());
            out.writeNumberField("offset", record.offset());
            out.writeNumberField("timestamp", record.timestampMs());
            out.writeStringField("key", text(record.key()));
            out.writeStringField("value", text(record.value()));
            out.writeArrayFieldStart("headers");
            for (var header : record.headers()) {
                out.writeStartObject();
                out.writeStringField("key", header.key());
                out.writeStringField("value", text(header.value()));
                out.writeEndObject();
            }
            out.writeEndArray();
            out.writeEndObject();
        });
    }

    /// `%k` key, `%v` value, `%h` headers, `%t` timestamp, `%p` partition, `%o` offset, `%T` topic, `%%`; `\n`, `\t`.
    static RecordFormat pattern(String pattern) {
        for (int at = pattern.indexOf('%'); at >= 0; at = pattern.indexOf('%', at + 2)) {
            if (at + 1 == pattern.length() || "kvhtpoT%".indexOf(pattern.charAt(at + 1)) < 0) {
                throw new CommandFailure("--format knows %k %v %h %t %p %o %T and %%, not '"
                        + pattern.substring(at, Math.min(at + 2, pattern.length())) + "'");
            }
        }
        var unescaped = pattern.replace("\\n", "\n").replace("\\t", "\t");
        return record -> fill(unescaped, record);
    }

    private static String fill(String pattern, ReceivedRecord record) {
        var line = new StringBuilder();
        int at = 0;
        while (at < pattern.length()) {
            char c = pattern.charAt(at);
            if (c == '%') {
                line.append(field(pattern.charAt(at + 1), record));
                at += 2;
            } else {
                line.append(c);
                at++;
            }
        }
        return line.toString();
    }

    private static String field(char letter, ReceivedRecord record) {
        return switch (letter) {
            case 'k' -> orEmpty(text(record.key()));
            case 'v' -> orEmpty(text(record.value()));
            case 'h' ->
                record.headers().stream()
                        .map(header -> header.key() + "=" + orEmpty(text(header.value())))
                        .collect(Collectors.joining(","));
            case 't' -> Long.toString(record.timestampMs());
            case 'p' -> Integer.toString(record.partition().partition());
            case 'o' -> Long.toString(record.offset());
            case 'T' -> record.partition().topic();
            default -> "%";
        };
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    static @Nullable String text(@Nullable ByteBuffer bytes) {
        return bytes == null
                ? null
                : StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }
}
