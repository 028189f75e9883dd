package io.moldau.storage;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// The latest offset of each key, in a bounded table: 24 bytes a key, whatever its length.
///
/// Of a key only its 128-bit SipHash is kept, under a secret that is new in every pass: nobody can make two keys
/// that meet, and by chance they do not.
final class KeyOffsets {
    static final int ENTRY_BYTES = 24;
    private static final double MOST_FULL = 0.9;

    private final long secret0;
    private final long secret1;
    /// Slots of hash, hash, offset + 1 (0: empty).
    private final long[] table;
    private final int slots;
    private final int capacity;
    private int size;
    private long v0;
    private long v1;
    private long v2;
    private long v3;
    private long hash0;
    private long hash1;

    /// @param atMostKeys more than that will not come
    KeyOffsets(long bytes, long atMostKeys, long secret0, long secret1) {
        long wanted = Math.min(bytes / ENTRY_BYTES, (long) (atMostKeys / MOST_FULL) + 2);
        this.slots = Math.clamp(wanted, 2, Integer.MAX_VALUE / 4);
        this.capacity = Math.max(1, (int) (slots * MOST_FULL));
        this.table = new long[slots * 3];
        this.secret0 = secret0;
        this.secret1 = secret1;
    }

    boolean hasRoomFor(long keys) {
        return size + keys <= capacity;
    }

    int capacity() {
        return capacity;
    }

    int size() {
        return size;
    }

    /// @param offset not below that of any earlier put
    void put(ByteBuffer key, long offset) {
        int at = find(key);
        if (table[at + 2] == 0) {
            if (size == capacity) {
                throw new IllegalStateException("more than " + capacity + " keys");
            }
            size++;
            table[at] = hash0;
            table[at + 1] = hash1;
        }
        table[at + 2] = offset + 1;
    }

    /// -1 for a key that was not put.
    long latest(ByteBuffer key) {
        return table[find(key) + 2] - 1;
    }

    private int find(ByteBuffer key) {
        hash(key);
        int slot = (int) Math.unsignedMultiplyHigh(hash0, slots);
        while (true) {
            int at = slot * 3;
            if (table[at + 2] == 0 || (table[at] == hash0 && table[at + 1] == hash1)) {
                return at;
            }
            slot = slot + 1 == slots ? 0 : slot + 1;
        }
    }

    /// SipHash-2-4 with 128 bits (Aumasson, Bernstein).
    private void hash(ByteBuffer key) {
        v0 = secret0 ^ 0x736f6d6570736575L;
        v1 = secret1 ^ 0x646f72616e646f6dL ^ 0xee;
        v2 = secret0 ^ 0x6c7967656e657261L;
        v3 = secret1 ^ 0x7465646279746573L;
        var bytes = key.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        int length = bytes.remaining();
        while (bytes.remaining() >= 8) {
            absorb(bytes.getLong());
        }
        long tail = (long) length << 56;
        for (int shift = 0; bytes.hasRemaining(); shift += 8) {
            tail |= (bytes.get() & 0xffL) << shift;
        }
        absorb(tail);
        v2 ^= 0xee;
        rounds(4);
        hash0 = v0 ^ v1 ^ v2 ^ v3;
        v1 ^= 0xdd;
        rounds(4);
        hash1 = v0 ^ v1 ^ v2 ^ v3;
    }

    long[] hashOf(ByteBuffer key) {
        hash(key);
        return new long[] {hash0, hash1};
    }

    private void absorb(long word) {
        v3 ^= word;
        rounds(2);
        v0 ^= word;
    }

    private void rounds(int count) {
        for (int i = 0; i < count; i++) {
            v0 += v1;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v3;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
        }
    }
}
