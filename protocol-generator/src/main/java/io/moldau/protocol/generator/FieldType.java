package io.moldau.protocol.generator;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The type of a field as its schema names it.
public sealed interface FieldType {
    /// A fixed or variable length value that the reader and the writer know.
    /// @param wire the schema's name and the stem of the reader's and writer's methods
    /// @param javaName the component's type; `boxed` is the same as a list element
    record Primitive(String wire, String javaName, String boxed) implements FieldType {
        /// Whether the length in front depends on the message being flexible.
        public boolean hasLength() {
            return switch (wire) {
                case "string", "bytes", "records" -> true;
                default -> false;
            };
        }
    }

    record Struct(String name) implements FieldType {}

    record Array(FieldType element) implements FieldType {}

    Map<String, Primitive> PRIMITIVES = Map.ofEntries(
            entry("bool", "boolean", "Boolean"),
            entry("int8", "byte", "Byte"),
            entry("int16", "short", "Short"),
            entry("uint16", "int", "Integer"),
            entry("int32", "int", "Integer"),
            entry("uint32", "long", "Long"),
            entry("int64", "long", "Long"),
            entry("float64", "double", "Double"),
            entry("uuid", "Uuid", "Uuid"),
            entry("string", "String", "String"),
            entry("bytes", "ByteBuffer", "ByteBuffer"),
            entry("records", "Payload", "Payload"));

    private static Map.Entry<String, Primitive> entry(String wire, String javaName, String boxed) {
        return Map.entry(wire, new Primitive(wire, javaName, boxed));
    }

    static FieldType parse(String text) {
        if (text.startsWith("[]")) return new Array(parse(text.substring(2)));
        @Nullable Primitive primitive = PRIMITIVES.get(text);
        if (primitive != null) return primitive;
        if (text.isEmpty() || !Character.isUpperCase(text.charAt(0))) {
            throw new SchemaException("'" + text + "' is not a type");
        }
        return new Struct(text);
    }

    default boolean canBeNull() {
        return switch (this) {
            case Primitive primitive -> primitive.hasLength();
            case Struct struct -> true;
            case Array array -> true;
        };
    }

    /// Whether a schema's text is a value of the type that a field can have by default; empty means the type's own.
    default boolean hasDefault(String text) {
        if (text.isEmpty()) return true;
        if (!(this instanceof Primitive primitive)) return false;
        try {
            return switch (primitive.wire()) {
                case "string" -> true;
                case "bool" -> text.equals("true") || text.equals("false");
                case "int8", "int16", "uint16", "int32", "uint32", "int64" -> Long.decode(text) != null;
                case "float64" -> Double.isFinite(Double.parseDouble(text));
                default -> false;
            };
        } catch (NumberFormatException notANumber) {
            return false;
        }
    }

    /// The type in Java, without nullness.
    default String javaType() {
        return switch (this) {
            case Primitive primitive -> primitive.javaName();
            case Struct struct -> struct.name();
            case Array(Primitive element) -> "List<" + element.boxed() + ">";
            case Array(FieldType element) -> "List<" + element.javaType() + ">";
        };
    }
}
