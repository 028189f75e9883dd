package io.moldau.network;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Where an event loop reads its sockets into: one piece of memory until requests that lie in it leave too little of
/// it free. As long as nobody keeps anything there, each read begins at its front, in memory that is still warm.
final class ReadSpace {
    private static final int LEAST_FREE_BYTES = 128 << 10;

    private final Leases leases;
    private @Nullable Lease current;
    private int position;

    ReadSpace(Leases leases) {
        this.leases = leases;
    }

    /// Room to read into.
    ByteBuffer free() {
        var known = current;
        if (known != null) {
            if (known.holders() == 1) {
                position = 0;
            }
            if (known.forfeited() || known.sizeBytes() - position < LEAST_FREE_BYTES) {
                known.release();
                known = null;
            }
        }
        if (known == null) {
            known = leases.lend(Leases.CHUNK_BYTES);
            current = known;
            position = 0;
        }
        return (known == null ? leases.spare() : known).memory().position(position);
    }

    /// What frames may lie in; null if all memory is lent and they must be copied.
    @Nullable
    Lease lendable() {
        return current;
    }

    /// What was read and handed over ends here.
    void used(int end) {
        position = end;
    }
}
