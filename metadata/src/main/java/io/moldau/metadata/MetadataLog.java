package io.moldau.metadata;

import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;

/// Where the facts are kept: a lone node's file, or a quorum.
public interface MetadataLog extends AutoCloseable {
    /// Reads everything committed so far, group by group, in order. Called once, before the first append.
    void replay(Consumer<List<MetadataRecord>> consumer) throws IOException;

    /// Appends a group, whole or not at all; returns when it is committed (for a lone node: on disk).
    void append(List<MetadataRecord> records) throws IOException;

    /// Replaces everything by these records, which must replay to the same image. Crash-safe.
    void compact(List<MetadataRecord> snapshot) throws IOException;

    /// Groups appended since the last compaction.
    long length();

    @Override
    void close() throws IOException;
}
