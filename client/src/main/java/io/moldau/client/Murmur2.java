package io.moldau.client;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// The hash by which Kafka's Java clients place keyed records, so that a key finds the same partition from every
/// client (murmur2 by Austin Appleby, 32 bits, this seed).
final class Murmur2 {
    private static final int SEED = 0x9747b28c;
    private static final int M = 0x5bd1e995;
    private static final int R = 24;

    private Murmur2() {}

    static int partition(ByteBuffer key, int partitionCount) {
        return (hash(key) & Integer.MAX_VALUE) % partitionCount;
    }

    static int hash(ByteBuffer bytes) {
        var in = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
        int h = SEED ^ in.remaining();
        while (in.remaining() >= Integer.BYTES) {
            int k = in.getInt() * M;
            k ^= k >>> R;
            h = h * M ^ k * M;
        }
        if (in.hasRemaining()) {
            int tail = 0;
            for (int shift = 0; in.hasRemaining(); shift += Byte.SIZE) {
                tail |= (in.get() & 0xff) << shift;
            }
            h = (h ^ tail) * M;
        }
        h = (h ^ h >>> 13) * M;
        return h ^ h >>> 15;
    }
}
