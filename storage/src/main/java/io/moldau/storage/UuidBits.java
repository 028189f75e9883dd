package io.moldau.storage;

/// A topic id: the two halves of a UUID.
public record UuidBits(long mostSignificant, long leastSignificant) {
    public static final UuidBits ZERO = new UuidBits(0, 0);
}
