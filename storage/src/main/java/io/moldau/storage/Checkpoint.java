package io.moldau.storage;

import java.util.List;
import java.util.Map;

/// What is known to be on disk in a log directory, and where its journal matters. Kept in a [CheckpointFile].
///
/// @param clean the process that wrote it ended cleanly: nothing needs to be scanned or replayed
/// @param journal from where on the journal's entries count, one start for each generation, oldest first; the last one
///        is the writer's own
record Checkpoint(boolean clean, List<JournalStart> journal, Map<LogKey, Line> logs) {
    /// One run of the journal.
    record JournalStart(long generation, long position, long sequence) {}

    /// One log: everything below `recoveryPoint` is synced; it lies at `position` of segment `segmentBase`.
    ///
    /// @param sizeBytes of all its segments
    /// @param oldestMs the largest timestamp in the oldest segment, -1 if not known
    /// @param moves how often the log was moved to another directory
    record Line(
            PartitionId id,
            UuidBits topicId,
            long logStart,
            long recoveryPoint,
            long lastStable,
            long segmentBase,
            int position,
            long sizeBytes,
            long oldestMs,
            int moves,
            Epochs epochs) {
        LogKey key() {
            return new LogKey(topicId, id.partition());
        }

        Line moved(long newStart, Epochs newEpochs) {
            return new Line(
                    id,
                    topicId,
                    newStart,
                    recoveryPoint,
                    lastStable,
                    segmentBase,
                    position,
                    sizeBytes,
                    oldestMs,
                    moves,
                    newEpochs);
        }
    }

    static final Checkpoint NONE = new Checkpoint(true, List.of(), Map.of());

    /// The last writer's; 0 if there was none.
    long generation() {
        return journal.isEmpty() ? 0 : journal.getLast().generation();
    }
}
