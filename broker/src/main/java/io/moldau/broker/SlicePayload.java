package io.moldau.broker;

import io.moldau.protocol.Payload;
import io.moldau.storage.LogSlice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.List;

/// A slice of a log on its way to a reader: sent from memory or straight from the file.
record SlicePayload(LogSlice slice) implements Payload {
    @Override
    public int sizeBytes() {
        return slice.sizeBytes();
    }

    @Override
    public boolean inMemory() {
        return slice.isInMemory();
    }

    @Override
    public boolean mayWait() {
        return !slice.isInMemory() && !slice.isAtHand();
    }

    @Override
    public List<ByteBuffer> buffers() {
        return slice.isInMemory() ? slice.memoryParts() : List.of(buffer());
    }

    @Override
    public ByteBuffer buffer() {
        try {
            return slice.buffer();
        } catch (IOException failure) {
            throw new UncheckedIOException("reading a log slice failed", failure);
        }
    }

    @Override
    public long transferTo(WritableByteChannel target, int position) throws IOException {
        return slice.transferTo(target, position);
    }
}
