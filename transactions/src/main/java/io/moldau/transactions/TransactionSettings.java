package io.moldau.transactions;

/// What transactions are allowed, by Kafka's setting names.
///
/// @param maxTimeoutMs `transaction.max.timeout.ms`
/// @param abortIntervalMs `transaction.abort.timed.out.transaction.cleanup.interval.ms`
/// @param expirationMs `transactional.id.expiration.ms`
/// @param expiryIntervalMs `transaction.remove.expired.transaction.cleanup.interval.ms`
public record TransactionSettings(int maxTimeoutMs, int abortIntervalMs, int expirationMs, int expiryIntervalMs) {
    public static final TransactionSettings DEFAULTS = new TransactionSettings(900_000, 10_000, 604_800_000, 3_600_000);
}
