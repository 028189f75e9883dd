package io.moldau.replication;

import io.moldau.protocol.ErrorCode;

/// The protocol's error codes for refusals of the rooms below, which name theirs alike.
public final class ErrorCodes {
    private ErrorCodes() {}

    public static ErrorCode of(Enum<?> error) {
        return ErrorCode.valueOf(error.name());
    }
}
