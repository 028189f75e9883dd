package io.moldau.records;

import java.io.InputStream;
import java.nio.ByteBuffer;

/// Reads a buffer as a stream.
final class BufferStream extends InputStream {
    private final ByteBuffer source;

    BufferStream(ByteBuffer source) {
        this.source = source.duplicate();
    }

    @Override
    public int read() {
        return source.hasRemaining() ? source.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        if (length == 0) {
            return 0;
        }
        int size = Math.min(length, source.remaining());
        if (size == 0) {
            return -1;
        }
        source.get(target, offset, size);
        return size;
    }

    @Override
    public int available() {
        return source.remaining();
    }
}
