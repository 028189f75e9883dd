package io.moldau.protocol.generator;

import io.moldau.protocol.generator.FieldType.Array;
import io.moldau.protocol.generator.FieldType.Primitive;
import io.moldau.protocol.generator.FieldType.Struct;

/// The expressions and statements for one field of one schema.
final class FieldCode {
    private final Schema schema;
    private final Field field;
    /// The component, told apart from parameters of the same name.
    private final String name;
    private final String label;

    /// @param owner the record that has the field, for error texts
    FieldCode(Schema schema, String owner, Field field) {
        this.schema = schema;
        this.field = field;
        this.name = "this." + field.javaName();
        this.label = "\"" + owner + "." + field.javaName() + "\"";
    }

    /// When `version` lies in a range, given that it is a valid one; `true` and `false` where it always or never does.
    static String when(Schema schema, Versions range) {
        var valid = schema.valid();
        if (range.and(valid).isEmpty()) return "false";
        if (range.covers(valid)) return "true";
        if (range.lowest() <= valid.lowest()) return "version <= " + range.highest();
        if (range.highest() >= valid.highest()) return "version >= " + range.lowest();
        if (range.lowest() == range.highest()) return "version == " + range.lowest();
        return "version >= " + range.lowest() + " && version <= " + range.highest();
    }

    /// When the field lies on the wire among the others, in order.
    String whenInline() {
        var inline = field.versions();
        if (field.tagged().isEmpty()) return when(schema, inline);
        var valid = schema.valid();
        if (field.tagged().and(valid).equals(inline.and(valid))) return "false";
        return "(" + when(schema, inline) + ") && !(" + when(schema, field.tagged()) + ")";
    }

    String whenTagged() {
        return when(schema, field.tagged());
    }

    String whenPresent() {
        return when(schema, field.versions());
    }

    /// The component's type with its nullness.
    String declaredType() {
        return (field.isNullable() ? "@Nullable " : "") + field.type().javaType();
    }

    private String compact() {
        var own = field.flexible();
        return when(schema, own == null ? schema.flexible() : own);
    }

    private String whenNullable() {
        var there = field.versions().and(schema.valid());
        if (field.nullable().covers(there)) return "true";
        return when(schema, field.nullable());
    }

    /// The expression that reads the value from `reader`.
    String read(String reader) {
        return switch (whenNullable()) {
            case "true" -> readAs(reader, true);
            case "false" -> readAs(reader, false);
            case String sometimes -> "(" + sometimes + ") ? " + readAs(reader, true) + " : " + readAs(reader, false);
        };
    }

    private String readAs(String reader, boolean nullable) {
        return switch (field.type()) {
            case Primitive p when p.hasLength() -> reader + "." + method(p.wire(), nullable) + "(" + compact() + ")";
            case Primitive p -> reader + "." + p.wire() + "()";
            case Struct(var type)
            when nullable ->
                reader + (reader.equals("field") ? ".taggedPresent() ? " : ".present() ? ") + type + ".read(" + reader
                        + ", version) : null";
            case Struct(var type) -> type + ".read(" + reader + ", version)";
            case Array(Primitive element)
            when element.hasLength() -> reader + "." + method(element.wire() + "s", nullable) + "(" + compact() + ")";
            case Array(Primitive element) ->
                reader + "." + method("list", nullable) + "(" + compact() + ", ByteReader::" + element.wire() + ")";
            case Array(Struct(var type)) ->
                reader + "." + method("list", nullable) + "(" + compact() + ", version, " + type + "::read)";
            case Array(Array inner) -> throw new SchemaException(field.name() + ": arrays of arrays are unknown");
        };
    }

    /// The statements that write the value to `writer`.
    String write(String writer) {
        return switch (whenNullable()) {
            case "true" -> writeAs(writer, true, name);
            case "false" -> writeAs(writer, false, required());
            case String sometimes ->
                "if (" + sometimes + ") {\n" + writeAs(writer, true, name) + "\n} else {\n"
                        + writeAs(writer, false, required()) + "\n}";
        };
    }

    private String required() {
        return field.isNullable() ? "UnsupportedFieldException.required(" + name + ", " + label + ", version)" : name;
    }

    private String writeAs(String writer, boolean nullable, String value) {
        return switch (field.type()) {
            case Primitive p
            when p.hasLength() -> writer + "." + method(p.wire(), nullable) + "(" + value + ", " + compact() + ");";
            case Primitive p -> writer + "." + p.wire() + "(" + value + ");";
            case Struct(var type)
            when nullable ->
                writer + (writer.equals("content") ? ".taggedPresent(" : ".present(") + value + " != null);\nif ("
                        + value + " != null) " + value + ".write(" + writer + ", version);";
            case Struct(var type) -> value + ".write(" + writer + ", version);";
            case Array(Primitive element)
            when element.hasLength() ->
                writer + "." + method(element.wire() + "s", nullable) + "(" + value + ", " + compact() + ");";
            case Array(Primitive element) ->
                writer + "." + method("list", nullable) + "(" + value + ", " + compact() + ", (to, element) -> to."
                        + element.wire() + "(element));";
            case Array(Struct(var type)) ->
                writer + "." + method("list", nullable) + "(" + value + ", " + compact() + ", version);";
            case Array(Array inner) -> throw new SchemaException(field.name() + ": arrays of arrays are unknown");
        };
    }

    private static String method(String stem, boolean nullable) {
        return nullable ? "nullable" + Character.toUpperCase(stem.charAt(0)) + stem.substring(1) : stem;
    }

    String refusal() {
        return "throw new UnsupportedFieldException(" + label + ", version);";
    }

    /// The condition that the value is not the default one.
    String differsFromDefault() {
        if (field.nullByDefault()) return name + " != null";
        var differs = switch (field.type()) {
            case Primitive p ->
                switch (p.wire()) {
                    case "string" ->
                        field.defaultText().isEmpty()
                                ? "!" + name + ".isEmpty()"
                                : "!" + name + ".equals(" + defaultValue() + ")";
                    case "bytes" -> name + ".hasRemaining()";
                    case "records" -> name + ".sizeBytes() > 0";
                    case "uuid" -> "!" + name + ".equals(Uuid.ZERO)";
                    case "bool" -> field.defaultText().equals("true") ? "!" + name : name;
                    default -> name + " != " + defaultValue();
                };
            case Struct(var type) -> "!" + name + ".equals(" + type + ".DEFAULT)";
            case Array array -> "!" + name + ".isEmpty()";
        };
        return field.isNullable() ? "(" + name + " == null || " + differs + ")" : differs;
    }

    /// The default as a Java expression.
    String defaultValue() {
        if (field.nullByDefault()) return "null";
        var text = field.defaultText();
        return switch (field.type()) {
            case Primitive p ->
                switch (p.wire()) {
                    case "string" -> "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
                    case "bytes" -> "ByteBuffer.allocate(0)";
                    case "records" -> "Payload.EMPTY";
                    case "uuid" -> "Uuid.ZERO";
                    case "bool" -> text.equals("true") ? "true" : "false";
                    case "float64" -> text.isEmpty() ? "0.0" : Double.toString(Double.parseDouble(text));
                    case "int8" -> "(byte) " + integer(text);
                    case "int16" -> "(short) " + integer(text);
                    case "uint32", "int64" -> integer(text) + "L";
                    default -> Long.toString(integer(text));
                };
            case Struct(var type) -> type + ".DEFAULT";
            case Array array -> "List.of()";
        };
    }

    private static long integer(String text) {
        return text.isEmpty() ? 0 : Long.decode(text);
    }
}
