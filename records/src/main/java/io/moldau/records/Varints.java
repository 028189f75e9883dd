package io.moldau.records;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/// Zigzag variable-length integers, as records use them.
final class Varints {
    static final int MAX_INT_BYTES = 5;

    private Varints() {}

    static int readInt(ByteBuffer in) {
        int raw = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            if (!in.hasRemaining()) {
                throw new InvalidBatchException(BatchError.INVALID_RECORD, "record ends inside a number");
            }
            byte b = in.get();
            raw |= (b & 0x7f) << shift;
            if (b >= 0) {
                return (raw >>> 1) ^ -(raw & 1);
            }
        }
        throw new InvalidBatchException(BatchError.INVALID_RECORD, "variable-length int longer than 5 bytes");
    }

    static long readLong(ByteBuffer in) {
        long raw = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            if (!in.hasRemaining()) {
                throw new InvalidBatchException(BatchError.INVALID_RECORD, "record ends inside a number");
            }
            byte b = in.get();
            raw |= (b & 0x7fL) << shift;
            if (b >= 0) {
                return (raw >>> 1) ^ -(raw & 1);
            }
        }
        throw new InvalidBatchException(BatchError.INVALID_RECORD, "variable-length long longer than 10 bytes");
    }

    static int readInt(InputStream in) throws IOException {
        int raw = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            int b = in.read();
            if (b < 0) {
                throw new InvalidBatchException(BatchError.INVALID_RECORD, "fewer records than the batch header says");
            }
            raw |= (b & 0x7f) << shift;
            if (b < 0x80) {
                return (raw >>> 1) ^ -(raw & 1);
            }
        }
        throw new InvalidBatchException(BatchError.INVALID_RECORD, "variable-length int longer than 5 bytes");
    }

    static int sizeOf(long value) {
        long raw = (value << 1) ^ (value >> 63);
        int size = 1;
        while ((raw & ~0x7fL) != 0) {
            raw >>>= 7;
            size++;
        }
        return size;
    }
}
