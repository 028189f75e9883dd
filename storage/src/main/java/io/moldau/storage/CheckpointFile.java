package io.moldau.storage;

import io.moldau.environment.Disk;
import io.moldau.environment.DiskFile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The file `checkpoint`: groups, each with what changed since the one before it, so that a checkpoint costs what
/// changed and not what there is. When the later groups outweigh the first, which says everything, the file is written
/// anew. A group that is not whole, and what follows it, does not count.
///
/// Used by one thread at a time.
final class CheckpointFile {
    static final String FILE = "checkpoint";
    static final int MAGIC = 0x4d434b50;
    static final int HEADER_BYTES = 12;
    private static final byte VERSION = 3;
    /// Before logs were moved from one directory to another.
    private static final byte VERSION_WITHOUT_MOVES = 2;
    private static final int CLEAN = 1;
    private static final int FULL = 2;
    private static final int LEAST_GROWTH_BYTES = 64 << 10;

    private final Disk disk;
    private final Path path;
    private final Map<LogKey, Checkpoint.Line> lines;
    private @Nullable DiskFile file;
    private long sequence;
    private long end;
    private long fullBytes = -1;

    /// What was read, and up to where the file is good.
    record Contents(Checkpoint checkpoint, int groups, long goodBytes, long totalBytes) {}

    CheckpointFile(Disk disk, Path directory, Checkpoint last) {
        this.disk = disk;
        this.path = directory.resolve(FILE);
        this.lines = new HashMap<>(last.logs());
    }

    void write(
            boolean clean,
            List<Checkpoint.JournalStart> journal,
            Collection<Checkpoint.Line> changed,
            Collection<LogKey> removed)
            throws IOException {
        changed.forEach(line -> lines.put(line.key(), line));
        removed.forEach(lines::remove);
        if (fullBytes < 0 || end > 2 * Math.max(fullBytes, LEAST_GROWTH_BYTES)) {
            rewrite(clean, journal);
            return;
        }
        var group = group(sequence + 1, clean ? CLEAN : 0, journal, changed, removed);
        int size = group.remaining();
        var target = opened();
        try {
            target.write(group, end);
        } catch (IOException failed) {
            // The next group goes to the same place.
            fullBytes = -1;
            throw failed;
        }
        target.sync();
        end += size;
        sequence++;
    }

    private void rewrite(boolean clean, List<Checkpoint.JournalStart> journal) throws IOException {
        var group = group(1, FULL | (clean ? CLEAN : 0), journal, lines.values(), List.of());
        var bytes = new byte[group.remaining()];
        group.get(bytes);
        close();
        fullBytes = -1;
        AtomicFile.write(disk, path, bytes);
        sequence = 1;
        end = bytes.length;
        fullBytes = bytes.length;
    }

    private DiskFile opened() throws IOException {
        var open = file;
        if (open == null) {
            open = disk.open(path);
            file = open;
        }
        return open;
    }

    void close() throws IOException {
        var open = file;
        file = null;
        if (open != null) {
            open.close();
        }
    }

    private static ByteBuffer group(
            long sequence,
            int flags,
            List<Checkpoint.JournalStart> journal,
            Collection<Checkpoint.Line> changed,
            Collection<LogKey> removed)
            throws IOException {
        var bytes = new ByteArrayOutputStream(64 + changed.size() * 128);
        var out = new DataOutputStream(bytes);
        out.writeInt(MAGIC);
        out.writeLong(0);
        out.writeByte(VERSION);
        out.writeByte(flags);
        out.writeLong(sequence);
        out.writeInt(journal.size());
        for (var start : journal) {
            out.writeLong(start.generation());
            out.writeLong(start.position());
            out.writeLong(start.sequence());
        }
        out.writeInt(changed.size());
        for (var line : changed) {
            out.writeUTF(line.id().topic());
            out.writeInt(line.id().partition());
            out.writeLong(line.topicId().mostSignificant());
            out.writeLong(line.topicId().leastSignificant());
            out.writeLong(line.logStart());
            out.writeLong(line.recoveryPoint());
            out.writeLong(line.lastStable());
            out.writeLong(line.segmentBase());
            out.writeInt(line.position());
            out.writeLong(line.sizeBytes());
            out.writeLong(line.oldestMs());
            out.writeInt(line.moves());
            out.writeInt(line.epochs().starts().size());
            for (var epoch : line.epochs().starts()) {
                out.writeInt(epoch.epoch());
                out.writeLong(epoch.startOffset());
            }
        }
        out.writeInt(removed.size());
        for (var key : removed) {
            out.writeLong(key.topicId().mostSignificant());
            out.writeLong(key.topicId().leastSignificant());
            out.writeInt(key.partition());
        }
        byte[] group = bytes.toByteArray();
        var buffer = ByteBuffer.wrap(group);
        buffer.putInt(8, group.length - HEADER_BYTES);
        buffer.putInt(4, AtomicFile.crc(group, 8, group.length - 8));
        return buffer;
    }

