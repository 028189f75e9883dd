package io.moldau.security.quotas;

/// How rates are measured: over the last `samples` stretches of time (`quota.window.num`), each so long
/// (`quota.window.size.seconds`).
public record Windows(int samples, int seconds) {
    public Windows {
        if (samples < 1 || seconds < 1) {
            throw new IllegalArgumentException("a rate needs at least one sample of at least a second");
        }
    }

    long nanos() {
        return seconds * 1_000_000_000L;
    }

    /// Seconds that surely lie in the samples: the newest is not over yet.
    int fullSeconds() {
        return Math.max(1, samples - 1) * seconds;
    }
}
