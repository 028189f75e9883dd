package io.moldau.network;

import io.moldau.environment.Loan;
import java.util.concurrent.atomic.AtomicInteger;

/// The memory of one frame, which its exchange holds from the start. A lease belongs to an event loop: whoever is the
/// last to release the frame elsewhere has that loop take it back.
final class FrameLoan implements Loan {
    private final Connection connection;
    private final Lease lease;
    private final AtomicInteger holders = new AtomicInteger(1);

    FrameLoan(Connection connection, Lease lease) {
        this.connection = connection;
        this.lease = lease;
    }

    @Override
    public void hold() {
        holders.incrementAndGet();
    }

    @Override
    public void release() {
        if (holders.decrementAndGet() > 0) {
            return;
        }
        if (connection.inLoop()) {
            lease.release();
        } else {
            connection.execute(lease::release);
        }
    }

    /// The exchange is over, and who else has the frame is not known: it is nobody's from now on. On the loop.
    void forfeit() {
        lease.forfeit();
    }
}
