package io.moldau.protocol.generator;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// Writes the enum of all API keys.
public final class ApiKeySource {
    private ApiKeySource() {}

    /// `ListOffsetsRequest` is `LIST_OFFSETS`.
    static String constant(Schema schema) {
        return stem(schema).replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_").toUpperCase(Locale.ROOT);
    }

    private static String stem(Schema schema) {
        return schema.name().replaceAll("(Request|Response)$", "");
    }

    public static String of(List<Schema> schemas) {
        Map<Integer, Schema> requests = new TreeMap<>();
        for (var schema : schemas) {
            if (schema.kind() != Schema.Kind.REQUEST) continue;
            if (requests.put(schema.apiKey(), schema) != null) {
                throw new SchemaException("two requests have the API key " + schema.apiKey());
            }
        }
        var out = new SourceText();
        out.add("// Generated from the request schemas.\npackage io.moldau.protocol;\n");
        out.add("import java.util.Optional;\nimport javax.annotation.processing.Generated;\n");
        out.doc("Every API of the protocol with its versions.");
        out.add("@Generated(\"io.moldau.protocol.generator\")\npublic enum ApiKey {");
        var constants = new ArrayList<String>();
        for (var schema : requests.values()) {
            int oldest = schema.isRemoved() ? -1 : schema.valid().lowest();
            int newest = schema.isRemoved() ? -1 : schema.valid().highest();
            int stable = schema.latestUnstable() ? newest - 1 : newest;
            int flexible = schema.flexible().isEmpty()
                    ? Versions.OPEN
                    : schema.flexible().lowest();
            constants.add("%s(%d, %d, %d, %d, %d, %b, %b)"
                    .formatted(
                            constant(schema),
                            schema.apiKey(),
                            oldest,
                            newest,
                            stable,
                            flexible,
                            schema.listeners().contains("broker"),
                            schema.listeners().contains("controller")));
        }
        out.add(String.join(",\n", constants) + ";\n");
        out.add(BODY);
        read(out, requests, "Request");
        read(out, requests, "Response");
        out.add("}");
        return out.toString();
    }

    private static void read(SourceText out, Map<Integer, Schema> requests, String what) {
        out.add("/// @throws MalformedMessageException if the bytes are not such a message\n"
                + "/// @throws IllegalArgumentException if there is no such version\n"
                + "public " + what + " read" + what + "(ByteReader in, short version) {\nreturn switch (this) {");
        var removed = new ArrayList<String>();
        for (var schema : requests.values()) {
            if (schema.isRemoved()) removed.add(constant(schema));
            else {
                out.add("case " + constant(schema) + " -> io.moldau.protocol.message." + stem(schema) + what
                        + ".read(in, version);");
            }
        }
        if (!removed.isEmpty()) {
            out.add("case " + String.join(", ", removed)
                    + " -> throw new IllegalArgumentException(this + \" was removed from the protocol\");");
        }
        out.add("};\n}\n");
    }

    private static final String BODY = """
            private static final ApiKey[] BY_ID = byId();

            private final short id;
            private final short oldest;
            private final short newest;
            private final short newestStable;
            private final int firstFlexible;
            private final boolean broker;
            private final boolean controller;

            ApiKey(int id, int oldest, int newest, int newestStable, int firstFlexible, boolean broker, boolean controller) {
            this.id = (short) id;
            this.oldest = (short) oldest;
            this.newest = (short) newest;
            this.newestStable = (short) newestStable;
            this.firstFlexible = firstFlexible;
            this.broker = broker;
            this.controller = controller;
            }

            private static ApiKey[] byId() {
            int highest = 0;
            for (var key : values()) highest = Math.max(highest, key.id);
            var keys = new ApiKey[highest + 1];
            for (var key : values()) keys[key.id] = key;
            return keys;
            }

            public static Optional<ApiKey> of(short id) {
            return id >= 0 && id < BY_ID.length ? Optional.ofNullable(BY_ID[id]) : Optional.empty();
            }

            public short id() {
            return id;
            }

            /// -1 for an API that was removed.
            public short oldestVersion() {
            return oldest;
            }

            /// -1 for an API that was removed.
            public short newestVersion() {
            return newest;
            }

            /// The newest version that will not change any more; -1 if there is none.
            public short newestStableVersion() {
            return newestStable;
            }

            public boolean hasVersion(short version) {
            return oldest >= 0 && oldest <= version && version <= newest;
            }

            /// Whether a version has compact lengths and tagged fields.
            public boolean flexible(short version) {
            return version >= firstFlexible;
            }

            public short requestHeaderVersion(short version) {
            return (short) (flexible(version) ? 2 : 1);
            }

            /// ApiVersions is always answered with header 0, since the asker may not know better.
            public short responseHeaderVersion(short version) {
            return (short) (flexible(version) && this != API_VERSIONS ? 1 : 0);
            }

            /// Whether brokers answer it.
            public boolean broker() {
            return broker;
            }

            /// Whether controllers answer it.
            public boolean controller() {
            return controller;
            }
            """;
}
