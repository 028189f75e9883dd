package io.moldau.storage;

import io.moldau.environment.Disk;
import io.moldau.environment.Loan;
import io.moldau.records.RecordBatch;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What gathers until the next sync: journal entries, filled as things happen, and the logs that wait for it. Small
/// batches are copied; of large ones in lent memory the blocks stay where they are, and are written from there. Filled
/// under the flusher's queue lock, written by the flusher alone.
final class JournalGroup {
    /// Entries of this size are written with one call each. Larger ones exist, for larger batches.
    static final int ENTRY_BYTES = 1 << 20;

    private static final int FIRST_BYTES = 64 << 10;
    /// Of a batch with fewer bytes in whole blocks, these are copied too.
    static final int LEAST_APART_BYTES = 2 * Journal.PAGE_BYTES;

    /// What is written with one call and read back whole or not at all.
    static final class Entry {
        /// Room for the header, then items.
        private ByteBuffer items;
        /// Blocks of memory that is held until the entry is written.
        private final List<ByteBuffer> apart = new ArrayList<>();
        private final List<Loan> loans = new ArrayList<>();
        private int apartBytes;

        private Entry(ByteBuffer items) {
            this.items = items;
        }

        private void addApart(ByteBuffer blocks, Loan loan) {
            loan.hold();
            loans.add(loan);
            apart.add(blocks);
            apartBytes += blocks.remaining();
        }

        private int usedBytes() {
            return items.position() + apartBytes;
        }

        /// In the journal.
        long sizeBytes() {
            return Journal.pages(items.position()) + apartBytes;
        }

        ByteBuffer items() {
            return items;
        }

        /// All of it, each piece in whole pages: the kernel would have to read a page of which a part is written.
        ByteBuffer[] complete(long generation, long sequence) {
            int end = items.position();
            new JournalEntry.Header(generation, sequence, end - JournalEntry.HEADER_BYTES, apartBytes).write(items);
            var pieces = new ByteBuffer[1 + apart.size()];
            for (int i = 0; i < apart.size(); i++) {
                pieces[1 + i] = apart.get(i).duplicate();
            }
            items.putInt(4, JournalEntry.checksum(items.duplicate().limit(end).position(JournalEntry.CHECKED_FROM)));
            pieces[0] = items.duplicate().limit((int) Journal.pages(end)).position(0);
            return pieces;
        }

        void release() {
            loans.forEach(Loan::release);
            loans.clear();
            apart.clear();
        }
    }

    /// Buffers that were written and may be filled again. Under the flusher's queue lock.
    static final class Buffers {
        private static final int MOST_FREE = 8;

        private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>();

        /// @param most how many bytes it is to be filled with at most, if it has room for more than `bytes`
        private ByteBuffer take(int bytes, int most) {
            var known = free.peek();
            var buffer = known != null && known.capacity() >= bytes ? free.remove() : Disk.blocks(bytes);
            int limit = Math.min(buffer.capacity(), Math.max(bytes, most));
            return buffer.clear().limit(limit).position(JournalEntry.HEADER_BYTES);
        }

        void giveBack(List<Entry> written) {
            for (var entry : written) {
                if (entry.items.capacity() <= ENTRY_BYTES) {
                    free.push(entry.items);
                }
            }
            // What lies at the end was of no use for the longest time.
            while (free.size() > MOST_FREE) {
                free.removeLast();
            }
        }

        /// One that is too small; larger ones are taken before it.
        private void outgrown(ByteBuffer buffer) {
            if (free.size() < MOST_FREE) {
                free.addLast(buffer);
            }
        }
    }

    private final Buffers buffers;
    private final int entryBytes;
    private final List<Entry> entries = new ArrayList<>(2);
    private final List<Flusher.Pending> logs = new ArrayList<>();
    private long journalBytes;

    JournalGroup(Buffers buffers, int entryBytes) {
        this.buffers = buffers;
        this.entryBytes = entryBytes;
    }

    boolean isEmpty() {
        return logs.isEmpty() && entries.isEmpty();
    }

    List<Flusher.Pending> logs() {
        return logs;
    }

    List<Entry> entries() {
        return entries;
    }

    long journalBytes() {
        return journalBytes;
    }

    void add(JournalItem item) {
        int bytes = JournalItem.HEADER_BYTES + item.bodyBytes();
        item.write(room(bytes, 0).items);
    }

    /// @param loan of the memory of what is one batch whose CRC is right; null if it must be copied
    void append(PartitionLog log, ByteBuffer batches, @Nullable Loan loan) {
        int size = batches.remaining();
        int partition = log.id().partition();
        if (loan != null && batches.isDirect() && size > RecordBatch.HEADER_BYTES) {
            // The batch's checksum does not cover where its header says that the batch lies.
            int body = batches.position() + RecordBatch.HEADER_BYTES;
            var blocks = batches.duplicate().position(body).alignedSlice(Journal.PAGE_BYTES);
            int apartBytes = blocks.remaining();
            if (apartBytes >= LEAST_APART_BYTES) {
                int phase = batches.alignmentOffset(body, Journal.PAGE_BYTES);
                int headBytes = RecordBatch.HEADER_BYTES + (phase == 0 ? 0 : Journal.PAGE_BYTES - phase);
                int bytes = JournalItem.HEADER_BYTES + JournalItem.APART_BYTES + size - apartBytes;
                var entry = room(bytes, apartBytes);
                JournalItem.writeAppend(entry.items, log.topicId(), partition, batches, headBytes, apartBytes);
                entry.addApart(blocks, loan);
                return;
            }
        }
        var out = room(JournalItem.HEADER_BYTES + size, 0).items;
        JournalItem.writeAppendHeader(out, log.topicId(), partition, size);
        out.put(out.position(), batches, batches.position(), size);
        out.position(out.position() + size);
    }

    /// The entry that takes so many more bytes of items, and so many that lie apart.
    private Entry room(int bytes, int apartBytes) {
        journalBytes += bytes + apartBytes;
        if (!entries.isEmpty()) {
            var last = entries.getLast();
            var items = last.items;
            boolean fits = last.usedBytes() + bytes + apartBytes <= entryBytes;
            if (fits && items.remaining() >= bytes) {
                return last;
            }
            if (fits) {
                int wanted = items.position() + bytes;
                var larger = buffers.take(Math.max(wanted, Math.min(entryBytes, items.capacity() * 4)), entryBytes);
                int from = JournalEntry.HEADER_BYTES;
                larger.put(from, items, from, items.position() - from).position(items.position());
                buffers.outgrown(items);
                last.items = larger;
                return last;
            }
        }
        int first = Math.max(JournalEntry.HEADER_BYTES + bytes, Math.min(entryBytes, FIRST_BYTES));
        var next = new Entry(buffers.take(first, entryBytes));
        entries.add(next);
        return next;
    }
}
