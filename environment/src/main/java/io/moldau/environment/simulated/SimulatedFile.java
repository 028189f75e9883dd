package io.moldau.environment.simulated;

import io.moldau.environment.DiskFile;
import io.moldau.environment.DiskFullException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A file: what the operating system shows, what is on the platter, and the changes between the two.
final class SimulatedFile {
    static final int SECTOR_BYTES = 512;

    /// A write, or a truncation (no bytes, `position` is the new size).
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Change(long position, byte[] bytes, boolean truncation) {}

    private byte[] seen = {};
    private byte[] platter = {};
    private List<Change> unsynced = new ArrayList<>();
    /// Blocks are there for bytes below this position.
    private long reservedTo;

    synchronized int size() {
        return seen.length;
    }

    /// What the file takes of the disk.
    synchronized long takenBytes() {
        return Math.max(seen.length, reservedTo);
    }

    synchronized void reserve(long end) {
        reservedTo = Math.max(reservedTo, end);
    }

    synchronized int read(ByteBuffer target, long position) {
        int count = (int) Math.max(0, Math.min(target.remaining(), seen.length - position));
        if (count > 0) {
            target.put(seen, (int) position, count);
        }
        return count;
    }

    synchronized void write(ByteBuffer source, long position) {
        byte[] bytes = new byte[source.remaining()];
        source.get(bytes);
        var change = new Change(position, bytes, false);
        seen = apply(seen, change);
        unsynced.add(change);
    }

    synchronized void truncate(long size) {
        if (size < seen.length) {
            var change = new Change(size, new byte[0], true);
            seen = apply(seen, change);
            unsynced.add(change);
        }
        reservedTo = 0;
    }

    synchronized void sync() {
        for (var change : unsynced) {
            platter = apply(platter, change);
        }
        unsynced = new ArrayList<>();
    }

    private static byte[] apply(byte[] content, Change change) {
        int at = (int) change.position;
        if (change.truncation) {
            return content.length > at ? Arrays.copyOf(content, at) : content;
        }
        int end = at + change.bytes.length;
        var target = end > content.length ? Arrays.copyOf(content, end) : content;
        System.arraycopy(change.bytes, 0, target, at, change.bytes.length);
        return target;
    }

    /// Each unsynced change reaches the platter whole, in part (any of its sectors, in no order), or not at all;
    /// the file may have grown without its content.
    synchronized void powerCut(SeededRandomness luck) {
        int mood = luck.nextInt(4);
        for (var change : unsynced) {
            switch (mood == 3 ? luck.nextInt(3) : mood) {
                case 0 -> {}
                case 1 -> platter = apply(platter, change);
                default -> platter = tear(platter, change, luck);
            }
        }
        unsynced = new ArrayList<>();
        seen = platter.clone();
        reservedTo = 0;
    }

    private static byte[] tear(byte[] content, Change change, SeededRandomness luck) {
        if (change.truncation) {
            return luck.oneIn(2) ? apply(content, change) : content;
        }
        int from = (int) change.position;
        int end = from + change.bytes.length;
        var target = content;
        if (luck.oneIn(2) && end > target.length) {
            target = Arrays.copyOf(target, end);
        }
        for (int at = from; at < end; ) {
            int next = Math.min(end, (at / SECTOR_BYTES + 1) * SECTOR_BYTES);
            if (luck.oneIn(2)) {
                byte[] piece = Arrays.copyOfRange(change.bytes, at - from, next - from);
                target = apply(target, new Change(at, piece, false));
            }
            at = next;
        }
        return target;
    }

    /// An open handle; dead after a crash.
    static final class Handle implements DiskFile {
        private final SimulatedFile file;
        private final SimulatedDisk disk;
        private final Path path;
        private final int boot;

        Handle(SimulatedFile file, SimulatedDisk disk, Path path) {
            this.file = file;
            this.disk = disk;
            this.path = path;
            this.boot = disk.boot();
        }

        private void alive() throws IOException {
            if (disk.boot() != boot) {
                throw new IOException("the machine crashed while this file was open");
            }
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            alive();
            return file.read(target, position);
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            alive();
            disk.countWrite(path);
            long growth = Math.max(0, position + source.remaining() - file.takenBytes());
            long room = disk.room(growth);
            if (room < growth) {
                // As the real thing: what fits is written.
                int left = (int) Math.max(0, source.remaining() - (growth - room));
                file.write(source.slice(source.position(), left), position);
                throw new DiskFullException(path, new IOException("simulated"));
            }
            file.write(source, position);
        }

        @Override
        public void write(ByteBuffer[] sources, long position) throws IOException {
            long at = position;
            for (var source : sources) {
                int size = source.remaining();
                write(source, at);
                at += size;
            }
        }

        @Override
        public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
            alive();
            var bytes = ByteBuffer.allocate((int) Math.max(0, Math.min(count, file.size() - position)));
            file.read(bytes, position);
            return target.write(bytes.flip());
        }

        @Override
        public void sync() throws IOException {
            alive();
            disk.countSync(path);
            file.sync();
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            alive();
            disk.countWrite(path);
            file.truncate(sizeBytes);
        }

        @Override
        public long sizeBytes() throws IOException {
            alive();
            return file.size();
        }

        @Override
        public void close() {}
    }
}
