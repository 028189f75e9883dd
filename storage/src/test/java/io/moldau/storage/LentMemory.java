package io.moldau.storage;

import io.moldau.environment.Loan;
import java.nio.ByteBuffer;

/// Direct memory in which batches are lent, and which is something else as soon as nobody holds them.
final class LentMemory {
    private final ByteBuffer memory;
    private int held;

    LentMemory(int bytes) {
        this.memory = ByteBuffer.allocateDirect(bytes);
    }

    /// Pieces that are held by somebody.
    int held() {
        return held;
    }

    /// Whoever held something is gone.
    void clear() {
        memory.clear();
        held = 0;
    }

    /// @param gap bytes before it
    Piece lend(ByteBuffer batch, int gap) {
        memory.position(memory.position() + gap);
        int size = batch.remaining();
        var place = memory.slice(memory.position(), size);
        memory.put(batch.duplicate());
        return new Piece(place);
    }

    /// One batch; held by whoever lends it until he releases it.
    final class Piece implements Loan {
        private final ByteBuffer bytes;
        private int holders = 1;

        private Piece(ByteBuffer bytes) {
            this.bytes = bytes;
            held++;
        }

        Append append() {
            return new Append(bytes.duplicate(), this);
        }

        @Override
        public void hold() {
            if (holders == 0) {
                throw new IllegalStateException("nobody holds it any more");
            }
            holders++;
        }

        @Override
        public void release() {
            holders--;
            if (holders == 0) {
                held--;
                for (int at = 0; at < bytes.capacity(); at++) {
                    bytes.put(at, (byte) 0xee);
                }
            }
        }
    }
}
