package io.moldau.protocol;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/// Bytes that are sent as they are, from memory or from a file.
public interface Payload {
    Payload EMPTY = of(ByteBuffer.allocate(0));

    int sizeBytes();

    /// The bytes; its position and limit are the caller's own. Reads them in if they are not in memory.
    ByteBuffer buffer();

    /// True if [#buffer] costs nothing: several such payloads are then written with one system call.
    default boolean inMemory() {
        return true;
    }

    /// Writes from `position` on as many bytes as the target takes.
    /// @return the count of bytes written, 0 if the target takes none now
    long transferTo(WritableByteChannel target, int position) throws IOException;

    /// The buffer's remaining bytes, not copied.
    static Payload of(ByteBuffer buffer) {
        return new BufferPayload(buffer.slice());
    }
}
