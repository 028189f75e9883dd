package io.moldau.metadata;

import java.util.Optional;

/// What a setting belongs to. `name` is the topic, the node id ("" for all brokers), the group.
public record ConfigResource(Type type, String name) {
    /// The resource types of the protocol (DescribeConfigs.ResourceType).
    public enum Type {
        TOPIC(2),
        BROKER(4),
        BROKER_LOGGER(8),
        CLIENT_METRICS(16),
        GROUP(32);

        private final byte code;

        Type(int code) {
            this.code = (byte) code;
        }

        public byte code() {
            return code;
        }

        public static Optional<Type> of(byte code) {
            for (var type : values()) {
                if (type.code == code) {
                    return Optional.of(type);
                }
            }
            return Optional.empty();
        }
    }

    public static ConfigResource topic(String name) {
        return new ConfigResource(Type.TOPIC, name);
    }
}
