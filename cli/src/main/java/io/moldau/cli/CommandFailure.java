package io.moldau.cli;

/// A command could not do what it was asked to; the message is for the person who asked.
final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CommandFailure(String message) {
        super(message, null, false, false);
    }
}
