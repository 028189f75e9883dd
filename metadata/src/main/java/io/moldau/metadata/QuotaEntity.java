package io.moldau.metadata;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Whom quotas are for: a user, a client id, both together, or an address. An empty name stands for all that have no
/// quota of their own (the default).
public record QuotaEntity(Map<Type, Optional<String>> names) {
    /// The parts of an entity, with Kafka's names; the code is the one in the metadata log.
    public enum Type {
        USER(1, "user"),
        CLIENT_ID(2, "client-id"),
        IP(3, "ip");

        private final byte code;
        private final String text;

        Type(int code, String text) {
            this.code = (byte) code;
            this.text = text;
        }

        public byte code() {
            return code;
        }

        public String text() {
            return text;
        }

        static Optional<Type> of(byte code) {
            for (var type : values()) {
                if (type.code == code) {
                    return Optional.of(type);
                }
            }
            return Optional.empty();
        }

        public static Optional<Type> of(String text) {
            for (var type : values()) {
                if (type.text.equals(text)) {
                    return Optional.of(type);
                }
            }
            return Optional.empty();
        }
    }

    public QuotaEntity {
        if (names.isEmpty()) {
            throw new IllegalArgumentException("a quota is for somebody: a user, a client id, or an address");
        }
        names = Collections.unmodifiableMap(new EnumMap<>(names));
    }

    @Override
    public String toString() {
        return names.entrySet().stream()
                .map(part -> part.getKey().text()
                        + part.getValue().map(name -> " \"" + name + "\"").orElse(" by default"))
                .collect(Collectors.joining(", "));
    }
}
