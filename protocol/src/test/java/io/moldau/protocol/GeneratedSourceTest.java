package io.moldau.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moldau.protocol.RandomMessage.Reflection;
import io.moldau.protocol.generator.RecordSource;
import io.moldau.protocol.generator.Schema;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A small schema that has one of everything, from its text to bytes that were worked out by hand.
class GeneratedSourceTest {
    private static final String SCHEMA = """
            {"type": "data", "name": "Crate", "validVersions": "0-3", "flexibleVersions": "2+",
             "commonStructs": [{"name": "Place", "versions": "0+", "fields": [
                {"name": "Row", "type": "int8", "versions": "0+", "default": "1"}]}],
             "fields": [
                {"name": "Number", "type": "int16", "versions": "0+", "default": "0x10"},
                {"name": "Label", "type": "string", "versions": "1+", "nullableVersions": "2+", "ignorable": true},
                {"name": "Sealed", "type": "bool", "versions": "1+", "default": "true"},
                {"name": "Fruits", "type": "[]Fruit", "versions": "0+", "nullableVersions": "3+", "fields": [
                    {"name": "Kind", "type": "string", "versions": "0+", "mapKey": true, "entityType": "topicName"},
                    {"name": "Where", "type": "Place", "versions": "3+", "ignorable": true}]},
                {"name": "Weight", "type": "int32", "versions": "2+", "taggedVersions": "2+", "tag": 0,
                    "default": "-1", "ignorable": true},
                {"name": "Spare", "type": "Place", "versions": "3+", "nullableVersions": "3+", "taggedVersions": "3+",
                    "tag": 1, "default": "null"}
             ]}
            """;

    private static Class<?> crate = Object.class;

    @BeforeAll
    static void compile(@TempDir Path folder) throws IOException, ClassNotFoundException {
        var schema = Schema.parse(SCHEMA);
        var source = folder.resolve("Crate.java");
        Files.writeString(source, RecordSource.of(schema));
        var compiler = Objects.requireNonNull(ToolProvider.getSystemJavaCompiler(), "tests run on a JDK");
        int result = compiler.run(
                null,
                null,
                null,
                "-proc:none",
                "-classpath",
                System.getProperty("java.class.path"),
                "-d",
                folder.toString(),
                source.toString());
        assertThat(result).as("javac's exit code").isZero();
        try (var loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()}, GeneratedSourceTest.class.getClassLoader())) {
            crate = loader.loadClass(schema.kind().packageName() + ".Crate");
            for (var nested : List.of("Builder", "Fruit", "Place", "Fruit$Builder", "Place$Builder")) {
                loader.loadClass(crate.getName() + "$" + nested);
            }
        }
    }

    /// Sets components by name, the rest having their defaults.
    private static Object build(Class<?> type, @Nullable Object... namesAndValues) {
        var builder = Objects.requireNonNull(Reflection.call(Reflection.method(type, "builder", 0), null));
        for (int i = 0; i < namesAndValues.length; i += 2) {
            var set = Reflection.method(builder.getClass(), (String) Objects.requireNonNull(namesAndValues[i]), 1);
            Reflection.call(set, builder, namesAndValues[i + 1]);
        }
        return Objects.requireNonNull(Reflection.call(Reflection.method(builder.getClass(), "build", 0), builder));
    }

    private static Class<?> nested(String name) {
        for (var each : crate.getDeclaredClasses()) {
            if (each.getSimpleName().equals(name)) return each;
        }
        throw new AssertionError(name);
    }

    private static Object fruit(String kind, int row) {
        return build(nested("Fruit"), "kind", kind, "where", build(nested("Place"), "row", (byte) row));
    }

    private static String write(Object message, int version) {
        var out = new ByteWriter();
        ((Message) message).write(out, (short) version);
        var bytes = out.toBuffer();
        return HexFormat.of()
                .formatHex(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.arrayOffset() + bytes.limit());
    }

    private static @Nullable Object read(String hex, int version) {
        var in = new ByteReader(ByteBuffer.wrap(HexFormat.of().parseHex(hex)));
        var message = Reflection.call(Reflection.method(crate, "read", 2), null, in, (short) version);
        in.end();
        return message;
    }

    private static void isOnTheWireAs(Object message, int version, String hex) {
        var bytes = hex.replace(" ", "");
        assertThat(write(message, version)).isEqualTo(bytes);
        assertThat(read(bytes, version)).isEqualTo(message);
    }

    @Test
    void defaultsAreThoseOfTheSchema() {
        var empty = build(crate);
        assertThat(empty.toString())
                .isEqualTo("Crate[number=16, label=, sealed=true, fruits=[], weight=-1, spare=null]");
    }

    @Test
    void beforeFlexibleVersionsLengthsAreFixedAndNothingIsTagged() {
        isOnTheWireAs(
                build(crate, "number", (short) 2, "fruits", List.of(fruit("fig", 1))), 0, "0002 00000001 0003666967");
        isOnTheWireAs(build(crate, "label", "ab", "sealed", false), 1, "0010 00026162 00 00000000");
    }

    @Test
    void inFlexibleVersionsLengthsAreCompactAndTaggedFieldsFollow() {
        // Label, sealed, one fruit and its tagged fields, then one tagged field: tag 0, four bytes.
        isOnTheWireAs(
                build(crate, "label", "ab", "fruits", List.of(fruit("fig", 1)), "weight", 7),
                2,
                "0010 036162 01 02 04666967 00 01 00 04 00000007");
    }

    @Test
    void whereAFieldIsNullableNullIsWrittenAndReadBack() {
        isOnTheWireAs(build(crate, "label", null), 2, "0010 00 01 01 00");
        isOnTheWireAs(build(crate, "fruits", null), 3, "0010 01 01 00 00");
    }

    @Test
    void structuresNestAndATaggedOneSaysThatItIsThere() {
        isOnTheWireAs(
                build(crate, "fruits", List.of(fruit("fig", 9)), "spare", build(nested("Place"), "row", (byte) 5)),
                3,
                "0010 01 01 02 04666967 09 00 00 01 01 03 01 05 00");
    }

    @Test
    void aTaggedFieldThatIsUnknownIsSkipped() {
        assertThat(read("001000010101" + "05" + "02" + "abcd", 2)).isEqualTo(build(crate, "label", null));
    }

    @Test
    void whatAVersionCannotCarryIsDroppedIfIgnorableElseRefused() {
        assertThat(write(build(crate, "label", "ab", "weight", 7), 0)).isEqualTo("001000000000");
        assertThatThrownBy(() -> write(build(crate, "sealed", false), 0))
                .isInstanceOf(UnsupportedFieldException.class)
                .hasMessageContaining("Crate.sealed");
        assertThatThrownBy(() -> write(build(crate, "label", null), 1))
                .isInstanceOf(UnsupportedFieldException.class)
                .hasMessageContaining("Crate.label is null");
        assertThatThrownBy(() -> write(build(crate), 4)).isInstanceOf(IllegalArgumentException.class);
    }
}
