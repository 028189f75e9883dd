package io.moldau.storage;

import io.moldau.environment.Disk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/// The file `cleaner-offset` of a log: how far compaction came. Without it everything counts as new.
///
/// @param below every batch below this offset went through a pass
record CleanedOffset(long below, long passMs, long bytesBefore, long bytesAfter) {
    static final CleanedOffset NONE = new CleanedOffset(0, 0, 0, 0);
    private static final String FILE = "cleaner-offset";
    private static final String VERSION = "moldau-cleaner 1";

    void write(Disk disk, Path log) throws IOException {
        var body = VERSION + "\ncleaned " + below + "\npass " + passMs + " " + bytesBefore + " " + bytesAfter + "\n";
        AtomicFile.write(disk, log.resolve(FILE), (body + crc(body)).getBytes(StandardCharsets.UTF_8));
    }

    private static String crc(String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return "crc " + Integer.toHexString(AtomicFile.crc(bytes, 0, bytes.length)) + "\n";
    }

    static CleanedOffset read(Disk disk, Path log) throws IOException {
        var path = log.resolve(FILE);
        if (!disk.exists(path)) {
            return NONE;
        }
        var text = new String(AtomicFile.read(disk, path), StandardCharsets.UTF_8);
        int end = text.lastIndexOf("crc ");
        if (end < 0 || !text.startsWith(VERSION + "\n") || !text.substring(end).equals(crc(text.substring(0, end)))) {
            return NONE;
        }
        var words = List.of(text.substring(VERSION.length(), end).strip().split("\\s+"));
        return new CleanedOffset(
                Long.parseLong(words.get(1)),
                Long.parseLong(words.get(3)),
                Long.parseLong(words.get(4)),
                Long.parseLong(words.get(5)));
    }

    /// The log was cut: what is written from there on is new.
    static void cut(Disk disk, Path log, long end) throws IOException {
        var known = read(disk, log);
        if (known.below > end) {
            new CleanedOffset(end, known.passMs, known.bytesBefore, known.bytesAfter).write(disk, log);
        }
    }
}
