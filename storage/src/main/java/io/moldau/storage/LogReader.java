package io.moldau.storage;

import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Finds things in the segment files of a log.
final class LogReader {
    private LogReader() {}

    static ReadResult read(List<Segment> segments, long from, int maxBytes, long below, boolean atLeastOne)
            throws IOException {
        for (int i = floor(segments, from); i < segments.size(); i++) {
            var segment = segments.get(i);
            int size = segment.sizeBytes();
            int start = segment.positionOf(from);
            if (start < size) {
                int end = segment.endOf(start, size, maxBytes, below, atLeastOne);
                return LogSlice.of(from, segment.file(), start, end - start, segment.isAtHand(start, end - start));
            }
        }
        return LogSlice.empty(from);
    }

    /// True if [#read] waits for no disk; sending what it gives still may.
    static boolean isAtHand(List<Segment> segments, long from, int maxBytes) throws IOException {
        return !segments.isEmpty() && segments.get(floor(segments, from)).isAtHand(from, maxBytes);
    }

    /// The aborted transactions that concern what a reader of committed records got.
    static List<AbortedTransaction> aborted(List<Segment> segments, LogSlice slice, long below) throws IOException {
        var found = new ArrayList<AbortedTransaction>();
        if (slice.isEmpty() || segments.isEmpty()) {
            return found;
        }
        int first = floor(segments, slice.startOffset());
        long end = -1;
        for (int i = first; i < segments.size(); i++) {
            var segment = segments.get(i);
            if (segment.aborted().isEmpty()) {
                continue;
            }
            if (end < 0) {
                // Who reads a file reads one segment at a time.
                long bound =
                        first + 1 < segments.size() ? segments.get(first + 1).baseOffset() : below;
                end = Math.min(below, slice.endOffset(segments.get(first), bound, below));
            }
            if (segment.aborted().collect(slice.startOffset(), end, found)) {
                break;
            }
        }
        return found;
    }

    /// The last segment that begins at or below an offset; the first if none does.
    static int floor(List<Segment> segments, long offset) {
        int low = 0;
        int high = segments.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (segments.get(middle).baseOffset() <= offset) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    static Optional<TimestampOffset> offsetForTimestamp(List<Segment> segments, long logStart, long timestamp)
            throws IOException {
        for (var segment : segments) {
            if (segment.sizeBytes() == 0 || segment.maxTimestamp() < timestamp) {
                continue;
            }
            var scan = new SegmentScan(
                    segment.file(), segment.index().positionBeforeTimestamp(timestamp), segment.sizeBytes());
            for (var batch = scan.next(); batch != null; batch = scan.next()) {
                if (batch.maxTimestamp() >= timestamp && batch.lastOffset() >= logStart) {
                    var found = firstRecord(batch, logStart, timestamp);
                    if (found != null) {
                        return Optional.of(found);
                    }
                }
            }
        }
        return Optional.empty();
    }

    static Optional<TimestampOffset> maxTimestampOffset(List<Segment> segments, long logStart) throws IOException {
        @Nullable Segment newest = null;
        for (var segment : segments) {
            if (segment.sizeBytes() > 0 && (newest == null || segment.maxTimestamp() > newest.maxTimestamp())) {
                newest = segment;
            }
        }
        if (newest == null) {
            return Optional.empty();
        }
        return offsetForTimestamp(List.of(newest), logStart, newest.maxTimestamp());
    }

    private static @Nullable TimestampOffset firstRecord(RecordBatch batch, long logStart, long timestamp) {
        try (var records = batch.records()) {
            while (records.hasNext()) {
                var record = records.next();
                if (record.timestamp() >= timestamp && record.offset() >= logStart) {
                    return new TimestampOffset(record.timestamp(), record.offset(), batch.partitionLeaderEpoch());
                }
            }
        }
        return null;
    }
}
