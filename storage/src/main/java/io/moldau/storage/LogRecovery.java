package io.moldau.storage;

import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Opens one log: see [DirectoryRecovery].
final class LogRecovery {
    private static final String SUFFIX = ".log";

    private final PartitionLog log;
    private final Checkpoint.@Nullable Line line;
    private final boolean checkpointed;
    private long cutBytes;
    private long scannedEnd;
    private int segmentsScanned;
    private long replayedFrom = -1;
    private final StringBuilder note = new StringBuilder();

    /// @param checkpointed the directory has a checkpoint; a log that it does not know started at offset 0 since then
    LogRecovery(PartitionLog log, Checkpoint.@Nullable Line line, boolean checkpointed) {
        this.log = log;
        this.line = line;
        this.checkpointed = checkpointed;
    }

    PartitionLog log() {
        return log;
    }

    int segmentsScanned() {
        return segmentsScanned;
    }

    /// True if nothing had to be scanned.
    boolean open(boolean clean) throws IOException {
        var disk = log.directory().disk();
        SegmentSwap.recover(disk, log.path());
        var segments = new ArrayList<Segment>();
        for (var name : disk.list(log.path())) {
            if (name.endsWith(SUFFIX)) {
                long base = Long.parseLong(name.substring(0, name.length() - SUFFIX.length()));
                int size = Math.toIntExact(disk.sizeBytes(log.path().resolve(name)));
                segments.add(
                        new Segment(disk, log.path(), base, size, log.settings().indexIntervalBytes()));
            }
        }
        long first =
                checkpointed || segments.isEmpty() ? 0 : segments.getFirst().baseOffset();
        var known =
                line != null ? line : new Checkpoint.Line(log.id(), log.topicId(), first, first, first, 0, Epochs.NONE);
        // Left by a crash between a checkpoint and the removal of files that it forgot.
        while (segments.size() > 1 && segments.get(1).baseOffset() <= known.logStart()) {
            segments.removeFirst().delete();
        }
        if (known.position() == 0 && known.logStart() == known.segmentBase()) {
            // The log was empty there.
            while (!segments.isEmpty() && segments.getFirst().baseOffset() < known.segmentBase()) {
                segments.removeFirst().delete();
            }
        }
        log.restore(segments, known);
        if (Snapshots.load(disk, log.path(), known.recoveryPoint(), log.producers) >= 0) {
            log.restoreStart(known.logStart());
        }
        scannedEnd = known.recoveryPoint();
        boolean asWritten = segments.isEmpty()
                ? known.position() == 0
                : segments.getLast().baseOffset() == known.segmentBase()
                        && segments.getLast().sizeBytes() == known.position();
        if (clean && asWritten) {
            return true;
        }
        Snapshots.deleteAbove(disk, log.path(), known.recoveryPoint());
        scan(segments, known);
        return false;
    }

    private void scan(List<Segment> segments, Checkpoint.Line known) throws IOException {
        var left = new ArrayList<Segment>();
        long expected = known.recoveryPoint();
        boolean cut = false;
        for (var segment : segments) {
            if (segment.baseOffset() < known.segmentBase()) {
                left.add(segment);
                continue;
            }
            if (cut || (segment.baseOffset() != known.segmentBase() && segment.baseOffset() != expected)) {
                cut = true;
                cutBytes += segment.sizeBytes();
                segment.delete();
                continue;
            }
            segmentsScanned++;
            int from = segment.baseOffset() == known.segmentBase() ? known.position() : 0;
            if (segment.sizeBytes() < from) {
                note.append("; segment ").append(segment.baseOffset()).append(" lost bytes that had been synced");
                from = 0;
                expected = segment.baseOffset();
            }
            var scan = new SegmentScan(segment.file(), from, segment.sizeBytes());
            long end = from;
            for (var batch = scan.next();
                    batch != null && batch.baseOffset() >= expected && batch.lastOffsetDelta() >= 0 && batch.checkCrc();
                    batch = scan.next()) {
                log.restoreBatch(batch);
                expected = batch.nextOffset();
                end = scan.position();
            }
            left.add(segment);
            if (end < segment.sizeBytes()) {
                cut = true;
                cutBytes += segment.sizeBytes() - end;
                segment.truncateTo((int) end);
            } else {
                // Its bytes may be in the page cache only, of a process that was killed.
                segment.touch();
            }
        }
        log.restoreSegments(left);
        scannedEnd = log.view().logEndOffset();
        CleanedOffset.cut(log.directory().disk(), log.path(), scannedEnd);
    }

    /// True if the log lacked the batch.
    boolean replay(RecordBatch batch) throws IOException {
        long end = log.view().logEndOffset();
        if (batch.lastOffset() < end) {
            return false;
        }
        if (batch.baseOffset() > end && end > 0) {
            note.append("; offsets ")
                    .append(end)
                    .append("..")
                    .append(batch.baseOffset() - 1)
                    .append(" are missing");
        }
        if (replayedFrom < 0) {
            replayedFrom = batch.baseOffset();
        }
        log.replay(batch);
        return true;
    }

    void finish(long journaledStart) {
        if (journaledStart > log.view().logStartOffset()) {
            log.restoreStart(journaledStart);
        }
    }

    Optional<RecoveryReport.Partition> report() {
        if (replayedFrom < 0 && cutBytes == 0 && note.isEmpty()) {
            return Optional.empty();
        }
        long end = log.view().logEndOffset();
        return Optional.of(new RecoveryReport.Partition(
                log.id(), replayedFrom < 0 ? end : replayedFrom, end, cutBytes, scannedEnd, note.toString()));
    }
}
