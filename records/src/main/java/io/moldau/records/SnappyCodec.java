package io.moldau.records;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.xerial.snappy.Snappy;

/// The stream format of snappy-java: a 16-byte header, then blocks, each after its compressed size.
///
/// The framing is our own: the library's stream believes the sizes it reads and allocates them; here every size is
/// checked against the bytes that are there. Some producers (librdkafka) send one raw block without the header.
final class SnappyCodec {
    private static final byte[] MAGIC = {(byte) 0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
    private static final int HEADER_BYTES = 16;
    private static final int BLOCK_BYTES = 32 * 1024;
    /// Snappy cannot expand more than this: a copy of 64 bytes takes 2 or more bytes.
    private static final int MAX_EXPANSION = 64;

    private SnappyCodec() {}

    static final class Output extends OutputStream {
        private final OutputStream target;
        private final byte[] block = new byte[BLOCK_BYTES];
        private int used;

        Output(OutputStream target) throws IOException {
            this.target = target;
            target.write(MAGIC);
            target.write(ByteBuffer.allocate(8).putInt(1).putInt(1).array());
        }

        @Override
        public void write(int b) throws IOException {
            if (used == BLOCK_BYTES) {
                emit();
            }
            block[used++] = (byte) b;
        }

        @Override
        public void write(byte[] source, int offset, int length) throws IOException {
            int at = offset;
            int end = offset + length;
            while (at < end) {
                if (used == BLOCK_BYTES) {
                    emit();
                }
                int size = Math.min(end - at, BLOCK_BYTES - used);
                System.arraycopy(source, at, block, used, size);
                used += size;
                at += size;
            }
        }

        private void emit() throws IOException {
            if (used > 0) {
                byte[] compressed = new byte[Snappy.maxCompressedLength(used)];
                int size = Snappy.compress(block, 0, used, compressed, 0);
                target.write(ByteBuffer.allocate(4).putInt(size).array());
                target.write(compressed, 0, size);
                used = 0;
            }
        }

        @Override
        public void close() throws IOException {
            emit();
            target.close();
        }
    }

    static final class Input extends InputStream {
        private final ByteBuffer source;
        private final boolean framed;
        private byte[] block = {};
        private int at;

        Input(ByteBuffer payload) {
            source = payload.slice().order(ByteOrder.BIG_ENDIAN);
            framed = headerHere();
        }

        private boolean headerHere() {
            if (source.remaining() < HEADER_BYTES) {
                return false;
            }
            byte[] start = new byte[MAGIC.length];
            source.get(source.position(), start);
            return Arrays.equals(start, MAGIC);
        }

        /// Decompresses the next block; false at the end.
        private boolean fill() throws IOException {
            while (at == block.length) {
                if (!source.hasRemaining()) {
                    return false;
                }
                int size = source.remaining();
                if (framed) {
                    if (headerHere()) {
                        source.position(source.position() + HEADER_BYTES);
                        continue;
                    }
                    if (source.remaining() < 4) {
                        throw new IOException("ends inside a block size");
                    }
                    size = source.getInt();
                }
                if (size <= 0 || size > source.remaining()) {
                    throw new IOException("a block of " + size + " bytes in " + source.remaining() + " bytes");
                }
                byte[] compressed = new byte[size];
                source.get(compressed);
                int length = Snappy.uncompressedLength(compressed, 0, size);
                if (length < 0 || length > (long) size * MAX_EXPANSION) {
                    throw new IOException("a block of " + size + " bytes that claims to hold " + length);
                }
                byte[] plain = new byte[length];
                if (Snappy.uncompress(compressed, 0, size, plain, 0) != length) {
                    throw new IOException("a block with a wrong length");
                }
                block = plain;
                at = 0;
            }
            return true;
        }

        @Override
        public int read() throws IOException {
            return fill() ? block[at++] & 0xff : -1;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (!fill()) {
                return -1;
            }
            int size = Math.min(length, block.length - at);
            System.arraycopy(block, at, target, offset, size);
            at += size;
            return size;
        }
    }
}