    static Checkpoint read(Disk disk, Path directory) throws IOException {
        var path = directory.resolve(FILE);
        if (!disk.exists(path)) {
            return Checkpoint.NONE;
        }
        var contents = readAll(disk, path);
        if (contents.groups == 0) {
            throw new IOException(path + " is damaged; restore it or move the data directory away");
        }
        return contents.checkpoint;
    }

    static Contents readAll(Disk disk, Path path) throws IOException {
        byte[] all = AtomicFile.read(disk, path);
        var buffer = ByteBuffer.wrap(all);
        var state = new Reading();
        int at = 0;
        while (at + HEADER_BYTES < all.length && buffer.getInt(at) == MAGIC) {
            int size = buffer.getInt(at + 8);
            if (size <= 0
                    || size > all.length - at - HEADER_BYTES
                    || buffer.getInt(at + 4) != AtomicFile.crc(all, at + 8, size + 4)) {
                break;
            }
            var in = new DataInputStream(new ByteArrayInputStream(all, at + HEADER_BYTES, size));
            byte version = in.readByte();
            if (version != VERSION && version != VERSION_WITHOUT_MOVES) {
                throw new IOException(path + " was written by another version of Moldau: start that one");
            }
            if (!state.group(in, version)) {
                break;
            }
            at += HEADER_BYTES + size;
        }
        return new Contents(
                new Checkpoint(state.clean, state.journal, state.lines), (int) state.sequence, at, all.length);
    }

    private static final class Reading {
        private final Map<LogKey, Checkpoint.Line> lines = new HashMap<>();
        private final Map<String, String> names = new HashMap<>();
        private List<Checkpoint.JournalStart> journal = List.of();
        private boolean clean;
        private long sequence;

        /// False for a group that does not follow the one before it.
        private boolean group(DataInputStream in, byte version) throws IOException {
            int flags = in.readByte();
            long number = in.readLong();
            if (number != sequence + 1) {
                return false;
            }
            sequence = number;
            clean = (flags & CLEAN) != 0;
            var starts = new ArrayList<Checkpoint.JournalStart>();
            for (int left = in.readInt(); left > 0; left--) {
                starts.add(new Checkpoint.JournalStart(in.readLong(), in.readLong(), in.readLong()));
            }
            journal = List.copyOf(starts);
            for (int left = in.readInt(); left > 0; left--) {
                var line = line(in, version);
                lines.put(line.key(), line);
            }
            for (int left = in.readInt(); left > 0; left--) {
                lines.remove(new LogKey(new UuidBits(in.readLong(), in.readLong()), in.readInt()));
            }
            return true;
        }

        private Checkpoint.Line line(DataInputStream in, byte version) throws IOException {
            // One text for all the partitions of a topic.
            var topic = names.computeIfAbsent(in.readUTF(), name -> name);
            var id = new PartitionId(topic, in.readInt());
            var topicId = new UuidBits(in.readLong(), in.readLong());
            long logStart = in.readLong();
            long recoveryPoint = in.readLong();
            long lastStable = in.readLong();
            long segmentBase = in.readLong();
            int position = in.readInt();
            long sizeBytes = in.readLong();
            long oldestMs = in.readLong();
            int moves = version == VERSION_WITHOUT_MOVES ? 0 : in.readInt();
            var epochs = new ArrayList<Epochs.Epoch>();
            for (int left = in.readInt(); left > 0; left--) {
                epochs.add(new Epochs.Epoch(in.readInt(), in.readLong()));
            }
            return new Checkpoint.Line(
                    id,
                    topicId,
                    logStart,
                    recoveryPoint,
                    lastStable,
                    segmentBase,
                    position,
                    sizeBytes,
                    oldestMs,
                    moves,
                    new Epochs(List.copyOf(epochs)));
        }
    }
}
