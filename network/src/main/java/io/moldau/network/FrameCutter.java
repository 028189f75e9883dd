package io.moldau.network;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Cuts one connection's stream into frames: `length (int32), length bytes`.
/// The frame's buffer grows with what really arrives, so that announcing a large frame costs the sender its bytes.
final class FrameCutter {
    private static final int FIRST_BYTES = 64 << 10;

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

    private final int maxFrameBytes;
    private final MemoryBound memory;
    private final byte[] lengthBytes = new byte[4];
    private int lengthCount;
    private int announced;
    private byte @Nullable [] body;
    private int filled;

    FrameCutter(int maxFrameBytes, MemoryBound memory) {
        this.maxFrameBytes = maxFrameBytes;
        this.memory = memory;
    }

    /// Takes bytes of `input` up to the end of one frame.
    Outcome take(ByteBuffer input) {
        while (lengthCount < 4 && input.hasRemaining()) {
            lengthBytes[lengthCount++] = input.get();
        }
        if (lengthCount < 4) {
            return Outcome.NEED_MORE;
        }
        byte[] target = body;
        if (target == null) {
            announced = ByteBuffer.wrap(lengthBytes).getInt();
            if (announced <= 0 || announced > maxFrameBytes) {
                return Outcome.BAD_LENGTH;
            }
            filled = 0;
            if (!memory.tryHold(announced)) {
                return Outcome.NO_ROOM;
            }
            int first = input.remaining() >= announced ? announced : Math.min(announced, FIRST_BYTES);
            target = new byte[first];
            body = target;
        }
        int count = Math.min(input.remaining(), announced - filled);
        if (filled + count > target.length) {
            int grown = (int) Math.min(announced, Math.max(filled + (long) count, 2L * target.length));
            target = Arrays.copyOf(target, grown);
            body = target;
        }
        input.get(target, filled, count);
        filled += count;
        return filled == announced ? Outcome.FRAME : Outcome.NEED_MORE;
    }

    /// The complete frame; the cutter begins the next one. The bytes stay held in the memory bound.
    ByteBuffer frame() {
        byte[] complete = body;
        if (complete == null || filled != announced) {
            throw new IllegalStateException("no frame is complete");
        }
        body = null;
        lengthCount = 0;
        return ByteBuffer.wrap(complete, 0, announced);
    }

    /// A part of a frame has arrived, be it a part of its length.
    boolean midFrame() {
        return lengthCount > 0;
    }

    /// How much of the frame has arrived, for people.
    String progress() {
        return lengthCount < 4
                ? "the length of its request"
                : "its request of " + announced + " bytes, " + filled + " of them here,";
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
    }
}
