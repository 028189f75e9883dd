package io.moldau.protocol;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/// A payload in memory; equal if the bytes are.
/// @param bytes from 0 to its limit; never moved
record BufferPayload(ByteBuffer bytes) implements Payload {
    @Override
    public int sizeBytes() {
        return bytes.limit();
    }

    @Override
    public ByteBuffer buffer() {
        return bytes.duplicate();
    }

    @Override
    public long transferTo(WritableByteChannel target, int position) throws IOException {
        return target.write(bytes.slice(position, bytes.limit() - position));
    }

    @Override
    public String toString() {
        return sizeBytes() + " bytes";
    }
}
