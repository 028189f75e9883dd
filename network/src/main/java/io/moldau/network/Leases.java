package io.moldau.network;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The direct memory of one event loop: sockets are read into it, and large requests stay in it until they are
/// answered, so that a record batch is not copied between the socket and the file. On its loop only.
///
/// It is bounded: when all is lent, requests are copied to the heap as small ones always are. What was given back
/// last is lent first, since the processor's caches still hold it. A loop with much to do gets large pages of the
/// processor, in blocks that are cut into pieces of one size: the journal is written from here, which costs the system
/// page by page (decision 43).
final class Leases {
    static final int CHUNK_BYTES = 256 << 10;
    /// The largest piece lent for one request; larger ones grow on the heap as they arrive.
    static final int LARGEST_BYTES = 2 << 20;
    private static final int SMALLEST_SHIFT = 13;
    private static final int SHIFTS = Integer.numberOfTrailingZeros(LARGEST_BYTES) - SMALLEST_SHIFT + 1;

    static final int BLOCK_BYTES = 2 << 20;
    private static final int SMALLEST_OF_BLOCK_BYTES = 64 << 10;
    private static final long BUSY_BYTES = 1 << 20;

    /// Brings [#BLOCK_BYTES] of memory, on the loop, some time later.
    interface Blocks {
        void bring(Consumer<ByteBuffer> taker);
    }

    private final long limitBytes;
    private final Blocks blocks;
    private final boolean[] awaitedByShift = new boolean[SHIFTS];
    /// So many pieces that are no block's may be given up for those that are, once each.
    private final int[] replacedByShift = new int[SHIFTS];
    private long allocatedBytes;
    private final ArrayDeque<Lease>[] freeByShift;
    private final Lease spare;

    Leases(long limitBytes, Blocks blocks) {
        this.limitBytes = limitBytes;
        this.blocks = blocks;
        @SuppressWarnings({"unchecked", "rawtypes"})
        ArrayDeque<Lease>[] lists = new ArrayDeque[SHIFTS];
        for (int i = 0; i < SHIFTS; i++) {
            lists[i] = new ArrayDeque<>();
        }
        this.freeByShift = lists;
        this.spare = new Lease(this, ByteBuffer.allocateDirect(CHUNK_BYTES), false);
    }

    /// What sockets are read into when nothing else is left; never lent to a request.
    Lease spare() {
        return spare;
    }

    /// A piece of at least `bytes`, held once; null if too much is lent or it is too large.
    @Nullable
    Lease lend(int bytes) {
        if (bytes > LARGEST_BYTES) {
            return null;
        }
        int shift = Math.max(0, 32 - Integer.numberOfLeadingZeros(bytes - 1) - SMALLEST_SHIFT);
        var lease = freeByShift[shift].poll();
        if (lease == null) {
            int size = 1 << (SMALLEST_SHIFT + shift);
            askForBlock(shift, size);
            if (allocatedBytes + size > limitBytes && !makeRoom(size)) {
                return null;
            }
            allocatedBytes += size;
            lease = new Lease(this, ByteBuffer.allocateDirect(size), false);
        }
        lease.hold();
        return lease;
    }

    private void askForBlock(int shift, int size) {
        boolean large = size >= SMALLEST_OF_BLOCK_BYTES && allocatedBytes >= BUSY_BYTES;
        if (large && !awaitedByShift[shift] && allocatedBytes + BLOCK_BYTES <= limitBytes) {
            awaitedByShift[shift] = true;
            blocks.bring(block -> cut(block, shift, size));
        }
    }

    private void cut(ByteBuffer block, int shift, int size) {
        awaitedByShift[shift] = false;
        if (allocatedBytes + BLOCK_BYTES > limitBytes && !makeRoom(BLOCK_BYTES)) {
            return;
        }
        allocatedBytes += BLOCK_BYTES;
        replacedByShift[shift] += BLOCK_BYTES / size;
        for (int at = 0; at < BLOCK_BYTES; at += size) {
            freeByShift[shift].push(new Lease(this, block.slice(at, size), true));
        }
    }

    /// Gives up free pieces of other sizes; the collector frees their memory, that of a block when all its pieces went.
    private boolean makeRoom(int bytes) {
        for (var list : freeByShift) {
            while (allocatedBytes + bytes > limitBytes) {
                var lease = list.pollLast();
                if (lease == null) {
                    break;
                }
                allocatedBytes -= lease.sizeBytes();
            }
        }
        return allocatedBytes + bytes <= limitBytes;
    }

    void writeOff(Lease lease) {
        allocatedBytes -= lease.sizeBytes();
    }

    void takeBack(Lease lease) {
        int shift = Integer.numberOfTrailingZeros(lease.sizeBytes()) - SMALLEST_SHIFT;
        if (replacedByShift[shift] > 0 && !lease.isOfBlock()) {
            replacedByShift[shift]--;
            writeOff(lease);
        } else {
            freeByShift[shift].push(lease);
        }
    }
}
