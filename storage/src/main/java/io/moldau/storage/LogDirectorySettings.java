package io.moldau.storage;

import java.util.function.Consumer;

/// How one log directory is run.
///
/// @param journalBytes most the shared journal may take on disk; a sixteenth of a small volume
/// @param journalFirstBytes what a new journal starts with; it doubles when it is half full before a checkpoint came
/// @param unsyncedBytes bytes that may wait for the flusher; beyond it appends are refused as busy
/// @param tailBytes recent batches of all logs kept in memory for readers
/// @param directSyncBytes a log with more bytes than this in a group has its segment synced instead of journaled
/// @param producerExpiryMs idle producers are forgotten after this long
/// @param reserveBytes producers are refused when less than this is free; -1 derives it from the size of the volume
/// @param openFiles segment files open at once; up to twice as many while they have unsynced bytes
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
    private static final int LEAST_OPEN_FILES = 16;
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

    /// These settings with some of them changed.
    public LogDirectorySettings with(Consumer<Change> change) {
        var changed = new Change(this);
        change.accept(changed);
        return new LogDirectorySettings(
                changed.journalBytes,
                journalFirstBytes,
                unsyncedBytes,
                tailBytes,
                changed.directSyncBytes,
                producerExpiryMs,
                changed.reserveBytes,
                changed.openFiles);
    }

    /// The same for a volume of this size, in a process that may have so many files open: an eighth of them is for the
    /// segments of one directory, and twice that while they are unsynced.
    LogDirectorySettings onVolumeOf(long totalBytes, long mostOpenFiles) {
        return with(it -> it.journalBytes(Math.min(journalBytes, Math.max(LEAST_JOURNAL_BYTES, totalBytes / 16)))
                .openFiles((int) Math.min(openFiles, Math.max(LEAST_OPEN_FILES, mostOpenFiles / 8))));
    }

    /// What [#with] may change.
    public static final class Change {
        private long journalBytes;
        private int directSyncBytes;
        private long reserveBytes;
        private int openFiles;

        private Change(LogDirectorySettings from) {
            journalBytes = from.journalBytes;
            directSyncBytes = from.directSyncBytes;
            reserveBytes = from.reserveBytes;
            openFiles = from.openFiles;
        }

        public Change journalBytes(long bytes) {
            journalBytes = bytes;
            return this;
        }

        public Change directSyncBytes(int bytes) {
            directSyncBytes = bytes;
            return this;
        }

        public Change reserveBytes(long bytes) {
            reserveBytes = bytes;
            return this;
        }

        public Change openFiles(int files) {
            openFiles = files;
            return this;
        }
    }
}
