package io.moldau.storage;

import io.moldau.environment.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Reads everything in a log directory that no process uses, and says what is wrong. Changes nothing.
public final class Verification {
    /// @param file relative to the directory
    public record Problem(Path file, String text) {}

    /// @param journalEntries that a start would replay
    public record Report(
            int logs,
            int segments,
            long batches,
            long bytes,
            int journalEntries,
            boolean clean,
            List<Problem> problems) {}

    private final Disk disk;
    private final Path directory;
    private final Consumer<Path> progress;
    private final List<Problem> problems = new ArrayList<>();
    private int logs;
    private int segments;
    private long batches;
    private long bytes;

    private Verification(Disk disk, Path directory, Consumer<Path> progress) {
        this.disk = disk;
        this.directory = directory;
        this.progress = progress;
    }

    /// @param progress hears of each log's folder before it is read
    public static Report run(Disk disk, Path directory, Consumer<Path> progress) throws IOException {
        if (!disk.exists(directory.resolve(CheckpointFile.FILE))) {
            throw new IOException(directory + " is no data directory: it has no file " + CheckpointFile.FILE);
        }
        var lock = DirectoryLock.take(disk, directory);
        try {
            return new Verification(disk, directory, progress).all();
        } finally {
            lock.release();
        }
    }

    private Report all() throws IOException {
        var file = directory.resolve(CheckpointFile.FILE);
        var contents = CheckpointFile.readAll(disk, file);
        if (contents.groups() == 0) {
            problem(file, "damaged: no start is possible");
        }
        var checkpoint = contents.checkpoint();
        var known = new HashMap<PartitionId, Checkpoint.Line>();
        checkpoint.logs().values().forEach(line -> known.put(line.id(), line));
        for (var name : disk.list(directory)) {
            var id = DirectoryRecovery.partitionOf(name);
            if (id.isPresent()) {
                log(directory.resolve(name), known.remove(id.get()), checkpoint.clean());
            }
        }
        for (var line : known.values()) {
            if (line.sizeBytes() > 0) {
                problem(directory.resolve(line.id().toString()), "missing, with " + line.sizeBytes() + " bytes");
            }
        }
        return new Report(
                logs, segments, batches, bytes, journal(checkpoint), checkpoint.clean(), List.copyOf(problems));
    }

    private int journal(Checkpoint checkpoint) throws IOException {
        if (checkpoint.clean()) {
            return 0;
        }
        var entries = new ArrayList<Journal.Mark>();
        for (var start : checkpoint.journal()) {
            Journal.replay(
                    disk,
                    directory,
                    start.generation(),
                    new Journal.Mark(start.position(), start.sequence()),
                    entries,
                    _ -> {});
        }
        return entries.size();
    }

    private void problem(Path file, String text) {
        problems.add(new Problem(directory.relativize(file), text));
    }

    private void log(Path folder, Checkpoint.@Nullable Line line, boolean clean) throws IOException {
        progress.accept(folder);
        logs++;
        long expected = -1;
        Path last = folder;
        var aborted = new VerifiedTransactions(disk);
        for (var name : disk.list(folder)) {
            if (!name.endsWith(".log")) {
                continue;
            }
            var path = folder.resolve(name);
            long base = Long.parseLong(name.substring(0, name.length() - ".log".length()));
            if (expected > base) {
                problem(path, "begins at offset " + base + ", the segment before it ends at " + expected);
            }
            // What lies above the recovery point of an unclean stop may be torn: the next start cuts it.
            boolean synced = line != null && (clean || base < line.segmentBase());
            long sure = synced ? Long.MAX_VALUE : line != null && base == line.segmentBase() ? line.position() : 0;
            aborted.begin(folder.resolve(Segment.fileName(base, AbortedTransactions.SUFFIX)));
            expected = segment(path, base, sure, aborted);
            aborted.end().ifPresent(text -> problem(path, text));
            last = path;
            index(folder, name.substring(0, name.length() - ".log".length()), path);
        }
        if (line != null && clean && expected >= 0 && expected != line.recoveryPoint()) {
            problem(last, "ends at offset " + expected + ", the checkpoint says " + line.recoveryPoint());
        }
    }

    /// Where the segment ends. A bad batch below `sureBytes` is a problem.
    private long segment(Path path, long base, long sureBytes, VerifiedTransactions aborted) throws IOException {
        segments++;
        long expected = base;
        try (var file = disk.open(path)) {
            long size = file.sizeBytes();
            var scan = new SegmentScan(file, 0, size);
            long at = 0;
            for (var batch = scan.next(); batch != null; batch = scan.next()) {
                if (at < sureBytes) {
                    if (batch.checkCrc()) {
                        aborted.next(batch);
                    } else {
                        problem(path, "bad checksum at position " + at + ", offset " + batch.baseOffset());
                    }
                }
                if (at < sureBytes && batch.baseOffset() < expected) {
                    problem(path, "offset " + batch.baseOffset() + " at position " + at + " after " + expected);
                }
                expected = batch.nextOffset();
                batches++;
                at = scan.position();
            }
            bytes += at;
            if (at < Math.min(size, sureBytes)) {
                problem(path, "no batch at position " + at + " of " + size);
            }
        }
        return expected;
    }

    /// Index files may be short or missing, and are made anew; entries that are there must be right.
    private void index(Path folder, String name, Path segment) throws IOException {
        var offsets = folder.resolve(name + ".index");
        if (!disk.exists(offsets)) {
            return;
        }
        var entries = ByteBuffer.wrap(AtomicFile.read(disk, offsets));
        long base = Long.parseLong(name);
        try (var file = disk.open(segment)) {
            long size = file.sizeBytes();
            while (entries.remaining() >= 8) {
                long offset = base + entries.getInt();
                int position = entries.getInt();
                var header = position < 0 || position >= size ? null : BatchHeader.read(file, position, size);
                if (header == null || header.baseOffset() != offset) {
                    problem(
                            offsets,
                            "points at position " + position + " for offset " + offset + ", where no such batch is");
                    return;
                }
            }
        }
    }
}
