package io.moldau.protocol.generator;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One field of a message or structure.
/// @param defaultText the default as the schema writes it; empty means the type's own
/// @param tag the tag, or -1 for a field that is never tagged
/// @param flexible overrides the message's flexible versions when not null
public record Field(
        String name,
        FieldType type,
        Versions versions,
        Versions tagged,
        Versions nullable,
        @Nullable Versions flexible,
        int tag,
        boolean ignorable,
        String defaultText,
        String about,
        List<Field> fields) {

    /// Java's reserved words and the methods a record cannot have as components, and those the
    /// generated records have themselves.
    private static final Set<String> TAKEN = Set.of(
            "abstract",
            "assert",
            "boolean",
            "break",
            "byte",
            "case",
            "catch",
            "char",
            "class",
            "const",
            "continue",
            "default",
            "do",
            "double",
            "else",
            "enum",
            "extends",
            "final",
            "finally",
            "float",
            "for",
            "goto",
            "if",
            "implements",
            "import",
            "instanceof",
            "int",
            "interface",
            "long",
            "native",
            "new",
            "package",
            "private",
            "protected",
            "public",
            "return",
            "short",
            "static",
            "strictfp",
            "super",
            "switch",
            "synchronized",
            "this",
            "throw",
            "throws",
            "transient",
            "try",
            "void",
            "volatile",
            "while",
            "true",
            "false",
            "null",
            "_",
            "clone",
            "finalize",
            "getClass",
            "hashCode",
            "notify",
            "notifyAll",
            "toString",
            "wait",
            "builder",
            "toBuilder",
            "build");

    public Field {
        if (tag >= 0 && tagged.isEmpty()) throw new SchemaException("it has a tag but no tagged versions");
        if (tag < 0 && !tagged.isEmpty()) throw new SchemaException("it has tagged versions but no tag");
        if (!versions.covers(tagged)) throw new SchemaException("it is tagged where it does not exist");
        if (!nullable.isEmpty() && !type.canBeNull()) throw new SchemaException("it can never be null");
        if (defaultText.equals("null") && nullable.isEmpty()) {
            throw new SchemaException("it is null by default but never nullable");
        }
        if (!defaultText.equals("null") && !type.hasDefault(defaultText)) {
            throw new SchemaException("'" + defaultText + "' is not a default of its type");
        }
        fields = List.copyOf(fields);
    }

    /// The record component's name: lower camel case, an underscore after a word Java keeps for itself.
    public String javaName() {
        var lower = Character.toLowerCase(name.charAt(0)) + name.substring(1);
        return TAKEN.contains(lower) ? lower + "_" : lower;
    }

    public boolean isNullable() {
        return !nullable.isEmpty();
    }

    /// Whether an unset field is null. Record batches that may be missing are missing unless given.
    public boolean nullByDefault() {
        return defaultText.equals("null")
                || (isNullable()
                        && type instanceof FieldType.Primitive p
                        && p.wire().equals("records"));
    }
}
