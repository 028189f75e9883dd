package io.moldau.groups.consumer;

import io.moldau.protocol.ErrorCode;

/// A request that is answered with an error.
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final ErrorCode error;

    Refusal(ErrorCode error, String reason) {
        super(reason, null, false, false);
        this.error = error;
    }

    ErrorCode error() {
        return error;
    }
}
