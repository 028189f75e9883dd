package io.moldau.storage;

import io.moldau.environment.Disk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The file `checkpoint` of a log directory: what is known to be on disk, and where the journal starts to matter.
///
/// @param clean the process that wrote it ended cleanly: nothing needs to be scanned or replayed
/// @param generation of the journal entries that count
record Checkpoint(
        boolean clean, long generation, long journalPosition, long journalSequence, Map<PartitionId, Line> logs) {
    /// One log: everything below `recoveryPoint` is synced; it lies at `position` of segment `segmentBase`.
    record Line(
            PartitionId id,
            UuidBits topicId,
            long logStart,
            long recoveryPoint,
            long segmentBase,
            int position,
            Epochs epochs) {}

    static final String FILE = "checkpoint";
    private static final String VERSION = "moldau-checkpoint 1";
    static final Checkpoint NONE = new Checkpoint(true, 0, 0, 1, Map.of());

    void write(Disk disk, Path directory) throws IOException {
        var text = new StringBuilder(VERSION).append('\n');
        text.append("clean ").append(clean).append('\n');
        text.append("journal ")
                .append(generation)
                .append(' ')
                .append(journalPosition)
                .append(' ');
        text.append(journalSequence).append('\n');
        for (var line : logs.values()) {
            text.append("log ")
                    .append(line.id.topic())
                    .append(' ')
                    .append(line.id.partition())
                    .append(' ');
            text.append(Long.toHexString(line.topicId.mostSignificant())).append(' ');
            text.append(Long.toHexString(line.topicId.leastSignificant())).append(' ');
            text.append(line.logStart).append(' ').append(line.recoveryPoint).append(' ');
            text.append(line.segmentBase).append(' ').append(line.position);
            for (var epoch : line.epochs.starts()) {
                text.append(' ').append(epoch.epoch()).append(':').append(epoch.startOffset());
            }
            text.append('\n');
        }
        byte[] body = text.toString().getBytes(StandardCharsets.UTF_8);
        text.append("crc ")
                .append(Integer.toHexString(AtomicFile.crc(body, 0, body.length)))
                .append('\n');
        AtomicFile.write(disk, directory.resolve(FILE), text.toString().getBytes(StandardCharsets.UTF_8));
    }

    static Checkpoint read(Disk disk, Path directory) throws IOException {
        var path = directory.resolve(FILE);
        if (!disk.exists(path)) {
            return NONE;
        }
        var text = new String(AtomicFile.read(disk, path), StandardCharsets.UTF_8);
        int end = text.lastIndexOf("crc ");
        byte[] body = text.substring(0, Math.max(0, end)).getBytes(StandardCharsets.UTF_8);
        if (end < 0
                || !text.startsWith(VERSION + "\n")
                || !text.substring(end)
                        .strip()
                        .equals("crc " + Integer.toHexString(AtomicFile.crc(body, 0, body.length)))) {
            throw new IOException(path + " is damaged; restore it or move the data directory away");
        }
        boolean clean = false;
        long[] journal = {0, 0, 1};
        var logs = new HashMap<PartitionId, Line>();
        for (var line : new String(body, StandardCharsets.UTF_8).lines().toList()) {
            var words = List.of(line.split(" "));
            switch (words.getFirst()) {
                case "clean" -> clean = Boolean.parseBoolean(words.get(1));
                case "journal" -> {
                    for (int i = 0; i < journal.length; i++) {
                        journal[i] = Long.parseLong(words.get(i + 1));
                    }
                }
                case "log" -> {
                    var parsed = line(words);
                    logs.put(parsed.id(), parsed);
                }
                default -> {}
            }
        }
        return new Checkpoint(clean, journal[0], journal[1], journal[2], logs);
    }

    private static Line line(List<String> words) {
        var epochs = new ArrayList<Epochs.Epoch>();
        for (var pair : words.subList(9, words.size())) {
            int colon = pair.indexOf(':');
            epochs.add(new Epochs.Epoch(
                    Integer.parseInt(pair, 0, colon, 10), Long.parseLong(pair, colon + 1, pair.length(), 10)));
        }
        return new Line(
                new PartitionId(words.get(1), Integer.parseInt(words.get(2))),
                new UuidBits(Long.parseUnsignedLong(words.get(3), 16), Long.parseUnsignedLong(words.get(4), 16)),
                Long.parseLong(words.get(5)),
                Long.parseLong(words.get(6)),
                Long.parseLong(words.get(7)),
                Integer.parseInt(words.get(8)),
                new Epochs(List.copyOf(epochs)));
    }
}
