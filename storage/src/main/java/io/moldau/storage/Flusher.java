package io.moldau.storage;

import io.moldau.environment.DiskFullException;
import io.moldau.environment.Loan;
import io.moldau.environment.Threads;
import io.moldau.environment.WakeUps;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Group commit: takes everything that was appended since the last group, makes it durable with one sync of the
/// journal, or of segments where that costs less ([SyncRule]), and says so. The next group gathers while this one is on
/// its way to the disk.
final class Flusher {
    private static final long RETRY_MS = 1000;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /// What one log has in the group that gathers.
    static final class Pending {
        final PartitionLog log;
        long bytes;
        long endOffset;
        boolean direct;

        Pending(PartitionLog log) {
            this.log = log;
        }
    }

    private final LogDirectory directory;
    private final LogDirectorySettings settings;
    private final Journal journal;
    private final Threads.Dedicated thread;
    private final SyncRule rule;
    private final Object queueLock = new Object();
    /// One group at a time is on its way to the disk.
    private final ReentrantLock flushLock = new ReentrantLock();
    private final JournalGroup.Buffers buffers = new JournalGroup.Buffers();
    private final WakeUps wakeUps = new WakeUps();
    private JournalGroup gathering;
    private boolean running;
    /// A group for which the disk has no room: nothing else is written before it.
    private volatile @Nullable JournalGroup stuck;
    private volatile long unsyncedBytes;

    Flusher(LogDirectory directory, LogDirectorySettings settings, Journal journal, Threads.Dedicated thread) {
        this.directory = directory;
        this.settings = settings;
        this.journal = journal;
        this.thread = thread;
        this.rule = new SyncRule(settings);
        this.gathering = newGroup();
    }

    private JournalGroup newGroup() {
        return new JournalGroup(buffers, (int) Math.min(JournalGroup.ENTRY_BYTES, rule.mostJournaledBytes()));
    }

    /// False if that many more bytes would be too many; always true if nothing waits.
    boolean hasRoomFor(int bytes) {
        long waiting = unsyncedBytes;
        return waiting == 0 || waiting + bytes <= settings.unsyncedBytes();
    }

    /// The batches' memory is the caller's again afterwards, or when nobody holds it any more.
    ///
    /// @param loan of the batches' memory; null if it cannot be held
    /// @param direct the log holds older bytes that were never journaled, so its segments must be synced
    void add(PartitionLog log, ByteBuffer batches, @Nullable Loan loan, long endOffset, boolean direct) {
        boolean idle;
        synchronized (queueLock) {
            var pending = log.pending();
            if (pending == null) {
                pending = new Pending(log);
                log.setPending(pending);
                gathering.logs().add(pending);
            }
            int size = batches.remaining();
            pending.bytes += size;
            pending.endOffset = endOffset;
            pending.direct |= direct || rule.prefersSegment(log, pending.bytes, gathering.journalBytes() + size);
            if (!pending.direct) {
                gathering.append(log, batches, loan);
            }
            unsyncedBytes += size;
            idle = !running;
            running = true;
        }
        if (idle) {
            thread.execute(this::drain);
        }
    }

    /// What the log's segments have up to there is to be synced: it was never journaled.
    void addSegments(PartitionLog log, long endOffset) {
        add(log, NOTHING, null, endOffset, true);
    }

    void add(JournalItem item) {
        add(List.of(item));
    }

    void add(List<JournalItem> many) {
        boolean idle;
        synchronized (queueLock) {
            many.forEach(gathering::add);
            idle = !running;
            running = true;
        }
        if (idle) {
            thread.execute(this::drain);
        }
    }

