package io.moldau.storage;

import io.moldau.environment.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// Puts one new segment in the place of some old ones, so that a crash at any moment leaves the old or the new.
///
/// 1. `X.cleaned` is written and synced. A start that finds it removes it.
/// 2. It is renamed `X-Y.swap`, and the folder synced. From here on it holds: a start that finds it goes on with 3.
/// 3. The segments that begin in [X, Y) go, with their indexes.
/// 4. It is renamed `X.log`.
///
/// Readers that have the old segments keep their open files.
final class SegmentSwap {
    static final String CLEANED = ".cleaned";
    static final String SWAP = ".swap";
    private static final int OFFSET_DIGITS = 20;

    private SegmentSwap() {}

    private static Path swapPath(PartitionLog log, SegmentRewrite rewrite) {
        return log.path().resolve(Segment.fileName(rewrite.base(), "-") + Segment.fileName(rewrite.end(), SWAP));
    }

    /// False if the log is not any more what was rewritten; the new file is removed then.
    static boolean swap(PartitionLog log, SegmentRewrite rewrite) throws IOException {
        return log.sync().exclusively(() -> {
            if (log.isDeleted()) {
                return false;
            }
            var disk = log.directory().disk();
            var swap = swapPath(log, rewrite);
            if (!rewrite.isCurrent()) {
                disk.deleteIfExists(rewrite.cleanedPath());
                return false;
            }
            for (var segment : rewrite.old()) {
                segment.pin();
            }
            disk.rename(rewrite.cleanedPath(), swap);
            try {
                disk.syncDirectory(log.path());
                boolean done = log.compaction().replace(rewrite, () -> finish(disk, log.path(), swap));
                if (done) {
                    rewrite.target().writeIndex();
                } else {
                    disk.deleteIfExists(swap);
                }
                return done;
            } catch (IOException failed) {
                // What the folder holds is not known any more; the next start finds out.
                log.directory().fail("replacing segments of " + log.id(), failed);
                throw failed;
            }
        });
    }

    private static boolean finish(Disk disk, Path folder, Path swap) throws IOException {
        var name = String.valueOf(swap.getFileName());
        long base = Long.parseLong(name, 0, OFFSET_DIGITS, 10);
        long end = Long.parseLong(name, OFFSET_DIGITS + 1, 2 * OFFSET_DIGITS + 1, 10);
        for (var file : disk.list(folder)) {
            int dot = file.indexOf('.');
            if (dot != OFFSET_DIGITS
                    || !(file.endsWith(".log") || file.endsWith(".index") || file.endsWith(".timeindex"))) {
                continue;
            }
            long offset = Long.parseLong(file, 0, dot, 10);
            if (offset >= base && offset < end) {
                disk.deleteIfExists(folder.resolve(file));
            }
        }
        disk.rename(swap, folder.resolve(Segment.fileName(base, ".log")));
        return true;
    }

    /// Brings a log's folder in order; what it holds then.
    static List<String> recover(Disk disk, Path folder) throws IOException {
        var names = disk.list(folder);
        boolean changed = false;
        for (var name : names) {
            if (name.endsWith(CLEANED)) {
                disk.deleteIfExists(folder.resolve(name));
                changed = true;
            } else if (name.endsWith(SWAP)) {
                finish(disk, folder, folder.resolve(name));
                changed = true;
            }
        }
        return changed ? disk.list(folder) : names;
    }
}
