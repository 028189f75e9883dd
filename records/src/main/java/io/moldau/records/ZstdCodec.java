package io.moldau.records;

import com.github.luben.zstd.RecyclingBufferPool;
import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/// Zstandard; the only class that touches the library, so that it loads at the first use.
final class ZstdCodec {
    private ZstdCodec() {}

    static OutputStream compress(OutputStream target, int level) throws IOException {
        return new ZstdOutputStreamNoFinalizer(
                target,
                RecyclingBufferPool.INSTANCE,
                level == Compression.DEFAULT_LEVEL ? Zstd.defaultCompressionLevel() : level);
    }

    static InputStream decompress(InputStream source) throws IOException {
        return new ZstdInputStreamNoFinalizer(source, RecyclingBufferPool.INSTANCE);
    }
}
