package io.moldau.security.quotas;

/// What may be used in a burst after silence, and at a steady pace else (KIP-599): it holds as much as all windows
/// allow, and fills at the limit's rate. Whoever finds something in it may take any amount, and owes the rest.
final class TokenBucket implements Counter {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double MS_PER_SECOND = 1e3;

    private final Windows windows;
    private double tokens = Double.MAX_VALUE;
    private double limit;
    private long usedNanos;

    TokenBucket(Windows windows, double limit, long nowNanos) {
        this.windows = windows;
        this.limit = limit;
        this.usedNanos = nowNanos;
        fill(limit, nowNanos);
    }

    /// Takes `amount`, even if there is not so much; returns the milliseconds until nothing is owed.
    synchronized double take(double amount, double newLimit, long nowNanos) {
        fill(newLimit, nowNanos);
        tokens -= amount;
        return owedMs();
    }

    /// Takes `amount` unless something is owed; returns the milliseconds until nothing is owed, 0 if it was taken.
    synchronized double takeIfNothingIsOwed(double amount, double newLimit, long nowNanos) {
        fill(newLimit, nowNanos);
        double owed = owedMs();
        if (owed == 0) {
            tokens -= amount;
        }
        return owed;
    }

    private double owedMs() {
        return tokens < 0 ? -tokens / limit * MS_PER_SECOND : 0;
    }

    private void fill(double newLimit, long nowNanos) {
        tokens += Math.max(0, nowNanos - usedNanos) / NANOS_PER_SECOND * limit;
        limit = newLimit;
        tokens = Math.min(tokens, capacity());
        usedNanos = nowNanos;
    }

    private double capacity() {
        return limit * windows.samples() * windows.seconds();
    }

    @Override
    public synchronized boolean isIdle(long nowNanos) {
        return tokens + Math.max(0, nowNanos - usedNanos) / NANOS_PER_SECOND * limit >= capacity();
    }

    @Override
    public synchronized long usedNanos() {
        return usedNanos;
    }
}
