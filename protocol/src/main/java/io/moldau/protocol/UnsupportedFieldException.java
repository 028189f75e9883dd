package io.moldau.protocol;

import org.jspecify.annotations.Nullable;

/// A message has a value that the version it is written in cannot carry, and that must not be dropped.
public final class UnsupportedFieldException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public UnsupportedFieldException(String field, short version) {
        super(field + " is set, but version " + version + " cannot carry it");
    }

    private UnsupportedFieldException(String message) {
        super(message);
    }

    /// For generated code: the value, which this version does not allow to be null.
    public static <T> T required(@Nullable T value, String field, short version) {
        if (value == null) {
            throw new UnsupportedFieldException(field + " is null, which version " + version + " does not allow");
        }
        return value;
    }
}
