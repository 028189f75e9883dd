package io.moldau.protocol.generator;

/// A schema says something the generator does not understand.
public final class SchemaException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public SchemaException(String message) {
        super(message);
    }

    public SchemaException(String message, Throwable cause) {
        super(message, cause);
    }

    /// The same, said of a part of `where`: a file, a message, a field.
    SchemaException in(String where) {
        return new SchemaException(where + ": " + getMessage(), this);
    }
}
