package io.moldau.storage;

/// How one log directory is run.
///
/// @param journalBytes most the shared journal may take on disk
/// @param journalFirstBytes what a new journal starts with; it grows by doubling
/// @param unsyncedBytes bytes that may wait for the flusher; beyond it appends are refused as busy
/// @param tailBytes recent batches of all logs kept in memory for readers
/// @param directSyncBytes from this many bytes of one log in a group its segment is synced instead of journaled
/// @param producerExpiryMs idle producers are forgotten after this long
public record LogDirectorySettings(
        long journalBytes,
        long journalFirstBytes,
        long unsyncedBytes,
        long tailBytes,
        int directSyncBytes,
        long producerExpiryMs) {
    public static final LogDirectorySettings DEFAULTS =
            new LogDirectorySettings(64L << 20, 1L << 20, 64L << 20, 8L << 20, 256 << 10, 24L * 3600 * 1000);
}
