package io.moldau.client;

import io.moldau.records.Compression;

/// How a producer sends. Names and meanings are Kafka's.
/// @param lingerMs how long a batch waits for more records while nothing of its partition is under way
/// @param deliveryTimeoutMs from sending a record until it must be acknowledged
public record ProducerSettings(
        Acks acks,
        Compression compression,
        boolean idempotent,
        int batchBytes,
        int lingerMs,
        int maxRequestBytes,
        long bufferBytes,
        int deliveryTimeoutMs) {

    /// Who must have a record before it counts as acknowledged.
    public enum Acks {
        NONE(0),
        LEADER(1),
        ALL(-1);

        private final short code;

        Acks(int code) {
            this.code = (short) code;
        }

        short code() {
            return code;
        }
    }

    public static final ProducerSettings DEFAULTS =
            new ProducerSettings(Acks.ALL, Compression.NONE, true, 128 << 10, 5, 1 << 20, 32L << 20, 120_000);

    public ProducerSettings {
        if (idempotent && acks != Acks.ALL) {
            throw new IllegalArgumentException("an idempotent producer needs acks=all");
        }
        if (batchBytes < 1 || maxRequestBytes < batchBytes || bufferBytes < maxRequestBytes) {
            throw new IllegalArgumentException("batchBytes <= maxRequestBytes <= bufferBytes must hold");
        }
        if (lingerMs < 0 || deliveryTimeoutMs < 1) {
            throw new IllegalArgumentException("times must not be negative");
        }
    }

    /// Without acks of all, idempotence goes too.
    public ProducerSettings withAcks(Acks newAcks) {
        return new ProducerSettings(
                newAcks,
                compression,
                idempotent && newAcks == Acks.ALL,
                batchBytes,
                lingerMs,
                maxRequestBytes,
                bufferBytes,
                deliveryTimeoutMs);
    }

    public ProducerSettings withCompression(Compression newCompression) {
        return new ProducerSettings(
                acks,
                newCompression,
                idempotent,
                batchBytes,
                lingerMs,
                maxRequestBytes,
                bufferBytes,
                deliveryTimeoutMs);
    }

    public ProducerSettings withIdempotent(boolean newIdempotent) {
        return new ProducerSettings(
                acks,
                compression,
                newIdempotent,
                batchBytes,
                lingerMs,
                maxRequestBytes,
                bufferBytes,
                deliveryTimeoutMs);
    }

    public ProducerSettings withLingerMs(int newLingerMs) {
        return new ProducerSettings(
                acks,
                compression,
                idempotent,
                batchBytes,
                newLingerMs,
                maxRequestBytes,
                bufferBytes,
                deliveryTimeoutMs);
    }

    public ProducerSettings withBatchBytes(int newBatchBytes) {
        return new ProducerSettings(
                acks,
                compression,
                idempotent,
                newBatchBytes,
                lingerMs,
                Math.max(maxRequestBytes, newBatchBytes),
                Math.max(bufferBytes, newBatchBytes),
                deliveryTimeoutMs);
    }

    public ProducerSettings withDeliveryTimeoutMs(int newTimeoutMs) {
        return new ProducerSettings(
                acks, compression, idempotent, batchBytes, lingerMs, maxRequestBytes, bufferBytes, newTimeoutMs);
    }
}
