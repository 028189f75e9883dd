package io.moldau.security.quotas;

import io.moldau.metadata.QuotaEntity;
import io.moldau.metadata.QuotaEntity.Type;
import java.util.Optional;

/// What may be limited, with Kafka's names.
public enum QuotaKey {
    /// Bytes of produce requests a second.
    PRODUCER_BYTE_RATE("producer_byte_rate", true),
    /// Bytes of fetch answers a second.
    CONSUMER_BYTE_RATE("consumer_byte_rate", true),
    /// Time of the node's threads: 100 is one thread all the time.
    REQUEST_PERCENTAGE("request_percentage", false),
    /// Partitions created and deleted a second.
    CONTROLLER_MUTATION_RATE("controller_mutation_rate", false),
    /// Connections accepted from an address a second.
    CONNECTION_CREATION_RATE("connection_creation_rate", true);

    private final String text;
    private final boolean whole;

    QuotaKey(String text, boolean whole) {
        this.text = text;
        this.whole = whole;
    }

    public String text() {
        return text;
    }

    /// Only whole numbers are allowed.
    boolean whole() {
        return whole;
    }

    /// Connections are made before anybody has said who he is: they are counted by address, all else is not.
    boolean fits(QuotaEntity entity) {
        return entity.names().containsKey(Type.IP) == (this == CONNECTION_CREATION_RATE);
    }

    static Optional<QuotaKey> of(String text) {
        for (var key : values()) {
            if (key.text.equals(text)) {
                return Optional.of(key);
            }
        }
        return Optional.empty();
    }
}