    /// When groups follow each other without a pause, whoever was just answered has hardly had time to send more:
    /// the event loops run first, and the next sync serves more of them. (64 connections with one small request
    /// each on 2 cores: 23 requests a sync instead of 12.)
    @SuppressWarnings("ThreadPriorityCheck")
    private void drain() {
        for (boolean first = true; ; first = false) {
            synchronized (queueLock) {
                if (stuck == null && gathering.isEmpty()) {
                    running = false;
                    return;
                }
            }
            if (!first) {
                Thread.yield();
            }
            if (!flushHoldingBack()) {
                directory.environment().timers().schedule(RETRY_MS, () -> thread.execute(this::drain));
                return;
            }
        }
    }

    /// Who was answered is woken when the group is through; or, if nobody waits for the next one, what he was to be
    /// woken for is done here.
    private boolean flushHoldingBack() {
        wakeUps.holdBack();
        try {
            return flushNow();
        } finally {
            wakeUps.give(isIdle());
        }
    }

    private boolean isIdle() {
        synchronized (queueLock) {
            return stuck == null && gathering.isEmpty();
        }
    }

    /// Makes everything durable that was added before the call; false if the disk is full: then it waits, and is tried
    /// again later. What of it is in the journal already will be there twice, which a replay passes over.
    boolean flushNow() {
        flushLock.lock();
        try {
            var waiting = stuck;
            if (waiting != null) {
                stuck = null;
                flush(waiting);
                if (stuck != null) {
                    return false;
                }
            }
            JournalGroup group;
            synchronized (queueLock) {
                group = gathering;
                if (group.isEmpty()) {
                    return true;
                }
                gathering = newGroup();
                for (var pending : group.logs()) {
                    pending.log.setPending(null);
                }
            }
            flush(group);
            return stuck == null;
        } finally {
            flushLock.unlock();
        }
    }

    private void flush(JournalGroup group) {
        try {
            if (directory.failure().isEmpty()) {
                write(group);
            }
        } catch (DiskFullException full) {
            directory.ranOut(full);
            stuck = group;
            return;
        } catch (IOException | RuntimeException | Error failure) {
            // Also when memory runs out: whoever waits must hear of it.
            directory.fail("writing the journal or a segment", failure);
        }
        boolean failed = directory.failure().isPresent();
        long bytes = 0;
        long direct = 0;
        for (var pending : group.logs()) {
            bytes += pending.bytes;
            direct += pending.direct ? pending.bytes : 0;
        }
        synchronized (queueLock) {
            unsyncedBytes -= bytes;
            buffers.giveBack(group.entries());
        }
        group.entries().forEach(JournalGroup.Entry::release);
        rule.flushed(group);
        for (var pending : group.logs()) {
            pending.log.flushed(pending.endOffset, !failed);
        }
        if (failed) {
            return;
        }
        if (direct > 0) {
            directory.checkpoints().syncedInSegments(direct);
        }
        if (journal.isHalfFull()) {
            directory.checkpointSoon();
            if (!directory.room().isOut() && journal.wantsToGrow()) {
                directory.environment().threads().blocking().execute(this::growJournal);
            }
        }
    }

    private void growJournal() {
        try {
            journal.growAhead();
        } catch (IOException failed) {
            // Not needed yet: whoever needs it will meet the same failure.
            return;
        }
    }

    private void write(JournalGroup group) throws IOException {
        for (var entry : group.entries()) {
            emit(entry);
        }
        if (!group.entries().isEmpty()) {
            journal.sync();
        }
        boolean direct = false;
        for (var pending : group.logs()) {
            if (pending.direct) {
                direct = true;
                pending.log.syncSegments();
            }
        }
        if (direct) {
            directory.syncNames();
        }
    }

    private void emit(JournalGroup.Entry entry) throws IOException {
        if (!journal.write(entry)) {
            // All of the journal counts: free it the hard way. A group is far smaller than the journal.
            directory.checkpoint(false);
            if (!journal.write(entry)) {
                if (directory.room().isOut()) {
                    throw new DiskFullException(directory.path(), new IOException("no room for a checkpoint"));
                }
                throw new IOException("the journal is full after a checkpoint");
            }
        }
    }

    void close() {
        thread.close();
    }
}
