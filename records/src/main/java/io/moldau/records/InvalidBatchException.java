package io.moldau.records;

/// The bytes are not the record batch they claim to be. An expected answer to foreign input, so without a stack trace.
public final class InvalidBatchException extends RuntimeException {
    private final transient BatchError error;

    public InvalidBatchException(BatchError error, String text) {
        super(text, null, false, false);
        this.error = error;
    }

    public BatchError error() {
        return error;
    }
}
