package io.moldau.storage;

import io.moldau.environment.DiskFullException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Brings one log to the disk: bytes, names, producers.
///
/// One at a time, so that "nothing is dirty" means "it is synced". The lock comes before the log's monitor, and is
/// held while waiting for the disk; the monitor is not.
final class LogSync {
    /// What is to be done, as of `line`.
    ///
    /// @param snapshot of the producers, if they changed
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Work(
            Checkpoint.Line line,
            List<Segment> dirty,
            List<AbortedTransactions.Unsynced> aborted,
            boolean names,
            byte @Nullable [] snapshot) {}

    private final PartitionLog log;
    private final ReentrantLock lock = new ReentrantLock();
    private boolean snapshotWritten;
    private long snapshotOffset;
    private boolean metadataSynced;

    LogSync(PartitionLog log) {
        this.log = log;
    }

    /// Makes everything that was appended before the call durable in the segments; what a checkpoint says about it.
    Checkpoint.Line forCheckpoint() throws IOException {
        lock.lock();
        try {
            var work = take(true);
            if (!log.isDeleted()) {
                try {
                    run(work);
                    log.segmentList().writeActiveIndex();
                } catch (DiskFullException full) {
                    // The segments are synced; the snapshot and the names wait for the next time.
                    notSynced(work);
                    throw full;
                }
            }
            return work.line;
        } finally {
            lock.unlock();
        }
    }

    /// The same without a checkpoint that would say whose folder it is: so the folder says it.
    void withoutCheckpoint() throws IOException {
        lock.lock();
        try {
            var work = take(false);
            if (!log.isDeleted()) {
                if (work.names && !metadataSynced) {
                    PartitionMetadata.sync(log.directory().disk(), log.path());
                    metadataSynced = true;
                }
                run(work);
            }
        } finally {
            lock.unlock();
        }
    }

    /// Where the log is now, and what it takes to have that on disk.
    private Work take(boolean forCheckpoint) {
        synchronized (log) {
            if (forCheckpoint) {
                log.noted(false);
            }
            var segments = log.segmentList();
            var view = log.view();
            var resting = segments.resting();
            if (resting != null) {
                var moved = resting.moved(view.logStartOffset(), log.epochs());
                return new Work(moved, List.of(), List.of(), segments.takeNamesChanged(), null);
            }
            boolean none = segments.isEmpty();
            var line = new Checkpoint.Line(
                    log.id(),
                    log.topicId(),
                    view.logStartOffset(),
                    view.logEndOffset(),
                    log.producers.transactions().firstOpen(view.logEndOffset()),
                    none ? view.logEndOffset() : segments.active().baseOffset(),
                    none ? 0 : segments.active().sizeBytes(),
                    segments.sizeBytes(),
                    segments.oldestMs(),
                    log.moves(),
                    log.epochs());
            byte[] snapshot = forCheckpoint && log.producers.takeChanged() ? log.producers.snapshot() : null;
            List<AbortedTransactions.Unsynced> aborted = forCheckpoint ? segments.unsyncedAborted() : List.of();
            if (aborted.stream().anyMatch(AbortedTransactions.Unsynced::newFile)) {
                segments.namesChanged();
            }
            return new Work(line, segments.takeDirty(), aborted, segments.takeNamesChanged(), snapshot);
        }
    }

    /// Some of it could not be written.
    private void notSynced(Work work) {
        synchronized (log) {
            if (work.snapshot != null) {
                log.producers.touch();
            }
            if (work.names) {
                log.segmentList().namesChanged();
            }
            log.noted(true);
        }
    }

    private void run(Work work) throws IOException {
        var disk = log.directory().disk();
        for (var segment : work.dirty) {
            segment.sync();
            log.segmentList().synced(segment);
        }
        for (var one : work.aborted) {
            one.of().write(one);
        }
        if (work.snapshot != null) {
            Snapshots.write(disk, log.path(), work.line.recoveryPoint(), work.snapshot);
            snapshotWritten = true;
            snapshotOffset = work.line.recoveryPoint();
        } else if (work.names) {
            disk.syncDirectory(log.path());
        }
    }

    /// A checkpoint remembers the last snapshot: older ones may go.
    void forgetSnapshots() throws IOException {
        lock.lock();
        try {
            if (snapshotWritten && !log.isDeleted()) {
                snapshotWritten = false;
                Snapshots.deleteOlder(log.directory().disk(), log.path(), snapshotOffset);
            }
        } finally {
            lock.unlock();
        }
    }

    interface Task<T, X extends Exception> {
        T run() throws X;
    }

    /// Runs something that must not happen while files of the log are synced, cut, or given another folder.
    <T, X extends Exception> T exclusively(Task<T, X> task) throws X {
        lock.lock();
        try {
            return task.run();
        } finally {
            lock.unlock();
        }
    }
}
