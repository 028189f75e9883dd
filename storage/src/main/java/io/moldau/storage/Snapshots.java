package io.moldau.storage;

import io.moldau.environment.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The files `<offset>.snapshot` of a log: its producers' state as of that offset.
final class Snapshots {
    private static final String SUFFIX = ".snapshot";

    private Snapshots() {}

    static void write(Disk disk, Path log, long offset, byte[] snapshot) throws IOException {
        AtomicFile.write(disk, log.resolve(Segment.fileName(offset, SUFFIX)), snapshot);
    }

    private static List<Long> offsets(List<String> names) {
        var offsets = new ArrayList<Long>();
        for (var name : names) {
            if (name.endsWith(SUFFIX)) {
                offsets.add(Long.parseLong(name.substring(0, name.length() - SUFFIX.length())));
            }
        }
        return offsets;
    }

    /// Loads the newest good snapshot at or below an offset; where it stands, -1 if there is none.
    ///
    /// @param names what the log's folder holds, sorted
    static long load(Disk disk, Path log, List<String> names, long atMost, ProducerStates target) throws IOException {
        var offsets = offsets(names);
        for (int i = offsets.size() - 1; i >= 0; i--) {
            long offset = offsets.get(i);
            if (offset <= atMost && target.load(AtomicFile.read(disk, log.resolve(Segment.fileName(offset, SUFFIX))))) {
                return offset;
            }
        }
        return -1;
    }

    /// Removes all but the newest at or below an offset that a checkpoint remembers.
    static void deleteOlder(Disk disk, Path log, long recoveryPoint) throws IOException {
        var offsets = offsets(disk.list(log));
        offsets.removeIf(offset -> offset > recoveryPoint);
        for (int i = 0; i < offsets.size() - 1; i++) {
            disk.deleteIfExists(log.resolve(Segment.fileName(offsets.get(i), SUFFIX)));
        }
    }

    static void deleteAbove(Disk disk, Path log, List<String> names, long offset) throws IOException {
        for (long known : offsets(names)) {
            if (known > offset) {
                disk.deleteIfExists(log.resolve(Segment.fileName(known, SUFFIX)));
            }
        }
    }
}
