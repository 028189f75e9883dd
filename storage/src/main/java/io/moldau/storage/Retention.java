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

    private static boolean tooOld(Segment segment, LogSettings rules, long nowMs) throws IOException {
        return rules.retentionMs() >= 0
                && segment.sizeBytes() > 0
                && segment.maxTimestamp() >= 0
                && nowMs - segment.maxTimestamp() > rules.retentionMs();
    }
}
