package io.moldau.storage;

import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A log and the one in another directory that is about to take its place. From [#begin] on whatever is appended goes
/// into both, and nothing more is called durable:
/// 1. the old log answers for the partition, whatever crash comes;
/// 2. a checkpoint of the new directory names the new log: it answers from then on, being the one of the two that was
///    moved more often, and has everything that was ever acknowledged;
/// 3. the new one takes the old one's place, and what it has is called durable as it becomes so there.
///
/// If 2 fails, a checkpoint of the old directory counts the old log as moved once more, in case that the new one was
/// written down after all; only then is anything acknowledged again.
///
/// The old log's monitor comes before the new one's.
final class Succession {
    private final PartitionLog old;
    private final PartitionLog next;
    private volatile @Nullable String broken;
    private @Nullable MoveNote note;

    Succession(PartitionLog old, PartitionLog next) {
        this.old = old;
        this.next = next;
    }

    /// Called by the owner of the log: copies what is left, little, and binds both together.
    void begin(FutureLog future) throws IOException {
        synchronized (old) {
            synchronized (next) {
                future.complete(next);
                takeOverState();
            }
            old.writer().succession(this);
            old.ends().hold();
        }
    }

    private void takeOverState() throws IOException {
        next.producers.load(old.producers.snapshot());
        next.producers.touch();
        next.producers.transactions().takeOver(old.producers.transactions());
        next.publishStable();
        next.epochs(old.epochs());
        // From here on a checkpoint may name it.
        next.trim().takeOver(old.ends().start());
    }

    /// The old log appended this. Under its monitor.
    void follow(List<RecordBatch> batches, int sizeBytes) {
        if (broken != null) {
            return;
        }
        var noRoom = next.directory().room().refusal(sizeBytes, AppendOrigin.REPLICATION);
        try {
            if (noRoom != null) {
                throw new IOException(noRoom);
            }
            synchronized (next) {
                next.writer().follow(batches, sizeBytes);
            }
        } catch (IOException | RuntimeException failed) {
            broken = String.valueOf(failed.getMessage());
        }
    }

    /// Writes the new log down; slow. Whether it was, is not known after a failure.
    void commit() throws IOException {
        note = MoveNote.write(old, next.directory());
        boolean written = next.directory().checkpoint(false);
        var problem = broken;
        if (problem != null) {
            throw new IOException(problem);
        }
        if (!written || next.isDeleted()) {
            throw new IOException(next.directory()
                    .failure()
                    .orElse("a checkpoint in " + next.directory().path() + " could not be written"));
        }
        PartitionMetadata.write(next.directory().disk(), next.path(), next.topicId());
    }

    /// Called by the owner of the log: false if the new one cannot take its place.
    boolean finish(LogMoves.Owner owner) throws IOException {
        synchronized (old) {
            synchronized (next) {
                if (broken != null || old.isDeleted() || next.isDeleted()) {
                    return false;
                }
                next.updateSettings(old.settings());
                next.epochs(old.epochs());
                next.advanceLogStartTo(old.ends().start());
                if (!owner.replace(old, next)) {
                    return false;
                }
                old.writer().succession(null);
                next.move(null);
                next.compaction().end();
                next.writer().settle(next.compaction().checkpointedPoint());
                return true;
            }
        }
    }

    /// The old log stays. False if that cannot be written down now; then nothing is acknowledged as yet.
    boolean fence() {
        synchronized (old) {
            old.writer().succession(null);
            old.moves(next.moves() + 1);
            old.note();
        }
        return old.directory().checkpoint(false);
    }

    /// What became durable in the old log counts.
    void release() {
        old.ends().release();
    }

    /// It is settled which of the two is right.
    void forget() throws IOException {
        var written = note;
        if (written != null) {
            written.remove();
        }
    }
}
