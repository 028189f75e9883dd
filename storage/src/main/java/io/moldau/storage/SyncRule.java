package io.moldau.storage;

import org.jspecify.annotations.Nullable;

/// Journal or segment: what of a group is journaled, and which logs have their segments synced instead (decision 9).
///
/// A journal writes each byte twice. A sync of a segment costs the file system a commit, which is the lesser cost for a
/// log with many bytes in a group; with fewer if it has the group to itself, because the journal's sync is spared
/// then. Who will be in a group is known too late: the one before tells.
final class SyncRule {
    private static final int SPARED = 8;

    private final int directBytes;
    private final long mostJournaledBytes;
    private volatile @Nullable PartitionLog alone;

    SyncRule(LogDirectorySettings settings) {
        directBytes = settings.directSyncBytes();
        mostJournaledBytes = settings.journalBytes() / 4;
    }

    /// The journal's share for one group.
    long mostJournaledBytes() {
        return mostJournaledBytes;
    }

    /// True if the segments of a log are synced that has so many bytes in a group whose journal entries will be so
    /// large.
    boolean prefersSegment(PartitionLog log, long bytes, long journalBytes) {
        return log.equals(alone) || bytes > directBytes || journalBytes > mostJournaledBytes;
    }

    void flushed(JournalGroup group) {
        var logs = group.logs();
        alone = logs.size() == 1 && logs.getFirst().bytes >= directBytes / SPARED ? logs.getFirst().log : null;
    }
}
