package io.moldau.storage;

import java.io.IOException;
import java.util.List;

/// Which segments are too old or too many.
final class Retention {
    private Retention() {}

    /// Where the log shall start: after the oldest segments that may go; `logStart` or below if none may.
    static long newStart(List<Segment> segments, LogSettings rules, long logStart, long logEnd, long nowMs)
            throws IOException {
        long total = 0;
        for (var segment : segments) {
            total += segment.sizeBytes();
        }
        long start = logStart;
        for (int i = 0; i < segments.size(); i++) {
            var segment = segments.get(i);
            boolean active = i == segments.size() - 1;
            boolean tooMuch =
                    rules.retentionBytes() >= 0 && !active && total - segment.sizeBytes() >= rules.retentionBytes();
            boolean empty = segment.sizeBytes() == 0 && !active;
            if (!tooMuch && !empty && !tooOld(segment, rules, nowMs)) {
                break;
            }
            total -= segment.sizeBytes();
            start = active ? logEnd : segments.get(i + 1).baseOffset();
        }
        return start;
    }

    /// False if nothing can be too old or too much in a log at rest, as far as its checkpoint knows.
    static boolean mayConcern(Checkpoint.Line line, LogSettings rules, long nowMs) {
        if (line.sizeBytes() == 0) {
            return false;
        }
        boolean tooMuch = rules.retentionBytes() >= 0
                && line.sizeBytes() > line.position()
                && line.sizeBytes() >= rules.retentionBytes();
        boolean tooOld =
                rules.retentionMs() >= 0 && (line.oldestMs() < 0 || nowMs - line.oldestMs() > rules.retentionMs());
        return tooMuch || tooOld;
    }

    private static boolean tooOld(Segment segment, LogSettings rules, long nowMs) throws IOException {
        return rules.retentionMs() >= 0
                && segment.sizeBytes() > 0
                && segment.maxTimestamp() >= 0
                && nowMs - segment.maxTimestamp() > rules.retentionMs();
    }
}
