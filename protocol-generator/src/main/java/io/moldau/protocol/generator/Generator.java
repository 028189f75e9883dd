package io.moldau.protocol.generator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The program the build runs: `OUTPUT_FOLDER SCHEMA_FOLDER...`.
public final class Generator {
    private Generator() {}

    public static void main(String[] arguments) throws IOException {
        if (arguments.length < 2) throw new IllegalArgumentException("usage: OUTPUT_FOLDER SCHEMA_FOLDER...");
        var schemas = new ArrayList<Schema>();
        for (var folder : Arrays.asList(arguments).subList(1, arguments.length)) {
            schemas.addAll(Schema.readFolder(Path.of(folder)));
        }
        generate(Path.of(arguments[0]), schemas);
    }

    static void generate(Path output, List<Schema> schemas) throws IOException {
        for (var schema : schemas) {
            if (schema.isRemoved()) continue;
            try {
                write(output, schema.kind().packageName(), schema.name(), RecordSource.of(schema));
            } catch (SchemaException wrong) {
                throw wrong.in(schema.name());
            }
        }
        write(output, "io.moldau.protocol", "ApiKey", ApiKeySource.of(schemas));
    }

    /// A file whose text is the same stays untouched, so that an incremental build compiles nothing.
    private static void write(Path output, String packageName, String name, String source) throws IOException {
        var file = output.resolve(packageName.replace('.', '/')).resolve(name + ".java");
        if (Files.exists(file) && Files.readString(file).equals(source)) return;
        Files.createDirectories(file.getParent());
        Files.writeString(file, source);
    }
}
