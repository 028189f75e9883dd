package io.moldau.storage;

import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Opens one log: see [DirectoryRecovery].
final class LogRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(LogRecovery.class);
    private static final String SUFFIX = ".log";

    private final PartitionLog log;
    private final Checkpoint.@Nullable Line line;
    private final boolean checkpointed;
    /// What the log's folder held when its segments were looked for, sorted.
    private List<String> names = List.of();
    private boolean hasFolder;
    private long cutBytes;
    private long scannedEnd;
    private long journaledEnd;
    private boolean grown;
    private long snapshot = -1;
    private int segmentsScanned;
    private long replayedFrom = -1;
    private final StringBuilder note = new StringBuilder();

    /// @param checkpointed the directory has a checkpoint; a log that it does not know started at offset 0 since then
    LogRecovery(PartitionLog log, Checkpoint.@Nullable Line line, boolean checkpointed) {
        this.log = log;
        this.line = line;
        this.checkpointed = checkpointed;
    }

    int segmentsScanned() {
        return segmentsScanned;
    }

    /// Finds the files of a log at rest, whose ends are known.
    static void wake(PartitionLog log, Checkpoint.Line line) throws IOException {
        var recovery = new LogRecovery(log, line, true);
        var segments = recovery.find(line);
        recovery.snapshot =
                Snapshots.load(log.directory().disk(), log.path(), recovery.names, line.recoveryPoint(), log.producers);
        forgetAborted(segments, line);
        log.segmentList().awake(segments);
        if (!log.directory().recovery().clean()) {
            // Removals by a process that was killed may be in the page cache only.
            log.namesChanged();
            log.note();
        }
        if (!asWritten(segments, line)) {
            recovery.scannedEnd = line.recoveryPoint();
            recovery.scan(segments, line);
            recovery.syncCut();
            LOG.warn(
                    "The log of {} is not as the last stop left it: cut {} bytes, ends at {}{}",
                    log.id(),
                    recovery.cutBytes,
                    log.view().logEndOffset(),
                    recovery.note);
        }
    }

    private List<Segment> find(Checkpoint.Line known) throws IOException {
        var disk = log.directory().disk();
        var segments = new ArrayList<Segment>();
        hasFolder = disk.exists(log.path());
        if (!hasFolder) {
            return segments;
        }
        names = SegmentSwap.recover(disk, log.path());
        for (var name : names) {
            if (name.endsWith(SUFFIX)) {
                long base = Long.parseLong(name.substring(0, name.length() - SUFFIX.length()));
                int size = Math.toIntExact(disk.sizeBytes(log.path().resolve(name)));
                segments.add(
                        new Segment(disk, log.path(), base, size, log.settings().indexIntervalBytes()));
            }
        }
        findAborted(names, segments);
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
        return segments;
    }

    private void findAborted(List<String> names, List<Segment> segments) throws IOException {
        for (var name : names) {
            if (!name.endsWith(AbortedTransactions.SUFFIX)) {
                continue;
            }
            long base = Long.parseLong(name.substring(0, name.length() - AbortedTransactions.SUFFIX.length()));
            var owner = segments.stream()
                    .filter(segment -> segment.baseOffset() == base)
                    .findFirst();
            if (owner.isPresent()) {
                owner.get().aborted().found();
            } else {
                log.directory().disk().deleteIfExists(log.path().resolve(name));
            }
        }
    }

    /// Behind the recovery point the batches tell which transactions were aborted.
    private static void forgetAborted(List<Segment> segments, Checkpoint.Line known) throws IOException {
        for (var segment : segments) {
            if (segment.baseOffset() >= known.segmentBase()) {
                segment.aborted().cut(known.recoveryPoint());
            }
        }
    }

    private static boolean asWritten(List<Segment> segments, Checkpoint.Line known) {
        return segments.isEmpty()
                ? known.position() == 0
                : segments.getLast().baseOffset() == known.segmentBase()
                        && segments.getLast().sizeBytes() == known.position();
    }

    private Checkpoint.Line known() throws IOException {
        if (line != null) {
            return line;
        }
        long first = 0;
        var disk = log.directory().disk();
        if (!checkpointed && disk.exists(log.path())) {
            for (var name : disk.list(log.path())) {
                if (name.endsWith(SUFFIX)) {
                    first = Long.parseLong(name.substring(0, name.length() - SUFFIX.length()));
                    break;
                }
            }
        }
        return new Checkpoint.Line(log.id(), log.topicId(), first, first, first, first, 0, 0, -1, 0, Epochs.NONE);
    }

    void open() throws IOException {
        var disk = log.directory().disk();
        var known = known();
        var segments = find(known);
        LogRestore.from(log, segments, known, hasFolder);
        scannedEnd = known.recoveryPoint();
        if (!hasFolder) {
            if (known.sizeBytes() > 0) {
                note.append("; its folder is gone, with offsets ")
                        .append(known.logStart())
                        .append("..")
                        .append(known.recoveryPoint() - 1);
            }
            return;
        }
        snapshot = Snapshots.load(disk, log.path(), names, known.recoveryPoint(), log.producers);
        forgetAborted(segments, known);
        if (snapshot >= 0) {
            LogRestore.start(log, known.logStart());
        }
        // Its names may be in the page cache only, of a process that was killed.
        log.namesChanged();
        log.directory().note(log);
        if (asWritten(segments, known)) {
            return;
        }
        Snapshots.deleteAbove(disk, log.path(), names, known.recoveryPoint());
        scan(segments, known);
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
                log.writer().restore(segment, batch, batch.baseOffset() < snapshot);
                expected = batch.nextOffset();
                end = scan.position();
            }
            left.add(segment);
            segment.aborted().cut(expected);
            grown |= end > from;
            if (end < segment.sizeBytes()) {
                cut = true;
                cutBytes += segment.sizeBytes() - end;
                segment.truncateTo((int) end);
            } else {
                // Its bytes may be in the page cache only, of a process that was killed.
                segment.touch();
            }
        }
        grown |= cut;
        log.segmentList().set(left);
        log.directory().note(log);
        scannedEnd = log.view().logEndOffset();
        CleanedOffset.cut(log.directory().disk(), log.path(), scannedEnd);
    }

    /// What was cut must not come back behind what is written from now on: its offsets are given out again.
    private void syncCut() throws IOException {
        for (var segment : log.segments()) {
            segment.sync();
        }
        if (log.directory().disk().exists(log.path())) {
            log.directory().disk().syncDirectory(log.path());
        }
    }

    /// True if the log lacked the batch.
    boolean replay(RecordBatch batch) throws IOException {
        long end = log.view().logEndOffset();
        journaledEnd = Math.max(journaledEnd, batch.nextOffset());
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
        log.writer().replay(batch);
        return true;
    }

    /// The log must be synced before it is used: see [Checkpoints#begin].
    boolean mustSync() {
        return cutBytes > 0 || (grown && scannedEnd > journaledEnd);
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
