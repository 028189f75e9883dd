package io.moldau.storage;

import io.moldau.records.RecordBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// The newest batches of all logs of a directory, in memory within one bound: what consumers at the end of a log ask
/// for needs no file. The oldest batch goes first, whichever log it is of. Large batches are left to the page cache,
/// and so are logs that nobody reads: a copy is worth its cost where it spares a reader a look into the file.
final class TailCache {
    private static final int MOST_BYTES = 32 << 10;

    /// A batch in memory until `bytes` is taken away.
    static final class Entry {
        final long baseOffset;
        final long lastOffset;
        final int sizeBytes;
        volatile @Nullable ByteBuffer bytes;
        volatile @Nullable Entry next;

        Entry(RecordBatch batch) {
            baseOffset = batch.baseOffset();
            lastOffset = batch.lastOffset();
            sizeBytes = batch.sizeBytes();
            bytes = ByteBuffer.allocate(sizeBytes).put(batch.buffer()).flip();
        }
    }

    /// One log's part, a linked list from old to new: the owner adds, anybody reads.
    static final class Tail {
        private static final int MAX_ENTRIES = 256;
        private static final int UNREAD_ENTRIES = 256;
        /// Batches that may still be added before somebody reads again.
        private volatile int wanted;
        private volatile @Nullable Entry oldest;
        private @Nullable Entry newest;
        private int entries;

        void clear() {
            oldest = null;
            newest = null;
            entries = 0;
        }

        /// Batches below an offset are read from the files from now on.
        void forgetBelow(long offset) {
            var first = oldest;
            while (first != null && first.baseOffset < offset) {
                first = first.next;
                entries--;
            }
            if (first == null) {
                clear();
            } else {
                oldest = first;
            }
        }

        /// Batches from the one that holds `fromOffset` on; null if memory does not hold it.
        @Nullable
        List<ByteBuffer> read(long fromOffset, int maxBytes, long belowOffset, boolean atLeastOne) {
            if (wanted != UNREAD_ENTRIES) {
                wanted = UNREAD_ENTRIES;
            }
            var entry = oldest;
            if (entry == null || entry.baseOffset > fromOffset) {
                return null;
            }
            while (entry != null && entry.lastOffset < fromOffset) {
                entry = entry.next;
            }
            if (entry == null) {
                return null;
            }
            var found = new ArrayList<ByteBuffer>();
            long size = 0;
            while (entry != null && entry.lastOffset < belowOffset) {
                size += entry.sizeBytes;
                if (size > maxBytes && !(atLeastOne && found.isEmpty())) {
                    break;
                }
                var bytes = entry.bytes;
                if (bytes == null) {
                    return null;
                }
                found.add(bytes.duplicate());
                entry = entry.next;
            }
            return found;
        }
    }

    private final long limitBytes;
    private final AtomicLong bytes = new AtomicLong();
    private final ConcurrentLinkedQueue<Entry> all = new ConcurrentLinkedQueue<>();

    TailCache(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    void add(Tail tail, RecordBatch batch) {
        int left = tail.wanted;
        if (left == 0 || batch.sizeBytes() > Math.min(MOST_BYTES, limitBytes / 4)) {
            tail.clear();
            return;
        }
        tail.wanted = left - 1;
        var entry = new Entry(batch);
        var newest = tail.newest;
        if (newest == null || newest.lastOffset + 1 != entry.baseOffset) {
            tail.oldest = entry;
            tail.entries = 0;
        } else {
            newest.next = entry;
        }
        tail.newest = entry;
        tail.entries++;
        var oldest = tail.oldest;
        while (oldest != null && oldest != entry && (oldest.bytes == null || tail.entries > Tail.MAX_ENTRIES)) {
            var gone = oldest;
            oldest = gone.next;
            tail.oldest = oldest;
            tail.entries--;
            // An entry that died old would keep all its successors from dying young.
            gone.next = null;
        }
        all.add(entry);
        bytes.addAndGet(entry.sizeBytes);
        while (bytes.get() > limitBytes) {
            var victim = all.poll();
            if (victim == null) {
                return;
            }
            victim.bytes = null;
            bytes.addAndGet(-victim.sizeBytes);
        }
    }
}
