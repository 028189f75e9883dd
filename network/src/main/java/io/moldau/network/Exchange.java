package io.moldau.network;

import io.moldau.environment.Loan;
import io.moldau.protocol.Payload;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// One request and the place of its reply. Replies leave in the order of the requests, whenever they are given.
public final class Exchange {
    private static final int WAITING = 0;
    private static final int ENDED = 1;

    private final Connection connection;
    private final ByteBuffer frame;
    private final int heldBytes;
    private final @Nullable FrameLoan loan;
    private final AtomicInteger state = new AtomicInteger(WAITING);
    private volatile List<Payload> reply = List.of();
    private volatile boolean givenUp;
    private volatile int muteMs;
    private volatile boolean ready;

    Exchange(Connection connection, FrameCutter.Frame frame) {
        this.connection = connection;
        this.frame = frame.bytes();
        this.heldBytes = frame.bytes().remaining();
        var lease = frame.lease();
        this.loan = lease == null ? null : new FrameLoan(connection, lease);
    }

    /// The request after its length prefix. Slices of it stay valid as long as anybody holds them; those of a lent
    /// frame ([FrameHandler#lendsFrames]) until the exchange has ended and nobody holds the [#loan] any more.
    public ByteBuffer frame() {
        return frame;
    }

    public Peer peer() {
        return connection.peer();
    }

    /// Ends the exchange with a reply: a whole frame, its length prefix included.
    public void answer(List<Payload> parts) {
        end(parts, 0);
    }

    /// The same; afterwards the connection is not read from for so long (KIP-219).
    public void answer(List<Payload> parts, int mute) {
        end(parts, mute);
    }

    /// Ends the exchange without a reply (Produce with acks=0); afterwards the connection is not read from for so long.
    public void noAnswer(int mute) {
        end(List.of(), mute);
    }

    /// Of the frame's memory, to be held before the exchange has ended by whoever needs the frame afterwards; null if
    /// the frame is memory of its own.
    public @Nullable Loan loan() {
        return loan;
    }

    /// From now on the connection is not read from for so long, and what was read together with this request waits
    /// (KIP-219). Within [FrameHandler#handle] only.
    public void mute(int ms) {
        connection.mute(ms);
    }

    /// The size of the request without its length prefix.
    public int requestBytes() {
        return heldBytes;
    }

    /// Runs `task` on the connection's event loop when all requests that are ready now are handed over, before any of
    /// them is answered. To be called while a request is handed over.
    public void atEndOfPass(Runnable task) {
        connection.atEndOfPass(task);
    }

    /// Runs `task` on the connection's event loop, soon.
    public void execute(Runnable task) {
        connection.execute(task);
    }

    /// Closes the connection, this exchange unanswered. `reason` goes to the log.
    ///
    /// A handler that gives up in the middle may have parts of the request under way somewhere: a lent frame is not
    /// lent again, but left to the garbage collector.
    public void close(String reason) {
        if (state.compareAndSet(WAITING, ENDED)) {
            givenUp = true;
            ready = true;
        }
        connection.closeLater(reason);
    }

    private void end(List<Payload> parts, int mute) {
        if (!state.compareAndSet(WAITING, ENDED)) {
            throw new IllegalStateException("the request of " + connection.peer() + " was answered before");
        }
        reply = parts;
        muteMs = mute;
        ready = true;
        connection.replyReady();
    }

    boolean ready() {
        return ready;
    }

    /// The exchange needs the frame no more. On the loop.
    void released() {
        if (loan != null && givenUp) {
            loan.forfeit();
        } else if (loan != null) {
            loan.release();
        }
    }

    /// How long the connection is not to be read from once the exchange's turn has come.
    int muteMs() {
        return muteMs;
    }

    List<Payload> reply() {
        return reply;
    }

    int heldBytes() {
        return heldBytes;
    }
}
