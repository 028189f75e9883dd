package io.moldau.storage;

import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Writes what compaction leaves of some neighbouring segments into one file, beside them.
///
/// The file is called `<first offset>.cleaned` while it grows; [SegmentSwap] puts it in their place.
final class SegmentRewrite {
    /// So that no sync takes long: neither a stop nor the producers' syncs shall wait for it.
    private static final int SYNC_BYTES = 16 << 20;

    private final PartitionLog log;
    private final List<Segment> old = new ArrayList<>();
    private final List<Integer> oldBytes = new ArrayList<>();
    private final BatchCleaner cleaner;
    private final Segment target;
    private BatchWalk walk;
    private long end;
    private int unsynced;
    private long readBytes;
    private boolean changed;

    /// @param end where the log goes on after `first`
    SegmentRewrite(PartitionLog log, Segment first, long end, BatchCleaner cleaner) throws IOException {
        this.log = log;
        this.cleaner = cleaner;
        this.end = end;
        this.walk = new BatchWalk(log, List.of(first), Long.MIN_VALUE);
        old.add(first);
        oldBytes.add(first.sizeBytes());
        var disk = log.directory().disk();
        this.target = log.sync().exclusively(() -> {
            log.compaction().checkPresent();
            var file = disk.open(cleanedPath());
            file.truncate(0);
            return Segment.over(
                    disk, log.path(), first.baseOffset(), file, log.settings().indexIntervalBytes());
        });
    }

    List<Segment> old() {
        return old;
    }

    Segment target() {
        return target;
    }

    long base() {
        return target.baseOffset();
    }

    long end() {
        return end;
    }

    Path cleanedPath() {
        return log.path().resolve(Segment.fileName(old.getFirst().baseOffset(), SegmentSwap.CLEANED));
    }

    /// Beside it, which transactions were aborted.
    Path abortedPath() {
        return log.path().resolve(Segment.fileName(old.getFirst().baseOffset(), SegmentSwap.ABORTED_CLEANED));
    }

    /// Whether the old segments have files that say so.
    boolean concernsAborted() {
        return old.stream().anyMatch(segment -> !segment.aborted().isEmpty());
    }

    /// Takes the next segment too if all of it could stay and would fit.
    boolean extend(Segment next, long nextEnd, LogSettings rules) throws IOException {
        long entries = target.index().count() + next.sizeBytes() / Math.max(1, rules.indexIntervalBytes()) + 1L;
        if ((long) target.sizeBytes() + next.sizeBytes() > rules.segmentBytes()
                || entries * OffsetIndex.ENTRY_BYTES > rules.segmentIndexBytes()
                || nextEnd - base() > Integer.MAX_VALUE) {
            return false;
        }
        old.add(next);
        oldBytes.add(next.sizeBytes());
        walk = new BatchWalk(log, List.of(next), Long.MIN_VALUE);
        end = nextEnd;
        changed = true;
        return true;
    }

    /// The log has these segments still, next to each other and with their bytes.
    boolean isCurrent() throws IOException {
        var known = log.segments();
        int at = known.indexOf(old.getFirst());
        if (at < 0 || at + old.size() > known.size()) {
            return false;
        }
        for (int i = 0; i < old.size(); i++) {
            if (known.get(at + i) != old.get(i) || old.get(i).sizeBytes() != oldBytes.get(i)) {
                return false;
            }
        }
        return true;
    }

    /// Bytes of the batch that was looked at and of what is left of it; -1 when all is written.
    int step() throws IOException {
        var batch = walk.next();
        if (batch == null) {
            return -1;
        }
        int bytes = batch.sizeBytes();
        readBytes += bytes;
        RecordBatch left = cleaner.clean(batch);
        changed |= left != batch;
        if (left != null) {
            if (left.isControl() && left.recordCount() > 0) {
                target.aborted().takeOver(old.getLast().aborted(), left.baseOffset());
            }
            target.append(List.of(left));
            bytes += left.sizeBytes();
            unsynced += left.sizeBytes();
            if (unsynced >= SYNC_BYTES) {
                sync();
            }
        }
        return bytes;
    }

    /// Of the old segments, until now.
    long readBytes() {
        return readBytes;
    }

    void sync() throws IOException {
        target.sync();
        target.takeDirty();
        unsynced = 0;
    }

    /// False if the new file says what the old one does: there is nothing to swap.
    boolean hasChanged() {
        return changed;
    }

    void discard() throws IOException {
        log.sync().exclusively(() -> {
            if (!log.isDeleted()) {
                log.directory().disk().deleteIfExists(cleanedPath());
            }
            return true;
        });
    }
}
