package io.moldau.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.moldau.client.ReceivedRecord;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Base64;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Writes records: by a template (bytes as they are), or as a JSON object a line.
///
/// In a template %k is the key, %s the value, %h the headers, %t the topic, %p the partition, %o the offset, %T the
/// timestamp in milliseconds, %% a percent sign; \n, \t and \0 are what they are in C.
final class RecordPrinter {
    static final String TEMPLATE =
            "%k key, %s value, %h headers, %t topic, %p partition, %o offset," + " %T timestamp, \\n line end, \\t tab";
    private final OutputStream out;
    private final String template;
    private final boolean json;
    private final JsonFactory factory = new JsonFactory();

    RecordPrinter(OutputStream out, String template, boolean json) {
        this.out = out;
        this.template = template;
        this.json = json;
    }

    void print(ReceivedRecord record) throws IOException {
        if (json) {
            printJson(record);
        } else {
            printTemplate(record);
        }
    }

    private void printTemplate(ReceivedRecord record) throws IOException {
        int at = 0;
        while (at < template.length()) {
            char here = template.charAt(at++);
            boolean special = (here == '%' || here == '\\') && at < template.length();
            if (!special) {
                write(String.valueOf(here));
                continue;
            }
            char code = template.charAt(at++);
            if (here == '%') {
                field(record, code);
            } else {
                write(
                        switch (code) {
                            case 'n' -> "\n";
                            case 't' -> "\t";
                            case '0' -> "\0";
                            default -> String.valueOf(code);
                        });
            }
        }
    }

    private void field(ReceivedRecord record, char code) throws IOException {
        switch (code) {
            case 'k' -> write(record.key());
            case 's' -> write(record.value());
            case 't' -> write(record.partition().topic());
            case 'p' -> write(Integer.toString(record.partition().partition()));
            case 'o' -> write(Long.toString(record.offset()));
            case 'T' -> write(Long.toString(record.timestampMs()));
            case 'h' ->
                write(record.headers().stream()
                        .map(header -> header.key() + "=" + text(header.value()))
                        .collect(Collectors.joining(",")));
            case '%' -> write("%");
            default -> throw new IllegalArgumentException("%" + code + " is unknown: expected " + TEMPLATE + ".");
        }
    }

    private void write(String text) throws IOException {
        out.write(text.getBytes(UTF_8));
    }

    private void write(@Nullable ByteBuffer bytes) throws IOException {
        if (bytes != null) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.duplicate().get(copy);
            out.write(copy);
        }
    }

    private void printJson(ReceivedRecord record) throws IOException {
        try (var generator = factory.createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)) {
            generator.disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
            generator.writeStartObject();
            generator.writeStringField("topic", record.partition().topic());
            generator.writeNumberField("partition", record.partition().partition());
            generator.writeNumberField("offset", record.offset());
            generator.writeNumberField("timestamp", record.timestampMs());
            bytes(generator, "key", record.key());
            bytes(generator, "value", record.value());
            generator.writeArrayFieldStart("headers");
            for (var header : record.headers()) {
                generator.writeStartObject();
                generator.writeStringField("name", header.key());
                bytes(generator, "value", header.value());
                generator.writeEndObject();
            }
            generator.writeEndArray();
            generator.writeEndObject();
        }
        out.write('\n');
    }

    /// As text if it is UTF-8, else in base64 under another name.
    private static void bytes(JsonGenerator generator, String name, @Nullable ByteBuffer bytes) throws IOException {
        if (bytes == null) {
            generator.writeNullField(name);
            return;
        }
        try {
            generator.writeStringField(
                    name, UTF_8.newDecoder().decode(bytes.duplicate()).toString());
        } catch (CharacterCodingException binary) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.duplicate().get(copy);
            generator.writeStringField(name + "Base64", Base64.getEncoder().encodeToString(copy));
        }
    }

    static String text(@Nullable ByteBuffer bytes) {
        return bytes == null ? "null" : UTF_8.decode(bytes.duplicate()).toString();
    }
}
