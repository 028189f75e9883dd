package io.moldau.environment;

/// A source of randomness; seeded in simulations.
public interface Randomness {
    /// Any 64 bits.
    long nextLong();

    /// A number in [0, bound).
    default int nextInt(int bound) {
        return (int) Math.floorMod(nextLong() >>> 1, (long) bound);
    }
}
