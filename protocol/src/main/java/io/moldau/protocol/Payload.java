package io.moldau.protocol;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.List;

/// Bytes that are sent as they are, from memory or from a file.
public interface Payload {
    Payload EMPTY = of(ByteBuffer.allocate(0));

    int sizeBytes();

    /// The bytes; its position and limit are the caller's own. Reads them in if they are not in memory.
    ByteBuffer buffer();

    /// True if [#buffers] costs nothing: several such payloads are then written with one system call.
    default boolean inMemory() {
        return true;
    }

    /// True if [#transferTo] may wait for a disk: it must not be called where waiting is not allowed.
    default boolean mayWait() {
        return false;
    }

    /// The bytes, in order, where they are in several places in memory; positions and limits are the caller's own.
    default List<ByteBuffer> buffers() {
        return List.of(buffer());
    }

    /// Writes from `position` on as many bytes as the target takes.
    /// @return the count of bytes written, 0 if the target takes none now
    long transferTo(WritableByteChannel target, int position) throws IOException;

    /// The buffer's remaining bytes, not copied.
    static Payload of(ByteBuffer buffer) {
        return new BufferPayload(buffer.slice());
    }
}
