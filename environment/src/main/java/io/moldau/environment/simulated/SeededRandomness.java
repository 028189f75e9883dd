package io.moldau.environment.simulated;

import io.moldau.environment.Randomness;

/// A reproducible sequence (SplitMix64).
public final class SeededRandomness implements Randomness {
    private long state;

    public SeededRandomness(long seed) {
        this.state = seed;
    }

    @Override
    public long nextLong() {
        state += 0x9e3779b97f4a7c15L;
        long z = state;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /// True once in `n` times.
    public boolean oneIn(int n) {
        return nextInt(n) == 0;
    }
}
