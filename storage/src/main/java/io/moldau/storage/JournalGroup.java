package io.moldau.storage;

import io.moldau.environment.Disk;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/// What gathers until the next sync: journal entries, filled as things happen, so that nobody's buffer is kept; and the
/// logs that wait for it. Filled under the flusher's queue lock, written by the flusher alone.
final class JournalGroup {
    /// Entries of this size are written with one call each. Larger ones exist, for larger batches.
    static final int ENTRY_BYTES = 1 << 20;

    private static final int FIRST_BYTES = 64 << 10;

    /// Buffers that were written and may be filled again. Under the flusher's queue lock.
    static final class Buffers {
        static final int BLOCK_BYTES = 4 * ENTRY_BYTES;

        private static final int MOST_FREE = 8;
        private static final int MOST_BLOCKS = 2;

        private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>();
        /// Pieces of blocks, which cost less to write.
        private final ArrayDeque<ByteBuffer> pieces = new ArrayDeque<>();
        private int blocks;
        private boolean missed;

        /// @param most how many bytes it is to be filled with at most, if it has room for more than `bytes`
        private ByteBuffer take(int bytes, int most) {
            var buffer = bytes <= ENTRY_BYTES ? pieces.poll() : null;
            if (buffer == null) {
                missed |= bytes > FIRST_BYTES;
                var known = free.peek();
                buffer = known != null && known.capacity() >= bytes ? free.remove() : Disk.blocks(bytes);
            }
            int limit = Math.min(buffer.capacity(), Math.max(bytes, most));
            return buffer.clear().limit(limit).position(Journal.HEADER_BYTES);
        }

        void giveBack(List<ByteBuffer> written) {
            for (var buffer : written) {
                if (buffer.capacity() == ENTRY_BYTES && buffer.alignmentOffset(0, ENTRY_BYTES) == 0) {
                    pieces.push(buffer);
                } else if (free.size() < MOST_FREE && buffer.capacity() <= ENTRY_BYTES) {
                    free.push(buffer);
                }
            }
        }

        /// True if a block would be of use; once for each.
        boolean wantsBlock() {
            if (!missed || blocks == MOST_BLOCKS) {
                return false;
            }
            missed = false;
            blocks++;
            return true;
        }

        /// @param block [#BLOCK_BYTES] of memory
        void add(ByteBuffer block) {
            for (int at = 0; at < BLOCK_BYTES; at += ENTRY_BYTES) {
                pieces.add(block.slice(at, ENTRY_BYTES));
            }
            free.clear();
        }
    }

    private final Buffers buffers;
    private final int entryBytes;
    private final List<ByteBuffer> entries = new ArrayList<>(2);
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

    List<ByteBuffer> entries() {
        return entries;
    }

    long journalBytes() {
        return journalBytes;
    }

    void add(JournalItem item) {
        item.write(room(JournalItem.HEADER_BYTES + item.bodyBytes()));
    }

    void append(PartitionLog log, ByteBuffer batches) {
        int size = batches.remaining();
        var out = room(JournalItem.HEADER_BYTES + size);
        JournalItem.writeAppendHeader(out, log.topicId(), log.id().partition(), size);
        out.put(out.position(), batches, batches.position(), size);
        out.position(out.position() + size);
    }

    private ByteBuffer room(int bytes) {
        journalBytes += bytes;
        if (!entries.isEmpty()) {
            var last = entries.getLast();
            if (last.remaining() >= bytes) {
                return last;
            }
            int wanted = last.position() + bytes;
            if (wanted <= entryBytes) {
                var larger = buffers.take(Math.max(wanted, Math.min(entryBytes, last.capacity() * 4)), entryBytes);
                larger.put(Journal.HEADER_BYTES, last, Journal.HEADER_BYTES, last.position() - Journal.HEADER_BYTES)
                        .position(last.position());
                entries.set(entries.size() - 1, larger);
                return larger;
            }
        }
        var next = buffers.take(Math.max(Journal.HEADER_BYTES + bytes, Math.min(entryBytes, FIRST_BYTES)), entryBytes);
        entries.add(next);
        return next;
    }
}
