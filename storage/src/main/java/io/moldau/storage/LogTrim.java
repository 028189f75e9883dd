package io.moldau.storage;

import java.io.IOException;

/// Takes records off the front of one log: retention and DeleteRecords. Under the log's monitor.
final class LogTrim {
    private final PartitionLog log;
    private final SegmentList segments;
    private final LogEnds ends;

    LogTrim(PartitionLog log) {
        this.log = log;
        this.segments = log.segmentList();
        this.ends = log.ends();
    }

    /// Nothing below `offset` is readable any more; the new log start. Never goes back or past the end.
    long advanceTo(long offset) throws IOException {
        long start = Math.min(offset, ends.end());
        if (start > ends.start()) {
            log.wake();
            moveTo(start);
            var id = log.id();
            log.directory().flusher().add(new JournalItem.LogStart(log.topicId(), id.partition(), start));
            dropSegments();
        }
        return ends.start();
    }

    void moveTo(long start) {
        ends.start(start);
        log.epochs(log.epochs().truncateStart(start));
        log.note();
    }

    /// As another log of this partition has it.
    void takeOver(long start) throws IOException {
        moveTo(start);
        dropSegments();
    }

    /// Applies retention; true if segments went.
    boolean retain(long nowMs) throws IOException {
        var rules = log.settings();
        segments.rest();
        var move = log.move();
        if (log.isDeleted() || !rules.cleanupDelete() || (move != null && move.isHandingOver())) {
            return false;
        }
        var resting = segments.resting();
        if (resting != null && !Retention.mayConcern(resting, rules, nowMs)) {
            return false;
        }
        long start = Retention.newStart(log.segments(), rules, ends.start(), ends.end(), nowMs);
        segments.rest();
        if (resting != null && resting.oldestMs() < 0) {
            // The next start need not look again.
            log.note();
        }
        if (start <= ends.start()) {
            return false;
        }
        moveTo(start);
        dropSegments();
        return true;
    }

    /// Segments wholly below the start leave the log; their files go once a checkpoint remembers that.
    private void dropSegments() throws IOException {
        var rules = log.settings();
        if (!segments.isEmpty()
                && ends.start() == ends.end()
                && segments.active().sizeBytes() > 0) {
            segments.roll(ends.end(), rules);
        }
        var gone = segments.dropBelow(ends.start());
        if (!gone.isEmpty()) {
            log.directory().discard(log, gone, rules.fileDeleteDelayMs());
        }
    }
}
