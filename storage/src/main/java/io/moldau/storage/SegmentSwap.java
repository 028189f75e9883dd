package io.moldau.storage;

import io.moldau.environment.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Puts one new segment in the place of some old ones, so that a crash at any moment leaves the old or the new.
///
/// 1. `X.cleaned` is written and synced, and where the old segments know of aborted transactions `X.txncleaned` too. A
///    start that finds them removes them.
/// 2. The latter is renamed `X-Y.txnswap`, then the former `X-Y.swap`, and the folder synced. From here on it holds: a
///    start that finds a `.swap` goes on with 3; a `.txnswap` alone is removed.
/// 3. If there is a `.txnswap`, the `.txnindex` of each segment that begins in [X, Y) goes, and it is renamed
///    `X.txnindex`; or it goes too, if it is empty.
/// 4. The segments that begin in [X, Y) go, with their indexes.
/// 5. `X-Y.swap` is renamed `X.log`.
///
/// Readers that have the old segments keep their open files.
final class SegmentSwap {
    static final String CLEANED = ".cleaned";
    static final String SWAP = ".swap";
    static final String ABORTED_CLEANED = ".txncleaned";
    private static final String ABORTED_SWAP = ".txnswap";
    private static final int OFFSET_DIGITS = 20;
    private static final List<String> FILES = List.of(".log", ".index", ".timeindex");

    private SegmentSwap() {}

    private static Path swapPath(PartitionLog log, SegmentRewrite rewrite, String suffix) {
        return log.path().resolve(Segment.fileName(rewrite.base(), "-") + Segment.fileName(rewrite.end(), suffix));
    }

    /// False if the log is not any more what was rewritten; the new file is removed then.
    static boolean swap(PartitionLog log, SegmentRewrite rewrite) throws IOException {
        var retired = new ArrayList<Path>();
        boolean swapped = swap(log, rewrite, retired);
        log.directory().delete(retired);
        return swapped;
    }

    private static boolean swap(PartitionLog log, SegmentRewrite rewrite, List<Path> retired) throws IOException {
        return log.sync().exclusively(() -> {
            if (log.isDeleted()) {
                return false;
            }
            var disk = log.directory().disk();
            var swap = swapPath(log, rewrite, SWAP);
            var abortedSwap = swapPath(log, rewrite, ABORTED_SWAP);
            if (!rewrite.isCurrent()) {
                disk.deleteIfExists(rewrite.cleanedPath());
                return false;
            }
            for (var segment : rewrite.old()) {
                segment.pin();
            }
            if (rewrite.concernsAborted()) {
                rewrite.target().aborted().writeTo(rewrite.abortedPath());
                disk.rename(rewrite.abortedPath(), abortedSwap);
            }
            disk.rename(rewrite.cleanedPath(), swap);
            try {
                disk.syncDirectory(log.path());
                var names = disk.list(log.path());
                boolean done = log.compaction().replace(rewrite, () -> finish(disk, swap, names, retired));
                if (done) {
                    rewrite.target().writeIndex();
                } else {
                    disk.deleteIfExists(swap);
                    disk.deleteIfExists(abortedSwap);
                }
                return done;
            } catch (IOException failed) {
                // What the folder holds is not known any more; the next start finds out.
                log.directory().fail("replacing segments of " + log.id(), failed);
                throw failed;
            }
        });
    }

    /// @param names what the folder holds
    /// @param retired takes the new names of files to be deleted
    private static boolean finish(Disk disk, Path swap, List<String> names, List<Path> retired) throws IOException {
        var name = String.valueOf(swap.getFileName());
        long base = Long.parseLong(name, 0, OFFSET_DIGITS, 10);
        long end = Long.parseLong(name, OFFSET_DIGITS + 1, 2 * OFFSET_DIGITS + 1, 10);
        var old = names.stream()
                .filter(file -> belongsBetween(base, file, end))
                .map(swap::resolveSibling)
                .toList();
        var aborted = swap.resolveSibling(name.substring(0, name.length() - SWAP.length()) + ABORTED_SWAP);
        if (disk.exists(aborted)) {
            retire(disk, old, List.of(AbortedTransactions.SUFFIX), retired);
            if (disk.sizeBytes(aborted) == 0) {
                disk.deleteIfExists(aborted);
            } else {
                disk.rename(aborted, swap.resolveSibling(Segment.fileName(base, AbortedTransactions.SUFFIX)));
            }
        }
        retire(disk, old, FILES, retired);
        disk.rename(swap, swap.resolveSibling(Segment.fileName(base, ".log")));
        return true;
    }

    private static boolean belongsBetween(long base, String file, long end) {
        int dot = file.indexOf('.');
        if (dot != OFFSET_DIGITS
                || !(FILES.contains(file.substring(dot)) || file.endsWith(AbortedTransactions.SUFFIX))) {
            return false;
        }
        long offset = Long.parseLong(file, 0, dot, 10);
        return offset >= base && offset < end;
    }

    private static void retire(Disk disk, List<Path> files, List<String> suffixes, List<Path> retired)
            throws IOException {
        for (var file : files) {
            var name = String.valueOf(file.getFileName());
            if (suffixes.contains(name.substring(OFFSET_DIGITS))) {
                RetiredFiles.retire(disk, file, retired);
            }
        }
    }

    /// Brings a log's folder in order before its segments are listed; what it holds then.
    static List<String> recover(Disk disk, Path folder) throws IOException {
        var names = disk.list(folder);
        boolean changed = RetiredFiles.deleteLeft(disk, folder, names);
        for (var name : names) {
            if (name.endsWith(CLEANED)) {
                disk.deleteIfExists(folder.resolve(name));
                changed = true;
            } else if (name.endsWith(SWAP)) {
                var retired = new ArrayList<Path>();
                finish(disk, folder.resolve(name), names, retired);
                for (var file : retired) {
                    disk.deleteIfExists(file);
                }
                changed = true;
            }
        }
        for (var name : names) {
            if (name.endsWith(ABORTED_CLEANED) || name.endsWith(ABORTED_SWAP)) {
                disk.deleteIfExists(folder.resolve(name));
                changed = true;
            }
        }
        return changed ? disk.list(folder) : names;
    }
}
