package io.moldau.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/// A whole number of record batches, in memory or in a segment file. Stays readable if the segment is deleted.
@SuppressWarnings({"DoNotCallSuggester", "UnusedVariable"})
public final class LogSlice implements ReadResult {
    public int sizeBytes() {
        throw new UnsupportedOperationException();
    }

    public long startOffset() {
        throw new UnsupportedOperationException();
    }

    public ByteBuffer buffer() throws IOException {
        throw new UnsupportedOperationException();
    }

    public long transferTo(WritableByteChannel target, int position) throws IOException {
        throw new UnsupportedOperationException();
    }
}
