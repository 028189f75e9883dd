package io.moldau.storage;

/// How one log directory is run.
///
/// @param journalBytes most the shared journal may take on disk; a sixteenth of a small volume
/// @param journalFirstBytes what a new journal starts with; it doubles when it is half full before a checkpoint came
/// @param unsyncedBytes bytes that may wait for the flusher; beyond it appends are refused as busy
/// @param tailBytes recent batches of all logs kept in memory for readers
/// @param directSyncBytes from this many bytes of one log in a group its segment is synced instead of journaled
/// @param producerExpiryMs idle producers are forgotten after this long
/// @param reserveBytes producers are refused when less than this is free; -1 derives it from the size of the volume
/// @param openFiles segment files open at once, if no more have unsynced bytes
public record LogDirectorySettings(
        long journalBytes,
        long journalFirstBytes,
        long unsyncedBytes,
        long tailBytes,
        int directSyncBytes,
        long producerExpiryMs,
        long reserveBytes,
        int openFiles) {
    private static final int OPEN_FILES = 1000;
    private static final long LEAST_JOURNAL_BYTES = 1L << 20;

    public static final LogDirectorySettings DEFAULTS =
            new LogDirectorySettings(256L << 20, 1L << 20, 64L << 20, 2L << 20, 2 << 20, 24L * 3600 * 1000);

    public LogDirectorySettings(
            long journalBytes,
            long journalFirstBytes,
            long unsyncedBytes,
            long tailBytes,
            int directSyncBytes,
            long producerExpiryMs) {
        this(
                journalBytes,
                journalFirstBytes,
                unsyncedBytes,
                tailBytes,
                directSyncBytes,
                producerExpiryMs,
                -1,
                OPEN_FILES);
    }

    public LogDirectorySettings withReserveBytes(long bytes) {
        return new LogDirectorySettings(
                journalBytes,
                journalFirstBytes,
                unsyncedBytes,
                tailBytes,
                directSyncBytes,
                producerExpiryMs,
                bytes,
                openFiles);
    }

    LogDirectorySettings withOpenFiles(int files) {
        return new LogDirectorySettings(
                journalBytes,
                journalFirstBytes,
                unsyncedBytes,
                tailBytes,
                directSyncBytes,
                producerExpiryMs,
                reserveBytes,
                files);
    }

    /// The same for a volume of this size.
    LogDirectorySettings onVolumeOf(long totalBytes) {
        long journal = Math.min(journalBytes, Math.max(LEAST_JOURNAL_BYTES, totalBytes / 16));
        return new LogDirectorySettings(
                journal,
                journalFirstBytes,
                unsyncedBytes,
                tailBytes,
                directSyncBytes,
                producerExpiryMs,
                reserveBytes,
                openFiles);
    }
}
