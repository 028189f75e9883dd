package io.moldau.network;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Cuts one connection's stream into frames: `length (int32), length bytes`.
///
/// Where the handler allows it ([FrameHandler#lendsFrames]), a large frame that arrived whole is a slice of what the
/// socket was read into, and the rest of one that did not is read straight to its place. Others are copied to the
/// heap, into a buffer that grows with what really arrives, so that announcing a large frame costs the sender its
/// bytes.
final class FrameCutter {
    private static final int FIRST_BYTES = 64 << 10;
    /// Smaller frames are copied: a slice would keep more memory than it saves work.
    private static final int LENT_FROM_BYTES = 4 << 10;

    private static final int API_KEY_BYTES = 2;

    /// What became of the bytes offered.
    enum Outcome {
        /// All bytes were taken; no frame is complete.
        NEED_MORE,
        /// A frame is complete: take it with [#frame].
        FRAME,
        /// The next frame does not fit into the memory bound now.
        NO_ROOM,
        /// The length is negative, zero or over the limit: see [#announcedBytes].
        BAD_LENGTH
    }

    /// A whole frame; `lease` is held for it if it lies in lent memory. `sizeBytes` stay held in the memory bound.
    record Frame(ByteBuffer bytes, @Nullable Lease lease) {}

    private final int maxFrameBytes;
    private final MemoryBound memory;
    private final Leases leases;
    private final FrameHandler handler;
    private final byte[] lengthBytes = new byte[4];
    private int lengthCount;
    private int announced;
    /// The frame's bytes so far: in lent memory of the right size, or on the heap, growing.
    private @Nullable ByteBuffer body;
    private @Nullable Lease lease;

    FrameCutter(int maxFrameBytes, MemoryBound memory, Leases leases, FrameHandler handler) {
        this.maxFrameBytes = maxFrameBytes;
        this.memory = memory;
        this.leases = leases;
        this.handler = handler;
    }

    /// Where the socket may be read into before anything else: the place of the current frame's rest.
    @Nullable
    ByteBuffer rest() {
        var filling = body;
        return lease != null && filling != null && filling.hasRemaining() ? filling : null;
    }

    /// Takes bytes of `input` up to the end of one frame.
    ///
    /// @param source what `input` is a part of; null if its bytes must be copied
    Outcome take(ByteBuffer input, @Nullable Lease source) {
        while (lengthCount < 4 && input.hasRemaining()) {
            lengthBytes[lengthCount++] = input.get();
        }
        if (lengthCount < 4) {
            return Outcome.NEED_MORE;
        }
        if (body == null) {
            announced = ByteBuffer.wrap(lengthBytes).getInt();
            if (announced <= 0 || announced > maxFrameBytes) {
                return Outcome.BAD_LENGTH;
            }
            if (!memory.tryHold(announced)) {
                return Outcome.NO_ROOM;
            }
            begin(input, source);
        }
        return fill(input);
    }

    private void begin(ByteBuffer input, @Nullable Lease source) {
        boolean lent = announced >= LENT_FROM_BYTES
                && input.remaining() >= API_KEY_BYTES
                && handler.lendsFrames(input.getShort(input.position()));
        if (lent && source != null && input.remaining() >= announced) {
            source.hold();
            lease = source;
            int at = input.position();
            // Complete as it lies there: its position says so.
            body = input.slice(at, announced).position(announced);
            input.position(at + announced);
            return;
        }
        lease = lent ? leases.lend(announced) : null;
        if (lease != null) {
            body = lease.memory().limit(announced);
        } else {
            int first = input.remaining() >= announced ? announced : Math.min(announced, FIRST_BYTES);
            body = ByteBuffer.allocate(first);
        }
    }

    private Outcome fill(ByteBuffer input) {
        var target = body;
        if (target == null) {
            throw new IllegalStateException("no frame has begun");
        }
        int filled = target.position();
        int count = Math.min(input.remaining(), announced - filled);
        if (filled + count > target.limit()) {
            int grown = (int) Math.min(announced, Math.max(filled + (long) count, 2L * target.limit()));
            target = ByteBuffer.wrap(Arrays.copyOf(target.array(), grown)).position(filled);
            body = target;
        }
        target.put(filled, input, input.position(), count).position(filled + count);
        input.position(input.position() + count);
        return target.position() == announced ? Outcome.FRAME : Outcome.NEED_MORE;
    }

    /// The complete frame; the cutter begins the next one.
    Frame frame() {
        var complete = body;
        if (complete == null || complete.position() != announced) {
            throw new IllegalStateException("no frame is complete");
        }
        var frame = new Frame(complete.flip().slice(), lease);
        body = null;
        lease = null;
        lengthCount = 0;
        return frame;
    }

    /// A part of a frame has arrived, be it a part of its length.
    boolean midFrame() {
        return lengthCount > 0;
    }

    /// How much of the frame has arrived, for people.
    String progress() {
        var filling = body;
        return lengthCount < 4
                ? "the length of its request"
                : "its request of " + announced + " bytes, " + (filling == null ? 0 : filling.position())
                        + " of them here,";
    }

    int announcedBytes() {
        return announced;
    }

    byte[] firstBytes() {
        return lengthBytes.clone();
    }

    /// Gives back what a half-arrived frame holds.
    void discard() {
        if (body != null) {
            memory.release(announced);
            body = null;
        }
        if (lease != null) {
            lease.release();
            lease = null;
        }
    }
}
