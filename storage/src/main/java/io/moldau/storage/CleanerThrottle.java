package io.moldau.storage;

import io.moldau.environment.Clock;

/// Bounds the bytes that all cleaner threads read and write in a second.
final class CleanerThrottle {
    private static final double NANOS_PER_SECOND = 1e9;

    private final Clock clock;
    private boolean started;
    private long freeAtNanos;

    CleanerThrottle(Clock clock) {
        this.clock = clock;
    }

    /// How long whoever moved these bytes pauses.
    synchronized long delayMs(int bytes, double bytesPerSecond) {
        long now = clock.nanos();
        if (!started || freeAtNanos - now < 0) {
            started = true;
            freeAtNanos = now;
        }
        freeAtNanos += (long) (bytes / Math.max(1, bytesPerSecond) * NANOS_PER_SECOND);
        return (freeAtNanos - now) / 1_000_000;
    }
}
