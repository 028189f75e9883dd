package io.moldau.storage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Cuts the end of a log off.
final class LogTruncation {
    private LogTruncation() {}

    static void cut(PartitionLog log, long offset) throws IOException {
        if (!log.directory().flusher().flushNow()) {
            throw new IOException("cutting the log of " + log.id() + " needs room on the disk, or a disk that is well");
        }
        var retired = new ArrayList<Path>();
        boolean shorter = log.sync().exclusively(() -> {
            synchronized (log) {
                if (offset >= log.view().logEndOffset()) {
                    return false;
                }
                var move = log.move();
                if (move != null && move.isHandingOver()) {
                    throw new IOException("the log of " + log.id() + " is being handed over to "
                            + move.target().path() + "; try again in a moment");
                }
                log.note();
                cutFiles(log, offset, retired);
                return true;
            }
        });
        if (shorter) {
            log.directory().checkpoint(false);
            log.directory().delete(retired);
        }
    }

    private static void cutFiles(PartitionLog log, long offset, List<Path> retired) throws IOException {
        var disk = log.directory().disk();
        var left = new ArrayList<Segment>();
        long end = offset;
        for (var segment : log.segments()) {
            if (segment.baseOffset() >= offset && !(left.isEmpty() && segment.baseOffset() == offset)) {
                segment.retire(retired);
                continue;
            }
            int position = segment.positionOf(offset);
            if (position < segment.sizeBytes()) {
                var header = BatchHeader.read(segment.file(), position, segment.sizeBytes());
                if (header != null) {
                    // A batch that only begins below the offset goes as a whole.
                    end = Math.min(end, header.baseOffset());
                }
                segment.truncateTo(position);
            }
            left.add(segment);
        }
        for (var segment : left) {
            segment.aborted().cut(end);
        }
        log.producers.transactions().cut(end);
        var names = disk.list(log.path());
        Snapshots.deleteAbove(disk, log.path(), names, end);
        log.producers.clear();
        long from = Snapshots.load(disk, log.path(), names, end, log.producers);
        if (from < (left.isEmpty() ? end : left.getFirst().baseOffset())) {
            // Batches between the snapshot and the log are gone: better to know nothing than something outdated.
            log.producers.clear();
        }
        for (var segment : left) {
            var scan = new SegmentScan(segment.file(), 0, segment.sizeBytes());
            for (var batch = scan.next(); batch != null; batch = scan.next()) {
                if (batch.baseOffset() >= from) {
                    log.producers.update(batch);
                }
            }
        }
        LogRestore.truncated(log, left, end);
        log.compaction().cut(end);
    }
}
