package io.moldau.security.quotas;

/// How much somebody used lately.
sealed interface Counter permits Rate, TokenBucket {
    /// A counter that has forgotten everything is as good as a new one.
    boolean isIdle(long nowNanos);

    long usedNanos();
}
