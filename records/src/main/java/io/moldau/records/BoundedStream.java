package io.moldau.records;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/// Ends a decompression bomb: refuses to give more than a number of bytes.
final class BoundedStream extends FilterInputStream {
    private final long limitBytes;
    private long given;

    BoundedStream(InputStream in, long limitBytes) {
        super(in);
        this.limitBytes = limitBytes;
    }

    @Override
    public int read() throws IOException {
        int b = in.read();
        if (b >= 0) {
            count(1);
        }
        return b;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int size = in.read(target, offset, length);
        if (size > 0) {
            count(size);
        }
        return size;
    }

    @Override
    public int available() {
        // BufferedInputStream asks; the codecs' answers are not worth their exceptions.
        return 0;
    }

    private void count(int size) {
        given += size;
        if (given > limitBytes) {
            throw new InvalidBatchException(
                    BatchError.INVALID_RECORD, "the batch decompresses to more than " + limitBytes + " bytes");
        }
    }
}
