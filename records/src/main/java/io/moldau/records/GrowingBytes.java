package io.moldau.records;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A byte array that grows while it is written.
final class GrowingBytes extends OutputStream {
    private byte[] bytes;
    private int size;

    GrowingBytes(int capacity) {
        bytes = new byte[Math.max(64, capacity)];
    }

    int size() {
        return size;
    }

    void skip(int count) {
        room(count);
        size += count;
    }

    void put(byte b) {
        room(1);
        bytes[size++] = b;
    }

    void put(byte[] source) {
        write(source, 0, source.length);
    }

    @Override
    public void write(int b) {
        put((byte) b);
    }

    @Override
    public void write(byte[] source, int offset, int length) {
        room(length);
        System.arraycopy(source, offset, bytes, size, length);
        size += length;
    }

    void nullable(@Nullable ByteBuffer value) {
        if (value == null) {
            varint(-1);
            return;
        }
        int length = value.remaining();
        varint(length);
        room(length);
        value.get(value.position(), bytes, size, length);
        size += length;
    }

    void varint(long value) {
        room(10);
        long raw = (value << 1) ^ (value >> 63);
        while ((raw & ~0x7fL) != 0) {
            bytes[size++] = (byte) (raw | 0x80);
            raw >>>= 7;
        }
        bytes[size++] = (byte) raw;
    }

    private void room(int count) {
        int needed = Math.addExact(size, count);
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(needed, (int) Math.min(Integer.MAX_VALUE - 8L, bytes.length * 2L)));
        }
    }

    void writeTo(OutputStream target, int from) throws IOException {
        target.write(bytes, from, size - from);
    }

    ByteBuffer toBuffer() {
        return ByteBuffer.wrap(bytes, 0, size).slice();
    }
}
