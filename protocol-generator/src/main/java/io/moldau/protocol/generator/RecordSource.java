package io.moldau.protocol.generator;

import java.util.Comparator;
import java.util.List;

/// Writes the Java source of one schema: a record with its structures nested in it.
public final class RecordSource {
    private final Schema schema;
    private final SourceText out = new SourceText();

    private RecordSource(Schema schema) {
        this.schema = schema;
    }

    public static String of(Schema schema) {
        return new RecordSource(schema).file();
    }

    private String file() {
        out.add("// Generated from the message schema " + schema.name() + ".");
        out.add("package " + schema.kind().packageName() + ";\n");
        for (var used : List.of(
                "io.moldau.protocol.ApiKey",
                "io.moldau.protocol.ByteReader",
                "io.moldau.protocol.ByteWriter",
                "io.moldau.protocol.MalformedMessageException",
                "io.moldau.protocol.Message",
                "io.moldau.protocol.Payload",
                "io.moldau.protocol.Request",
                "io.moldau.protocol.Response",
                "io.moldau.protocol.UnsupportedFieldException",
                "io.moldau.protocol.Uuid",
                "java.nio.ByteBuffer",
                "java.util.List",
                "javax.annotation.processing.Generated",
                "org.jspecify.annotations.Nullable")) {
            out.add("import " + used + ";");
        }
        out.add("");
        var wire = switch (schema.kind()) {
            case REQUEST, RESPONSE, HEADER -> "on the wire";
            case DATA, COORDINATOR_KEY, COORDINATOR_VALUE -> "inside records";
        };
        var valid = schema.valid();
        out.doc(schema.name() + " as it lies " + wire + ", versions " + valid.lowest() + " to " + valid.highest()
                + ".");
        record(schema.name(), schema.fields(), true);
        return out.toString();
    }

    private void record(String name, List<Field> fields, boolean top) {
        var codes = fields.stream().map(f -> new FieldCode(schema, name, f)).toList();
        for (var field : fields) {
            var about = field.about();
            if (!about.isBlank()) out.doc("@param " + field.javaName() + " " + about);
        }
        var components = new StringBuilder();
        for (int i = 0; i < fields.size(); i++) {
            if (i > 0) components.append(", ");
            components
                    .append(codes.get(i).declaredType())
                    .append(' ')
                    .append(fields.get(i).javaName());
        }
        var role = top
                ? switch (schema.kind()) {
                    case REQUEST -> "Request";
                    case RESPONSE -> "Response";
                    default -> "Message";
                }
                : "Message";
        if (top) out.add("@Generated(\"io.moldau.protocol.generator\")");
        out.add("public record " + name + "(" + components + ") implements " + role + " {");
        if (top) head(name);
        else out.add("private static final " + name + " DEFAULT = builder().build();\n");
        read(name, fields, codes, top);
        write(fields, codes, top);
        builder(name, fields, codes);
        if (role.equals("Response") && fields.stream().anyMatch(RecordSource::isThrottleTime)) {
            out.add("@Override\npublic " + name + " throttled(int ms) {\n"
                    + "return toBuilder().throttleTimeMs(ms).build();\n}\n");
        }
        if (top) schema.structs().forEach((struct, own) -> record(struct, own, false));
        out.add("}\n");
    }

    private static boolean isThrottleTime(Field field) {
        return field.javaName().equals("throttleTimeMs");
    }

    private void head(String name) {
        out.add("public static final short LOWEST_VERSION = " + schema.valid().lowest() + ";");
        out.add("public static final short HIGHEST_VERSION = " + schema.valid().highest() + ";\n");
        switch (schema.kind()) {
            case REQUEST, RESPONSE ->
                out.add("@Override\npublic ApiKey apiKey() {\nreturn ApiKey." + ApiKeySource.constant(schema)
                        + ";\n}\n");
            case COORDINATOR_KEY, COORDINATOR_VALUE ->
                out.add("/// The record type: the version in front of a key says it.\n"
                        + "public static final short RECORD_TYPE = " + schema.apiKey() + ";\n");
            case HEADER, DATA -> {}
        }
        out.add("private static void check(short version) {\n"
                + "if (version < LOWEST_VERSION || version > HIGHEST_VERSION) {\n"
                + "throw new IllegalArgumentException(\"" + name + " has versions "
                + schema.valid().lowest() + " to "
                + schema.valid().highest() + ", not \" + version);\n}\n}\n");
    }

