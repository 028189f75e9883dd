package io.moldau.records;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

final class GzipCodec {
    private static final int BUFFER_BYTES = 8 * 1024;

    private GzipCodec() {}

    static OutputStream compress(OutputStream target, int level) throws IOException {
        return new Leveled(target, level);
    }

    static InputStream decompress(InputStream source) throws IOException {
        return new GZIPInputStream(source, BUFFER_BYTES);
    }

    private static final class Leveled extends GZIPOutputStream {
        Leveled(OutputStream target, int level) throws IOException {
            super(target, BUFFER_BYTES);
            if (level != Compression.DEFAULT_LEVEL) {
                def.setLevel(level);
            }
        }
    }
}
