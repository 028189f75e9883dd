package io.moldau.client;

import java.nio.ByteBuffer;

/// Where a record with a key goes: the same partition as with Kafka's own clients.
final class Partitioner {
    private static final int SEED = 0x9747b28c;
    private static final int MIX = 0x5bd1e995;
    private static final int SHIFT = 24;

    private Partitioner() {}

    static int partition(ByteBuffer key, int partitions) {
        return (murmur2(key) & Integer.MAX_VALUE) % partitions;
    }

    /// MurmurHash2, 32 bits, of the bytes between position and limit.
    static int murmur2(ByteBuffer key) {
        int length = key.remaining();
        int start = key.position();
        int hash = SEED ^ length;
        int at = 0;
        for (; at + 4 <= length; at += 4) {
            int word = key.get(start + at) & 0xff
                    | (key.get(start + at + 1) & 0xff) << 8
                    | (key.get(start + at + 2) & 0xff) << 16
                    | (key.get(start + at + 3) & 0xff) << 24;
            word *= MIX;
            word ^= word >>> SHIFT;
            word *= MIX;
            hash = hash * MIX ^ word;
        }
        int rest = length - at;
        if (rest > 0) {
            for (int index = rest - 1; index >= 0; index--) {
                hash ^= (key.get(start + at + index) & 0xff) << (8 * index);
            }
            hash *= MIX;
        }
        hash ^= hash >>> 13;
        hash *= MIX;
        return hash ^ hash >>> 15;
    }
}
