package io.moldau.client;

import io.moldau.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Something that the client was asked to do and could not. The text is one to show to a user.
public final class ClientException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final ErrorCode error;

    public ClientException(ErrorCode error, String text) {
        this(error, text, null);
    }

    public ClientException(ErrorCode error, String text, @Nullable Throwable cause) {
        super(text, cause);
        this.error = error;
    }

    /// What a broker answered: its own text if it sent one, else the code's.
    static ClientException answered(ErrorCode error, String what, @Nullable String message) {
        var why = message == null || message.isBlank() ? error.text() : message;
        return new ClientException(error, what + ": " + why + " (" + error + ")");
    }

    /// [ErrorCode#NETWORK_EXCEPTION] where no broker could be asked.
    public ErrorCode error() {
        return error;
    }

    /// Whether trying again may help.
    public boolean retriable() {
        return error.retriable();
    }

    /// The exception inside the ones that futures wrap around it.
    static ClientException of(Throwable failure) {
        for (Throwable at = failure; at != null; at = at.getCause()) {
            if (at instanceof ClientException found) {
                return found;
            }
        }
        return new ClientException(ErrorCode.UNKNOWN_SERVER_ERROR, "unexpected: " + failure, failure);
    }
}
