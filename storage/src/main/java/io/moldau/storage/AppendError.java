package io.moldau.storage;

import io.moldau.records.BatchError;

/// Why a log refused batches. The names are those of Kafka's error codes.
public enum AppendError {
    CORRUPT_MESSAGE,
    UNSUPPORTED_FOR_MESSAGE_FORMAT,
    UNSUPPORTED_COMPRESSION_TYPE,
    MESSAGE_TOO_LARGE,
    RECORD_LIST_TOO_LARGE,
    INVALID_RECORD,
    INVALID_TIMESTAMP,
    OUT_OF_ORDER_SEQUENCE_NUMBER,
    INVALID_PRODUCER_EPOCH,
    /// A producer with an open transaction wrote something outside of it.
    INVALID_TXN_STATE,
    /// The marker is of a transaction coordinator that was replaced.
    TRANSACTION_COORDINATOR_FENCED,
    /// The batch continues in a place where the log does not end (replication).
    OFFSET_OUT_OF_RANGE,
    /// Too many bytes wait for the disk: try again.
    REQUEST_TIMED_OUT,
    KAFKA_STORAGE_ERROR;

    static AppendError of(BatchError error) {
        return valueOf(error.name());
    }
}
