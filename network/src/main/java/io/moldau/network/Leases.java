package io.moldau.network;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// The direct memory of one event loop: sockets are read into it, and large requests stay in it until they are
/// answered, so that a record batch is not copied between the socket and the file. On its loop only.
///
/// It is bounded: when all is lent, requests are copied to the heap as small ones always are. What was given back
/// last is lent first, since the processor's caches still hold it.
final class Leases {
    static final int CHUNK_BYTES = 256 << 10;
    /// The largest piece lent for one request; larger ones grow on the heap as they arrive.
    static final int LARGEST_BYTES = 2 << 20;
    private static final int SMALLEST_SHIFT = 13;
    private static final int SHIFTS = Integer.numberOfTrailingZeros(LARGEST_BYTES) - SMALLEST_SHIFT + 1;

    private final long limitBytes;
    private long allocatedBytes;
    private final ArrayDeque<Lease>[] freeByShift;
    private final Lease spare;

    Leases(long limitBytes) {
        this.limitBytes = limitBytes;
        @SuppressWarnings({"unchecked", "rawtypes"})
        ArrayDeque<Lease>[] lists = new ArrayDeque[SHIFTS];
        for (int i = 0; i < SHIFTS; i++) {
            lists[i] = new ArrayDeque<>();
        }
        this.freeByShift = lists;
        this.spare = new Lease(this, ByteBuffer.allocateDirect(CHUNK_BYTES));
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
            if (allocatedBytes + size > limitBytes && !makeRoom(size)) {
                return null;
            }
            allocatedBytes += size;
            lease = new Lease(this, ByteBuffer.allocateDirect(size));
        }
        lease.hold();
        return lease;
    }

    /// Gives up free pieces of other sizes; the collector frees their memory.
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
        freeByShift[Integer.numberOfTrailingZeros(lease.sizeBytes()) - SMALLEST_SHIFT].push(lease);
    }
}
