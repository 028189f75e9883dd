package io.moldau.client;

/// What settings belong to; an empty name of a broker means the defaults of all.
public record ConfigResource(Kind kind, String name) {
    /// Kinds with Kafka's codes.
    public enum Kind {
        TOPIC(2),
        BROKER(4),
        GROUP(32),
        /// Not settings, but what a node decided: see [Admin#decisions].
        GROUP_DECISIONS(112),
        TRANSACTION_DECISIONS(113),
        TOPIC_DECISIONS(114);

        private final byte code;

        Kind(int code) {
            this.code = (byte) code;
        }

        byte code() {
            return code;
        }
    }
}
