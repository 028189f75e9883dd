package io.moldau.storage;

import io.moldau.environment.Disk;
import io.moldau.records.RecordBatches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What the files of a log directory say, but for segments ([SegmentDump]); for people who want to look inside. The
/// files need not be in use, and are not changed.
///
/// @param columns their names
/// @param rows texts, numbers and truth values
public record FileDump(List<String> columns, List<List<Object>> rows) {
    /// The kind of file is told by its name.
    public static FileDump of(Disk disk, Path file) throws IOException {
        if (!disk.exists(file)) {
            throw new IOException("there is no file " + file);
        }
        var name = String.valueOf(file.getFileName());
        int dot = name.lastIndexOf('.');
        return switch (dot < 0 ? name : name.substring(dot)) {
            case ".index" -> index(disk, file);
            case ".timeindex" -> timeIndex(disk, file);
            case AbortedTransactions.SUFFIX -> aborted(disk, file);
            case ".snapshot" -> snapshot(disk, file);
            case CheckpointFile.FILE -> checkpoint(disk, file);
            case Journal.FILE -> journal(disk, file);
            case ".metadata", "cleaner-offset" -> text(disk, file);
            default -> throw new IOException("no known kind of file is named " + name);
        };
    }

    private static ByteBuffer bytes(Disk disk, Path file) throws IOException {
        return ByteBuffer.wrap(AtomicFile.read(disk, file));
    }

    private static long base(Path file) {
        var name = String.valueOf(file.getFileName());
        return Long.parseLong(name.substring(0, name.indexOf('.')));
    }

    private static FileDump index(Disk disk, Path file) throws IOException {
        var in = bytes(disk, file);
        var rows = new ArrayList<List<Object>>();
        while (in.remaining() >= 8) {
            rows.add(List.of(base(file) + in.getInt(), in.getInt()));
        }
        return new FileDump(List.of("offset", "position"), rows);
    }

    private static FileDump timeIndex(Disk disk, Path file) throws IOException {
        var in = bytes(disk, file);
        var rows = new ArrayList<List<Object>>();
        while (in.remaining() >= 12) {
            rows.add(List.of(in.getLong(), base(file) + in.getInt()));
        }
        return new FileDump(List.of("largest timestamp", "offset"), rows);
    }

    private static FileDump aborted(Disk disk, Path file) throws IOException {
        var rows = new ArrayList<List<Object>>();
        for (var one : AbortedTransactions.read(disk, file)) {
            rows.add(List.of(one.producerId(), one.firstOffset(), one.lastOffset(), one.lastStableOffset()));
        }
        return new FileDump(List.of("producer", "first offset", "last offset", "last stable offset"), rows);
    }

    private static FileDump snapshot(Disk disk, Path file) throws IOException {
        var producers = new ProducerStates();
        if (!producers.load(AtomicFile.read(disk, file))) {
            throw new IOException(file + " is damaged: its checksum is wrong");
        }
        var rows = new ArrayList<List<Object>>();
        for (var one : producers.view()) {
            rows.add(List.of(
                    one.producerId(),
                    (int) one.producerEpoch(),
                    one.lastSequence(),
                    one.lastTimestamp(),
                    one.coordinatorEpoch(),
                    one.currentTransactionStartOffset()));
        }
        return new FileDump(
                List.of(
                        "producer",
                        "epoch",
                        "last sequence",
                        "last timestamp",
                        "coordinator epoch",
                        "transaction start"),
                rows);
    }

    private static FileDump checkpoint(Disk disk, Path file) throws IOException {
        var contents = CheckpointFile.readAll(disk, file);
        var rows = new ArrayList<List<Object>>();
        var known = contents.checkpoint();
        rows.add(List.of(
                "file", contents.groups() + " groups", contents.goodBytes(), contents.totalBytes(), "", "", "", ""));
        rows.add(List.of("stop", known.clean() ? "clean" : "unclean", "", "", "", "", "", ""));
        for (var start : known.journal()) {
            rows.add(List.of(
                    "journal", "generation " + start.generation(), start.position(), start.sequence(), "", "", "", ""));
        }
        known.logs().values().stream()
                .sorted((a, b) -> a.id().toString().compareTo(b.id().toString()))
                .forEach(line -> rows.add(List.of(
                        "log",
                        line.id().toString(),
                        line.logStart(),
                        line.recoveryPoint(),
                        line.segmentBase(),
                        line.position(),
                        line.moves(),
                        line.epochs().starts().toString())));
        return new FileDump(
                List.of("what", "name", "start", "end", "active segment", "position", "moves", "leader epochs"), rows);
    }

    /// Every whole entry that lies at a page, of whatever run: which of them count, the checkpoint knows.
    private static FileDump journal(Disk disk, Path file) throws IOException {
        var all = bytes(disk, file);
        var rows = new ArrayList<List<Object>>();
        for (int at = 0; at + JournalEntry.HEADER_BYTES <= all.capacity(); at += Journal.PAGE_BYTES) {
            var entry = JournalEntry.of(all, at);
            for (var item : entry == null ? List.<JournalItem>of() : entry.items()) {
                rows.add(List.of(
                        at,
                        all.getLong(at + 8),
                        all.getLong(at + 16),
                        Long.toHexString(item.topicId().mostSignificant())
                                + Long.toHexString(item.topicId().leastSignificant()),
                        item.partition(),
                        text(item)));
            }
        }
        return new FileDump(List.of("position", "generation", "sequence", "topic id", "partition", "item"), rows);
    }

    private static String text(JournalItem item) {
        return switch (item) {
            case JournalItem.Append append -> {
                var batches = RecordBatches.splitTrusted(append.batches());
                yield "append offsets " + batches.getFirst().baseOffset() + ".."
                        + batches.getLast().lastOffset();
            }
            case JournalItem.Create create -> "create " + create.topic();
            case JournalItem.Delete delete -> "delete";
            case JournalItem.LogStart start -> "log start " + start.offset();
        };
    }

    private static FileDump text(Disk disk, Path file) throws IOException {
        var rows = new ArrayList<List<Object>>();
        for (var line : new String(AtomicFile.read(disk, file), StandardCharsets.UTF_8)
                .lines()
                .toList()) {
            rows.add(List.of(line));
        }
        return new FileDump(List.of("line"), rows);
    }
}
