package io.moldau.storage;

import io.moldau.environment.DiskFullException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/// When and how a directory's checkpoints are written: they sync what changed since the last one, write it down, and
/// free the journal before it.
final class Checkpoints {
    /// Syncs of many files side by side: one after the other each would wait for a commit of its own.
    private static final int SYNCS_AT_ONCE = 8;

    private record Discarded(PartitionLog log, List<Segment> segments, long delayMs) {}

    /// Bytes behind the last checkpoint that are in segments only: a start after a crash reads all of them. So one is
    /// written when there are many.
    private final class Unjournaled {
        private final AtomicLong bytes = new AtomicLong();
        private final long limit;

        Unjournaled(long limit) {
            this.limit = limit;
        }

        void add(long more) {
            if (bytes.addAndGet(more) >= limit) {
                soon();
            }
        }

        void begin() {
            bytes.set(0);
        }
    }

    private final LogDirectory directory;
    private final Journal journal;
    private final CheckpointFile file;
    private final ReentrantLock lock = new ReentrantLock();
    private final Unjournaled synced;
    private final Unjournaled unsynced;
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final AtomicBoolean namesChanged = new AtomicBoolean();
    // Guarded by this.
    private Set<PartitionLog> noted = new LinkedHashSet<>();
    private List<LogKey> removed = new ArrayList<>();
    private List<Discarded> discarded = new ArrayList<>();
    private boolean ended;
    /// Before that nothing is written: recovery is not through, and a checkpoint would free the journal that it reads.
    private boolean begun;

    Checkpoints(LogDirectory directory, Journal journal, Checkpoint last) {
        this.directory = directory;
        this.journal = journal;
        this.file = new CheckpointFile(directory.environment().disk(), directory.path(), last);
        // A checkpoint syncs the latter itself, which is what it costs.
        this.synced = new Unjournaled(directory.settings().journalBytes() / 2);
        this.unsynced = new Unjournaled(16 * directory.settings().journalBytes());
    }

    synchronized void note(PartitionLog log) {
        noted.add(log);
    }

    synchronized void removed(LogKey key) {
        removed.add(key);
    }

    synchronized void discard(PartitionLog log, List<Segment> segments, long delayMs) {
        discarded.add(new Discarded(log, List.copyOf(segments), delayMs));
    }

    void namesChanged() {
        namesChanged.set(true);
    }

    void syncNames() throws IOException {
        if (namesChanged.getAndSet(false)) {
            directory.disk().syncDirectory(directory.path());
        }
    }

    /// The first word of a new process, before anything else is written. What the journal holds of an unclean end
    /// stays in force, so nothing need be synced now but the journal itself and `unsynced`: bytes in the segments
    /// that it does not have, and tails that were cut. The rest follows in the background.
    void begin(Checkpoint last, Journal.Mark end, Collection<PartitionLog> unsynced) throws IOException {
        lock.lock();
        try {
            beginLocked(last, end, unsynced);
        } finally {
            lock.unlock();
        }
        if (!last.clean()) {
            soon();
        }
    }

    private void beginLocked(Checkpoint last, Journal.Mark end, Collection<PartitionLog> unsynced) throws IOException {
        journal.syncLive();
        if (!last.clean()) {
            // Folders of the process before, whose names it may not have lived to sync.
            namesChanged();
        }
        sync(unsynced, log -> log.syncSegments());
        syncNames();
        var starts = new ArrayList<Checkpoint.JournalStart>();
        if (!last.clean()) {
            starts.addAll(last.journal());
        }
        starts.add(new Checkpoint.JournalStart(journal.generation(), end.position(), end.sequence()));
        file.write(false, starts, List.of(), List.of());
        begun = true;
    }

    /// So much was synced in segments instead of in the journal.
    void syncedInSegments(long bytes) {
        synced.add(bytes);
    }

    /// So much was appended that waits for no sync.
    void unsynced(int bytes) {
        unsynced.add(bytes);
    }

    void soon() {
        if (scheduled.compareAndSet(false, true)) {
            directory.environment().threads().blocking().execute(() -> write(false));
        }
    }

    /// Syncs every segment that has unsynced bytes and writes down how far that is; the journal before it is free then.
    /// False if that failed.
    boolean write(boolean clean) {
        lock.lock();
        try {
            scheduled.set(false);
            if (begun && !ended && directory.failure().isEmpty()) {
                writeLocked(clean);
                return true;
            }
        } catch (DiskFullException full) {
            directory.ranOut(full);
        } catch (IOException | RuntimeException failed) {
            directory.fail("a checkpoint", failed);
        } finally {
            lock.unlock();
        }
        return false;
    }

    private void writeLocked(boolean clean) throws IOException {
        // 1. Where the journal is. 2. Sync what was appended before that. 3. Write it down. 4. Free the journal.
        var mark = journal.head();
        synced.begin();
        unsynced.begin();
        Set<PartitionLog> changed;
        List<LogKey> gone;
        List<Discarded> going;
        synchronized (this) {
            if (!clean && noted.isEmpty() && removed.isEmpty() && discarded.isEmpty() && journal.liveBytes() == 0) {
                return;
            }
            changed = noted;
            noted = new LinkedHashSet<>();
            gone = removed;
            removed = new ArrayList<>();
            going = discarded;
            discarded = new ArrayList<>();
        }
        var lines = new ConcurrentLinkedQueue<Checkpoint.Line>();
        try {
            sync(changed, log -> {
                var line = log.syncDirty();
                if (!log.isDeleted()) {
                    lines.add(line);
                }
            });
            syncNames();
            // A log that left the directory and came back is not gone.
            gone.removeIf(key -> lines.stream().anyMatch(line -> line.key().equals(key)));
            var start = new Checkpoint.JournalStart(journal.generation(), mark.position(), mark.sequence());
            file.write(clean, List.of(start), lines, gone);
        } catch (IOException failed) {
            // Nothing was written down: the next checkpoint says it.
            synchronized (this) {
                noted.addAll(changed);
                removed.addAll(gone);
                discarded.addAll(going);
            }
            throw failed;
        }
        journal.release(mark);
        directory.files().trim();
        for (var line : lines) {
            var log = directory.log(line.id());
            if (log.isPresent() && log.get().topicId().equals(line.topicId())) {
                log.get().checkpointed(line.recoveryPoint());
            }
        }
        for (var files : going) {
            directory.removals().later(files.delayMs, () -> files.log.deleteFiles(files.segments));
        }
    }

    private interface Sync {
        void of(PartitionLog log) throws IOException;
    }

    private void sync(Collection<PartitionLog> logs, Sync sync) throws IOException {
        var failures = new ConcurrentLinkedQueue<Exception>();
        directory.environment().threads().each(SYNCS_AT_ONCE, logs, log -> {
            try {
                if (failures.isEmpty()) {
                    sync.of(log);
                }
            } catch (IOException | RuntimeException failed) {
                failures.add(failed);
            }
        });
        Exception full = null;
        for (var failure : failures) {
            if (!(failure instanceof DiskFullException)) {
                throw new IOException("syncing a log: " + failure.getMessage(), failure);
            }
            full = failure;
        }
        if (full instanceof DiskFullException known) {
            throw known;
        }
    }

    /// No checkpoint after this; false if that was said before.
    boolean end() throws IOException {
        lock.lock();
        try {
            if (ended) {
                return false;
            }
            ended = true;
            file.close();
            return true;
        } finally {
            lock.unlock();
        }
    }
}