    private void read(String name, List<Field> fields, List<FieldCode> codes, boolean top) {
        out.add("/// @throws MalformedMessageException if the bytes are not such a message");
        out.add("public static " + name + " read(ByteReader in, short version) {");
        if (top) out.add("check(version);");
        out.add("var to = new Builder();");
        for (int i = 0; i < fields.size(); i++) {
            guarded(
                    codes.get(i).whenInline(),
                    "to." + fields.get(i).javaName() + " = " + codes.get(i).read("in") + ";");
        }
        var flexible = FieldCode.when(schema, schema.flexible());
        if (!flexible.equals("false")) {
            boolean known = codes.stream().anyMatch(c -> !c.whenTagged().equals("false"));
            if (known) {
                if (!flexible.equals("true")) out.add("if (" + flexible + ") {");
                out.add(
                        "int tagged = in.taggedCount();\nfor (int i = 0; i < tagged; i++) {\nint tag = in.unsignedVarint();");
                out.add("var field = in.taggedField();\nswitch (tag) {");
                for (int i = 0; i < fields.size(); i++) {
                    var when = codes.get(i).whenTagged();
                    if (when.equals("false")) continue;
                    out.add("case " + fields.get(i).tag() + " -> {");
                    guarded(
                            when,
                            "to." + fields.get(i).javaName() + " = "
                                    + codes.get(i).read("field") + ";\nfield.end();");
                    out.add("}");
                }
                out.add("default -> {}\n}\n}");
                if (!flexible.equals("true")) out.add("}");
            } else {
                guarded(flexible, "in.skipTaggedFields();");
            }
        }
        out.add("return to.build();\n}\n");
    }

    private void guarded(String condition, String statements) {
        switch (condition) {
            case "true" -> out.add(statements);
            case "false" -> {}
            default -> out.add("if (" + condition + ") {\n" + statements + "\n}");
        }
    }

    private void write(List<Field> fields, List<FieldCode> codes, boolean top) {
        out.add("@Override\npublic void write(ByteWriter out, short version) {");
        if (top) out.add("check(version);");
        for (int i = 0; i < fields.size(); i++) {
            var code = codes.get(i);
            guarded(code.whenInline(), code.write("out"));
            var present = code.whenPresent();
            if (!present.equals("true") && !fields.get(i).ignorable()) {
                var absent = present.equals("false") ? "" : "!(" + present + ") && ";
                out.add("if (" + absent + code.differsFromDefault() + ") {\n" + code.refusal() + "\n}");
            }
        }
        var flexible = FieldCode.when(schema, schema.flexible());
        if (!flexible.equals("false")) guarded(flexible, tagged(fields, codes));
        out.add("}\n");
    }

    /// Tagged fields stand in the order of their tags and only if they differ from their defaults.
    private static String tagged(List<Field> fields, List<FieldCode> codes) {
        var counts = new StringBuilder();
        var values = new StringBuilder();
        var order = java.util.stream.IntStream.range(0, fields.size())
                .filter(i -> !codes.get(i).whenTagged().equals("false"))
                .boxed()
                .sorted(Comparator.comparingInt(i -> fields.get(i).tag()))
                .toList();
        if (order.isEmpty()) return "out.unsignedVarint(0);";
        for (int i : order) {
            var code = codes.get(i);
            var when = code.whenTagged().equals("true") ? "" : "(" + code.whenTagged() + ") && ";
            counts.append("if (" + when + code.differsFromDefault() + ") tagged++;\n");
            values.append("if (" + when + code.differsFromDefault() + ") {\nvar content = out.nested();\n"
                    + code.write("content") + "\nout.tagged(" + fields.get(i).tag() + ", content);\n}\n");
        }
        return "int tagged = 0;\n" + counts + "out.unsignedVarint(tagged);\nif (tagged > 0) {\n" + values + "}";
    }

    private void builder(String name, List<Field> fields, List<FieldCode> codes) {
        out.add("public static Builder builder() {\nreturn new Builder();\n}\n");
        out.add("public Builder toBuilder() {\nvar to = new Builder();");
        for (var field : fields) out.add("to." + field.javaName() + " = " + field.javaName() + ";");
        out.add("return to;\n}\n");
        out.doc("Every field at its default until it is given.");
        out.add("public static final class Builder {");
        for (int i = 0; i < fields.size(); i++) {
            out.add("private " + codes.get(i).declaredType() + " "
                    + fields.get(i).javaName() + " = " + codes.get(i).defaultValue() + ";");
        }
        out.add("\nprivate Builder() {}\n");
        for (int i = 0; i < fields.size(); i++) {
            var field = fields.get(i).javaName();
            out.add("public Builder " + field + "(" + codes.get(i).declaredType() + " " + field + ") {\nthis." + field
                    + " = " + field + ";\nreturn this;\n}\n");
        }
        out.add("public " + name + " build() {\nreturn new " + name + "("
                + String.join(", ", fields.stream().map(Field::javaName).toList()) + ");\n}\n}\n");
    }
}
