package io.moldau.storage;

import io.moldau.environment.Environment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;

/// A directory of logs, locked by this process.
@SuppressWarnings({"DoNotCallSuggester", "UnusedVariable"})
public final class LogDirectory implements AutoCloseable {
    LogDirectory() {}

    private static UnsupportedOperationException soon() {
        return new UnsupportedOperationException();
    }
    /// Locks and recovers. Every log gets [LogSettings#DEFAULTS] until its settings are updated.
    public static LogDirectory open(Environment environment, Path directory, LogDirectorySettings settings)
            throws IOException {
        throw soon();
    }

    public RecoveryReport recovery() {
        throw soon();
    }

    public Path path() {
        throw soon();
    }

    public PartitionLog create(PartitionId id, UuidBits topicId, LogSettings settings) throws IOException {
        throw soon();
    }

    public Optional<PartitionLog> log(PartitionId id) {
        throw soon();
    }

    public Collection<PartitionLog> logs() {
        throw soon();
    }

    public void delete(PartitionLog log) throws IOException {
        throw soon();
    }
    /// Applies retention now; locks each log against its owner for a moment.
    public void retain() {
        throw soon();
    }

    public long usableBytes() throws IOException {
        throw soon();
    }
    /// Why this directory takes no more appends, if so.
    public Optional<String> failure() {
        throw soon();
    }

    @Override
    public void close() throws IOException {
        throw soon();
    }
}
