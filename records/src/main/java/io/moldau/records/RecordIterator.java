package io.moldau.records;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/// Reads the records of a batch one after the other. Uncompressed records are slices of the batch; compressed ones
/// are decompressed record by record, so that memory is bounded by the largest record, not by the batch.
public final class RecordIterator implements Iterator<Record>, AutoCloseable {
    /// How much one batch may decompress to: 1 GiB.
    public static final long DEFAULT_LIMIT_BYTES = 1L << 30;

    private static final int READ_BUFFER_BYTES = 16 * 1024;

    private final RecordBatch batch;
    private final long baseOffset;
    private final long baseTimestamp;
    private final long appendTime;
    private final int count;
    private final @Nullable ByteBuffer plain;
    private final @Nullable InputStream stream;
    private int read;
    private long lastDelta = -1;

    private RecordIterator(RecordBatch batch, @Nullable ByteBuffer plain, @Nullable InputStream stream) {
        this.batch = batch;
        this.baseOffset = batch.baseOffset();
        this.baseTimestamp = batch.baseTimestamp();
        this.appendTime = batch.timestampType() == TimestampType.LOG_APPEND_TIME
                ? batch.maxTimestamp()
                : RecordBatch.NO_TIMESTAMP;
        this.count = batch.recordCount();
        this.plain = plain;
        this.stream = stream;
    }

    static RecordIterator over(RecordBatch batch, long limitBytes) {
        if (batch.recordCount() < 0) {
            throw invalid("record count " + batch.recordCount());
        }
        var compression = batch.compression();
        if (compression == Compression.NONE) {
            return new RecordIterator(batch, batch.payload(), null);
        }
        var bounded = new BoundedStream(compression.decompress(batch.payload()), limitBytes);
        return new RecordIterator(batch, null, new BufferedInputStream(bounded, READ_BUFFER_BYTES));
    }

    @Override
    public boolean hasNext() {
        return read < count;
    }

    @Override
    public Record next() {
        if (read >= count) {
            throw new NoSuchElementException("the batch holds " + count + " records");
        }
        var record = parse(nextBody());
        read++;
        if (read == count) {
            checkEnd();
        }
        return record;
    }

    /// The bytes of the next record after its length.
    private ByteBuffer nextBody() {
        if (plain != null) {
            int size = Varints.readInt(plain);
            if (size < 0 || size > plain.remaining()) {
                throw invalid("record " + read + " says it has " + size + " bytes, " + plain.remaining() + " are left");
            }
            var body = plain.slice(plain.position(), size);
            plain.position(plain.position() + size);
            return body;
        }
        try {
            var in = java.util.Objects.requireNonNull(stream);
            int size = Varints.readInt(in);
            if (size < 0) {
                throw invalid("record " + read + " says it has " + size + " bytes");
            }
            byte[] body = in.readNBytes(size);
            if (body.length < size) {
                throw invalid("record " + read + " says it has " + size + " bytes, " + body.length + " are left");
            }
            return ByteBuffer.wrap(body);
        } catch (IOException | RuntimeException failure) {
            throw Compression.broken(batch.compression(), failure);
        }
    }

    private void checkEnd() {
        if (plain != null) {
            if (plain.hasRemaining()) {
                throw invalid(plain.remaining() + " bytes follow the last record");
            }
            return;
        }
        try {
            if (java.util.Objects.requireNonNull(stream).read() >= 0) {
                throw invalid("bytes follow the last record");
            }
        } catch (IOException | RuntimeException failure) {
            throw Compression.broken(batch.compression(), failure);
        }
    }

    private Record parse(ByteBuffer body) {
        if (!body.hasRemaining()) {
            throw invalid("record " + read + " is empty");
        }
        body.get(); // attributes: unused
        long timestamp = baseTimestamp + Varints.readLong(body);
        int delta = Varints.readInt(body);
        if (delta <= lastDelta || delta > batch.lastOffsetDelta()) {
            throw invalid("offset delta " + delta + " of record " + read + " after delta " + lastDelta);
        }
        lastDelta = delta;
        var key = bytes(body, "key");
        var value = bytes(body, "value");
        var headers = headers(body);
        if (body.hasRemaining()) {
            throw invalid(body.remaining() + " bytes too many in record " + read);
        }
        return new Record(baseOffset + delta, appendTime >= 0 ? appendTime : timestamp, key, value, headers);
    }

    private List<Header> headers(ByteBuffer body) {
        int size = Varints.readInt(body);
        // A header is at least 2 bytes long.
        if (size < 0 || size > body.remaining() / 2) {
            throw invalid(size + " headers in record " + read);
        }
        if (size == 0) {
            return List.of();
        }
        var headers = new ArrayList<Header>(size);
        for (int i = 0; i < size; i++) {
            var key = bytes(body, "header key");
            if (key == null) {
                throw invalid("header without a key in record " + read);
            }
            headers.add(new Header(StandardCharsets.UTF_8.decode(key).toString(), bytes(body, "header value")));
        }
        return headers;
    }

    private @Nullable ByteBuffer bytes(ByteBuffer body, String what) {
        int size = Varints.readInt(body);
        if (size == -1) {
            return null;
        }
        if (size < 0 || size > body.remaining()) {
            throw invalid(what + " of " + size + " bytes in record " + read + ", " + body.remaining() + " are left");
        }
        var slice = body.slice(body.position(), size);
        body.position(body.position() + size);
        return slice;
    }

    @Override
    public void close() {
        if (stream != null) {
            try {
                stream.close();
            } catch (IOException ignored) {
                // Nothing but memory is behind it.
            }
        }
    }

    private static InvalidBatchException invalid(String text) {
        return new InvalidBatchException(BatchError.INVALID_RECORD, text);
    }
}
