package io.moldau.records;

/// Why a record batch was refused. The names are those of Kafka's error codes.
public enum BatchError {
    /// Truncated, wrong lengths or a wrong CRC.
    CORRUPT_MESSAGE,
    /// Magic 0 or 1 (KIP-724), or a magic from the future.
    UNSUPPORTED_FOR_MESSAGE_FORMAT,
    UNSUPPORTED_COMPRESSION_TYPE,
    MESSAGE_TOO_LARGE,
    /// Counts, offsets, sequences or records contradict each other.
    INVALID_RECORD,
    INVALID_TIMESTAMP
}
