package io.moldau.environment.simulated;

import io.moldau.environment.Clock;

/// Time that stands still until it is stepped.
public final class SimulatedClock implements Clock {
    private volatile long nowMs;

    public SimulatedClock(long startMs) {
        this.nowMs = startMs;
    }

    @Override
    public long wallMs() {
        return nowMs;
    }

    @Override
    public long nanos() {
        return nowMs * 1_000_000;
    }

    void moveTo(long timeMs) {
        if (timeMs < nowMs) {
            throw new IllegalArgumentException("time " + timeMs + " is before " + nowMs);
        }
        nowMs = timeMs;
    }
}
