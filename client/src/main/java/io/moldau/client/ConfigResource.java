package io.moldau.client;

/// What settings belong to; an empty name of a broker means the defaults of all.
public record ConfigResource(Kind kind, String name) {
    /// Kinds with Kafka's codes.
    public enum Kind {
        TOPIC(2),
        BROKER(4),
        GROUP(32);

        private final byte code;

        Kind(int code) {
            this.code = (byte) code;
        }

        byte code() {
            return code;
        }
    }
}
