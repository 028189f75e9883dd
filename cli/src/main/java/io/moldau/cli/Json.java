package io.moldau.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import org.jspecify.annotations.Nullable;

/// Writing JSON.
final class Json {
    static final JsonFactory FACTORY = new JsonFactory();

    /// Writes one value.
    @FunctionalInterface
    interface Content {
        void write(JsonGenerator out) throws IOException;
    }

    private Json() {}

    static String text(Content content) throws IOException {
        var text = new StringWriter();
        try (var out = FACTORY.createGenerator(text)) {
            content.write(out);
        }
        return text.toString();
    }

    static void value(JsonGenerator out, @Nullable Object value) throws IOException {
        switch (value) {
            case null -> out.writeNull();
            case Integer number -> out.writeNumber(number);
            case Long number -> out.writeNumber(number);
            case Boolean truth -> out.writeBoolean(truth);
            case Object other -> out.writeString(other.toString());
        }
    }
}
