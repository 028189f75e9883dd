package io.moldau.client;

import io.moldau.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Something could not be done. The message is a sentence for the person who asked for it.
public final class ClientException extends RuntimeException {
    private final ErrorCode error;

    public ClientException(ErrorCode error, String message) {
        super(message);
        this.error = error;
    }

    ClientException(ErrorCode error, String message, Throwable cause) {
        super(message, cause);
        this.error = error;
    }

    /// The server's error code, or the one that comes nearest.
    public ErrorCode error() {
        return error;
    }

    /// The connection broke or could not be made, or the server said so: it may work when tried again.
    boolean mayPass() {
        return error.retriable();
    }

    /// Throws if a response carries an error.
    static void check(short code, @Nullable String detail, String doing) {
        if (code != ErrorCode.NONE.code()) {
            throw of(code, detail, doing);
        }
    }

    static ClientException of(short code, @Nullable String detail, String doing) {
        var error = ErrorCode.of(code);
        var text = detail != null && !detail.isBlank() ? detail : error.text();
        return new ClientException(error, doing + ": " + text + " (" + error + ")");
    }
}
