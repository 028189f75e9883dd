package io.moldau.broker.settings;

/// A setting that cannot be used. The message is one sentence for the person who wrote it.
public final class SettingsException extends RuntimeException {
    public SettingsException(String message) {
        super(message);
    }
}
