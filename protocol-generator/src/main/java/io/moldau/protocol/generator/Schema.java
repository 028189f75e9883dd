package io.moldau.protocol.generator;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// One message: its fields and the versions it exists in.
/// @param apiKey the API key of a request or response, the record type of a coordinator record, else -1
/// @param structs every structure by name, those nested in fields and the common ones alike
public record Schema(
        String name,
        Kind kind,
        int apiKey,
        Versions valid,
        Versions flexible,
        boolean latestUnstable,
        Set<String> listeners,
        List<Field> fields,
        Map<String, List<Field>> structs) {

    /// What a message is for.
    public enum Kind {
        REQUEST("request"),
        RESPONSE("response"),
        HEADER("header"),
        DATA("data"),
        COORDINATOR_KEY("coordinator-key"),
        COORDINATOR_VALUE("coordinator-value");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        static Kind parse(String text) {
            for (var kind : values()) {
                if (kind.text.equals(text)) return kind;
            }
            throw new SchemaException("'" + text + "' is not a kind of message");
        }

        /// Messages of the wire live in `message`, contents of records in `data`.
        public String packageName() {
            return switch (this) {
                case REQUEST, RESPONSE, HEADER -> "io.moldau.protocol.message";
                case DATA, COORDINATOR_KEY, COORDINATOR_VALUE -> "io.moldau.protocol.data";
            };
        }
    }

    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(JsonParser.Feature.ALLOW_COMMENTS).build();

    /// Every schema below a folder, by name.
    public static List<Schema> readFolder(Path folder) throws IOException {
        var schemas = new TreeMap<String, Schema>();
        try (var files = Files.walk(folder)) {
            for (var file : files.filter(f -> f.toString().endsWith(".json")).toList()) {
                try {
                    var schema = parse(Files.readString(file));
                    if (schemas.put(schema.name, schema) != null) {
                        throw new SchemaException("two schemas are named " + schema.name);
                    }
                } catch (SchemaException wrong) {
                    throw wrong.in(file.getFileName().toString());
                }
            }
        }
        return List.copyOf(schemas.values());
    }

    public static Schema parse(String json) {
        try {
            return parse(JSON.readTree(json));
        } catch (IOException e) {
            throw new SchemaException("not a schema in JSON", e);
        }
    }

    private static Schema parse(JsonNode node) {
        var name = text(node, "name");
        var structs = new LinkedHashMap<String, List<Field>>();
        for (var common : node.path("commonStructs")) {
            if (structs.put(text(common, "name"), fields(common)) != null) {
                throw new SchemaException("two structures are named " + text(common, "name"));
            }
        }
        var fields = fields(node);
        collect(fields, structs);
        for (var struct : List.copyOf(structs.values())) collect(struct, structs);
        known(fields, structs);
        structs.values().forEach(struct -> known(struct, structs));
        var listeners = new java.util.TreeSet<String>();
        for (var listener : node.path("listeners")) listeners.add(listener.asText());
        return new Schema(
                name,
                Kind.parse(text(node, "type")),
                node.path("apiKey").asInt(-1),
                Versions.parse(text(node, "validVersions")),
                Versions.parse(node.path("flexibleVersions").asText("none")),
                node.path("latestVersionUnstable").asBoolean(false),
                listeners,
                fields,
                structs);
    }

    private static void collect(List<Field> fields, Map<String, List<Field>> structs) {
        for (var field : fields) {
            if (field.fields().isEmpty()) continue;
            var struct = structName(field.type());
            if (struct == null) throw new SchemaException(field.name() + " has fields but is no structure");
            var before = structs.put(struct, field.fields());
            if (before != null && !before.equals(field.fields())) {
                throw new SchemaException("two structures are named " + struct);
            }
            collect(field.fields(), structs);
        }
    }

    /// Every structure that a field names is there.
    private static void known(List<Field> fields, Map<String, List<Field>> structs) {
        for (var field : fields) {
            var struct = structName(field.type());
            if (struct != null && !structs.containsKey(struct)) {
                throw new SchemaException("there is no structure '" + struct + "'").in(field.name());
            }
        }
    }

    private static @Nullable String structName(FieldType type) {
        return switch (type) {
            case FieldType.Primitive primitive -> null;
            case FieldType.Struct struct -> struct.name();
            case FieldType.Array array -> structName(array.element());
        };
    }

    private static List<Field> fields(JsonNode parent) {
        var fields = new ArrayList<Field>();
        for (var node : parent.path("fields")) {
            var name = text(node, "name");
            try {
                fields.add(field(name, node));
            } catch (SchemaException wrong) {
                throw wrong.in(name);
            }
        }
        return fields;
    }

    private static Field field(String name, JsonNode node) {
        var tagged = versions(node, "taggedVersions", Versions.NONE);
        return new Field(
                name,
                FieldType.parse(text(node, "type")),
                versions(node, "versions", tagged),
                tagged,
                versions(node, "nullableVersions", Versions.NONE),
                node.has("flexibleVersions") ? Versions.parse(text(node, "flexibleVersions")) : null,
                node.path("tag").asInt(-1),
                node.path("ignorable").asBoolean(false),
                node.path("default").isNull() ? "" : node.path("default").asText(""),
                node.path("about").asText(""),
                fields(node));
    }

    private static Versions versions(JsonNode node, String name, Versions otherwise) {
        return node.has(name) ? Versions.parse(text(node, name)) : otherwise;
    }

    private static String text(JsonNode node, String name) {
        var value = node.get(name);
        if (value == null) throw new SchemaException("'" + name + "' is missing in " + node);
        return value.asText();
    }

    /// A request or response of an API that was removed has no versions and no record.
    public boolean isRemoved() {
        return valid.isEmpty();
    }
}
