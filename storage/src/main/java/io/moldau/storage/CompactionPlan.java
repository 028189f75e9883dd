package io.moldau.storage;

import java.io.IOException;
import java.util.List;

/// What one pass over a log would do.
///
/// @param segments from the log's first on, none of them written to any more
/// @param firstDirty what lies below went through a pass before
/// @param end where the segment after the last one starts
/// @param overdue something is older than max.compaction.lag.ms
record CompactionPlan(
        List<Segment> segments, long firstDirty, long end, long cleanBytes, long dirtyBytes, boolean overdue) {

    /// @param bound nothing at or above is touched
    static CompactionPlan of(List<Segment> segments, LogSettings rules, long firstDirty, long bound, long nowMs)
            throws IOException {
        int active = segments.size() - 1;
        while (active > 0 && segments.get(active).sizeBytes() == 0) {
            // The log's last batch stays what it is, or readers would never get to the log's end.
            active--;
        }
        int count = 0;
        long clean = 0;
        long dirty = 0;
        boolean overdue = false;
        for (; count < active; count++) {
            var segment = segments.get(count);
            long next = segments.get(count + 1).baseOffset();
            if (next > bound) {
                break;
            }
            if (next <= firstDirty) {
                clean += segment.sizeBytes();
                continue;
            }
            if (rules.minCompactionLagMs() > 0 && segment.maxTimestamp() > nowMs - rules.minCompactionLagMs()) {
                break;
            }
            if (dirty == 0 && rules.maxCompactionLagMs() < Long.MAX_VALUE && segment.firstTimestamp() >= 0) {
                overdue = nowMs - segment.firstTimestamp() > rules.maxCompactionLagMs();
            }
            dirty += segment.sizeBytes();
        }
        long end = count == 0 ? firstDirty : segments.get(count).baseOffset();
        return new CompactionPlan(
                List.copyOf(segments.subList(0, count)), firstDirty, Math.max(firstDirty, end), clean, dirty, overdue);
    }

    double dirtyRatio() {
        return dirtyBytes == 0 ? 0 : (double) dirtyBytes / (cleanBytes + dirtyBytes);
    }

    boolean isDue(LogSettings rules, boolean unfinished) {
        return dirtyBytes > 0 && (unfinished || overdue || dirtyRatio() > rules.minCleanableDirtyRatio());
    }

    /// Where a segment of this plan ends: where the next one starts.
    long endOf(Segment segment) {
        int next = segments.indexOf(segment) + 1;
        return next < segments.size() ? segments.get(next).baseOffset() : end;
    }
}
