package io.moldau.client;

import io.moldau.records.Compression;

/// How to produce.
/// @param acks 0 no answer, 1 the leader's, -1 that of all in-sync replicas
/// @param deliveryTimeoutMs how long a record is tried, over reconnects and restarts of the broker
/// @param lingerMs how long a batch that is not full waits for more
public record ProducerSettings(
        short acks,
        Compression compression,
        boolean idempotent,
        int batchBytes,
        long bufferBytes,
        int lingerMs,
        int deliveryTimeoutMs) {
    public static final ProducerSettings DEFAULTS =
            new ProducerSettings((short) -1, Compression.NONE, true, 256 << 10, 32L << 20, 5, 120_000);

    public ProducerSettings {
        if (acks < -1 || acks > 1) {
            throw new IllegalArgumentException("acks must be 0, 1 or -1 (all), not " + acks);
        }
    }

    public ProducerSettings acks(short value) {
        return new ProducerSettings(
                value, compression, idempotent && value == -1, batchBytes, bufferBytes, lingerMs, deliveryTimeoutMs);
    }

    public ProducerSettings compression(Compression value) {
        return new ProducerSettings(acks, value, idempotent, batchBytes, bufferBytes, lingerMs, deliveryTimeoutMs);
    }

    public ProducerSettings deliveryTimeoutMs(int value) {
        return new ProducerSettings(acks, compression, idempotent, batchBytes, bufferBytes, lingerMs, value);
    }
}
