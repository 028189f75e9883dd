package io.moldau.cli;

import io.moldau.environment.Disk;
import io.moldau.environment.DiskFile;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Lines of bytes from a file or standard input, without their ends (LF or CR LF). No charset: what comes in goes out.
final class Lines implements AutoCloseable {
    private final InputStream in;
    private byte[] buffer = new byte[1 << 16];
    private int from;
    private int to;

    Lines(InputStream in) {
        this.in = in;
    }

    static Lines standardInput() {
        return new Lines(new FileInputStream(FileDescriptor.in));
    }

    static Lines of(Disk disk, Path file) throws IOException {
        return new Lines(new FileStream(disk.openForReading(file)));
    }

    byte @Nullable [] next() throws IOException {
        int scanned = from;
        while (true) {
            for (; scanned < to; scanned++) {
                if (buffer[scanned] == '\n') {
                    int end = scanned > from && buffer[scanned - 1] == '\r' ? scanned - 1 : scanned;
                    var line = Arrays.copyOfRange(buffer, from, end);
                    from = scanned + 1;
                    return line;
                }
            }
            scanned -= makeRoom();
            int count = in.read(buffer, to, buffer.length - to);
            if (count < 0) {
                if (from == to) {
                    return null;
                }
                var line = Arrays.copyOfRange(buffer, from, to);
                from = to;
                return line;
            }
            to += count;
        }
    }

    /// How far the content moved to the front.
    private int makeRoom() {
        int moved = from;
        if (to == buffer.length) {
            if (from == 0) {
                buffer = Arrays.copyOf(buffer, buffer.length * 2);
            } else {
                System.arraycopy(buffer, from, buffer, 0, to - from);
                to -= from;
                from = 0;
                return moved;
            }
        }
        return 0;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    private static final class FileStream extends InputStream {
        private final DiskFile file;
        private long position;

        FileStream(DiskFile file) {
            this.file = file;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int count = file.read(ByteBuffer.wrap(target, offset, length), position);
            position += count;
            return count == 0 ? -1 : count;
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
