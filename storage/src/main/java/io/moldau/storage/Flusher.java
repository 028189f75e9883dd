package io.moldau.storage;

import io.moldau.environment.DiskFullException;
import io.moldau.environment.Threads;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/// Group commit: takes everything that was appended since the last group, makes it durable with one sync of the
/// journal, and says so. The next group gathers while this one is on its way to the disk.
///
/// Cost rule: a journal writes each byte twice, so a log with many bytes in a group
/// ([LogDirectorySettings#directSyncBytes]) has its segment synced instead.
final class Flusher {
    private static final int ENTRY_BYTES = 1 << 20;
    private static final long RETRY_MS = 1000;

    /// What one log has in the group that gathers.
    static final class Pending {
        final PartitionLog log;
        final List<ByteBuffer> batches = new ArrayList<>();
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
    private final Object queueLock = new Object();
    /// One group at a time is on its way to the disk.
    private final ReentrantLock flushLock = new ReentrantLock();
    private List<Pending> logs = new ArrayList<>();
    private List<JournalItem> items = new ArrayList<>();
    private boolean running;
    /// The disk is full, a group waits for room.
    private boolean stalled;
    private volatile long unsyncedBytes;
    private ByteBuffer entry = ByteBuffer.allocateDirect(64 * 1024);

    Flusher(LogDirectory directory, LogDirectorySettings settings, Journal journal, Threads.Dedicated thread) {
        this.directory = directory;
        this.settings = settings;
        this.journal = journal;
        this.thread = thread;
    }

    /// False if that many more bytes would be too many; always true if nothing waits.
    boolean hasRoomFor(int bytes) {
        long waiting = unsyncedBytes;
        return waiting == 0 || waiting + bytes <= settings.unsyncedBytes();
    }

    /// @param direct the log holds older bytes that were never journaled, so its segments must be synced
    void add(PartitionLog log, ByteBuffer batches, long endOffset, boolean direct) {
        synchronized (queueLock) {
            var pending = log.pending();
            if (pending == null) {
                pending = new Pending(log);
                log.setPending(pending);
                logs.add(pending);
            }
            int size = batches.remaining();
            pending.bytes += size;
            pending.direct |= direct || pending.bytes > settings.directSyncBytes();
            if (pending.direct) {
                pending.batches.clear();
            } else {
                pending.batches.add(batches);
            }
            pending.endOffset = endOffset;
            unsyncedBytes += size;
        }
        wake();
    }

    void add(JournalItem item) {
        add(List.of(item));
    }

    void add(List<JournalItem> many) {
        synchronized (queueLock) {
            items.addAll(many);
        }
        wake();
    }

    private void wake() {
        synchronized (queueLock) {
            if (running || stalled) {
                return;
            }
            running = true;
        }
        thread.execute(this::drain);
    }

    private void drain() {
        while (true) {
            synchronized (queueLock) {
                if (stalled || (logs.isEmpty() && items.isEmpty())) {
                    running = false;
                    return;
                }
            }
            flushNow();
        }
    }

    /// Makes everything durable that was added before the call; false if the disk is full.
    boolean flushNow() {
        flushLock.lock();
        try {
            List<Pending> groupLogs;
            List<JournalItem> groupItems;
            synchronized (queueLock) {
                groupLogs = logs;
                groupItems = items;
                logs = new ArrayList<>();
                items = new ArrayList<>();
                for (var pending : groupLogs) {
                    pending.log.setPending(null);
                }
            }
            if (!groupLogs.isEmpty() || !groupItems.isEmpty()) {
                return flush(groupLogs, groupItems);
            }
            return true;
        } finally {
            flushLock.unlock();
        }
    }

    private boolean flush(List<Pending> groupLogs, List<JournalItem> groupItems) {
        try {
            if (directory.failure().isEmpty()) {
                write(groupLogs, groupItems);
            }
        } catch (DiskFullException full) {
            directory.ranOut(full);
            stall(groupLogs, groupItems);
            return false;
        } catch (IOException | RuntimeException | Error failure) {
            // Also when memory runs out: whoever waits must hear of it.
            directory.fail("writing the journal or a segment", failure);
        }
        boolean failed = directory.failure().isPresent();
        long bytes = 0;
        for (var pending : groupLogs) {
            bytes += pending.bytes;
        }
        synchronized (queueLock) {
            unsyncedBytes -= bytes;
        }
        for (var pending : groupLogs) {
            pending.log.flushed(pending.endOffset, !failed);
        }
        if (!failed && journal.liveBytes() > settings.journalBytes() / 2) {
            directory.checkpointSoon();
        }
        return !failed;
    }

    /// Puts a group back to where it was, to be written when there is room. What of it is in the journal already will
    /// be there twice, which a replay passes over.
    private void stall(List<Pending> groupLogs, List<JournalItem> groupItems) {
        synchronized (queueLock) {
            items.addAll(0, groupItems);
            for (var pending : groupLogs) {
                var later = pending.log.pending();
                if (later == null) {
                    pending.log.setPending(pending);
                    logs.add(pending);
                    continue;
                }
                later.bytes += pending.bytes;
                later.direct |= pending.direct;
                if (later.direct) {
                    later.batches.clear();
                } else {
                    later.batches.addAll(0, pending.batches);
                }
            }
            if (stalled) {
                return;
            }
            stalled = true;
        }
        directory.environment().timers().schedule(RETRY_MS, () -> {
            synchronized (queueLock) {
                stalled = false;
            }
            wake();
        });
    }

    private void write(List<Pending> groupLogs, List<JournalItem> groupItems) throws IOException {
        entry.clear().position(Journal.HEADER_BYTES);
        boolean journaled = false;
        for (var item : groupItems) {
            journaled |= true;
            put(item);
        }
        long total = 0;
        for (var pending : groupLogs) {
            total += pending.bytes;
            if (pending.direct || total > settings.journalBytes() / 4) {
                pending.direct = true;
                continue;
            }
            for (var batches : pending.batches) {
                journaled = true;
                put(new JournalItem.Append(
                        pending.log.topicId(), pending.log.id().partition(), batches));
            }
        }
        if (journaled) {
            emit();
            journal.sync();
        }
        boolean direct = false;
        for (var pending : groupLogs) {
            if (pending.direct) {
                direct = true;
                pending.log.syncSegments();
            }
        }
        if (direct) {
            directory.syncNames();
        }
    }

    private void put(JournalItem item) throws IOException {
        int size = JournalItem.HEADER_BYTES + item.bodyBytes();
        long limit = Math.min(ENTRY_BYTES, settings.journalBytes() / 4);
        if (entry.position() > Journal.HEADER_BYTES && entry.position() + (long) size > limit) {
            emit();
        }
        if (entry.remaining() < size) {
            var larger = ByteBuffer.allocateDirect(Math.max(entry.position() + size, entry.capacity() * 2));
            larger.put(entry.flip());
            entry = larger;
        }
        item.write(entry);
    }

    private void emit() throws IOException {
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
        entry.clear().position(Journal.HEADER_BYTES);
    }

    void close() {
        thread.close();
    }
}
