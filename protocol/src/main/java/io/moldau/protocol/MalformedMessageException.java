package io.moldau.protocol;

/// Bytes that are not the message they should be; the text says where they go wrong.
public final class MalformedMessageException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public MalformedMessageException(String message) {
        super(message);
    }
}
