package io.moldau.broker;

/// The node cannot start. The message is one sentence for the person who started it: what is wrong, what to do.
public final class StartupException extends Exception {
    private static final long serialVersionUID = 1L;

    public StartupException(String message) {
        super(message);
    }

    public StartupException(String message, Throwable cause) {
        super(message, cause);
    }
}
