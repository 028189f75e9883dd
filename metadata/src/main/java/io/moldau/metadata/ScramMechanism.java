package io.moldau.metadata;

import java.util.Optional;

/// A way of proving a password without telling it (RFC 5802), with the protocol's code (KIP-554).
public enum ScramMechanism {
    SHA_256(1),
    SHA_512(2);

    private final byte code;

    ScramMechanism(int code) {
        this.code = (byte) code;
    }

    public byte code() {
        return code;
    }

    public static Optional<ScramMechanism> of(byte code) {
        for (var mechanism : values()) {
            if (mechanism.code == code) {
                return Optional.of(mechanism);
            }
        }
        return Optional.empty();
    }
}
