package io.moldau.records;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Locale;

/// The codecs of record batches, in Kafka's framings. Each codec's library is loaded at its first use.
public enum Compression {
    NONE(0),
    GZIP(1),
    /// The stream format of snappy-java ("xerial"); raw snappy blocks are read too.
    SNAPPY(2),
    /// The LZ4 frame format with independent blocks of 64 KiB.
    LZ4(3),
    ZSTD(4);

    /// Leaves the level to the codec.
    public static final int DEFAULT_LEVEL = Integer.MIN_VALUE;

    private static final Compression[] BY_ID = values();

    private final int id;

    Compression(int id) {
        this.id = id;
    }

    /// The number in a batch's attributes.
    public int id() {
        return id;
    }

    /// Kafka's name in settings.
    public String configName() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Compression ofId(int id) {
        if (id < 0 || id >= BY_ID.length) {
            throw new InvalidBatchException(BatchError.UNSUPPORTED_COMPRESSION_TYPE, "compression type " + id);
        }
        return BY_ID[id];
    }

    OutputStream compress(OutputStream target, int level) throws IOException {
        return switch (this) {
            case NONE -> target;
            case GZIP -> GzipCodec.compress(target, level);
            case SNAPPY -> new SnappyCodec.Output(target);
            case LZ4 -> Lz4Codec.compress(target, level);
            case ZSTD -> ZstdCodec.compress(target, level);
        };
    }

    InputStream decompress(ByteBuffer source) {
        try {
            return switch (this) {
                case NONE -> new BufferStream(source);
                case GZIP -> GzipCodec.decompress(new BufferStream(source));
                case SNAPPY -> new SnappyCodec.Input(source);
                case LZ4 -> Lz4Codec.decompress(new BufferStream(source));
                case ZSTD -> ZstdCodec.decompress(new BufferStream(source));
            };
        } catch (IOException | RuntimeException failure) {
            throw broken(this, failure);
        }
    }

    static InvalidBatchException broken(Compression codec, Exception failure) {
        return failure instanceof InvalidBatchException invalid
                ? invalid
                : new InvalidBatchException(
                        BatchError.CORRUPT_MESSAGE, "broken " + codec.configName() + " data: " + failure.getMessage());
    }
}
