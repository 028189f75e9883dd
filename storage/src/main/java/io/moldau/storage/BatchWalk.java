package io.moldau.storage;

import io.moldau.environment.DiskFile;
import io.moldau.records.BatchError;
import io.moldau.records.InvalidBatchException;
import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The batches of neighbouring segments, one after the other, each with a right CRC: a damaged one ends the walk with
/// an [InvalidBatchException] before anybody makes a good copy of bad bytes. Segments that left the log before they
/// were reached are passed over.
final class BatchWalk {
    private final PartitionLog log;
    private final ArrayDeque<Segment> segments;
    private final long fromOffset;
    private @Nullable SegmentScan scan;
    private @Nullable Segment segment;
    private long end;

    /// @param fromOffset batches wholly below are passed over
    BatchWalk(PartitionLog log, List<Segment> segments, long fromOffset) {
        this.log = log;
        int first = 0;
        while (first + 1 < segments.size() && segments.get(first + 1).baseOffset() <= fromOffset) {
            first++;
        }
        this.segments = new ArrayDeque<>(segments.subList(Math.min(first, segments.size()), segments.size()));
        this.fromOffset = fromOffset;
    }

    @Nullable
    RecordBatch next() throws IOException {
        while (true) {
            var open = scan;
            if (open == null) {
                if (!openNext()) {
                    return null;
                }
                continue;
            }
            var batch = open.next();
            if (batch == null) {
                if (open.position() < end) {
                    throw damaged("no batch at", open.position());
                }
                scan = null;
            } else if (!batch.checkCrc()) {
                throw damaged("a wrong CRC before", open.position());
            } else if (batch.lastOffset() >= fromOffset) {
                return batch;
            }
        }
    }

    private boolean openNext() throws IOException {
        var next = segments.poll();
        if (next == null) {
            return false;
        }
        end = next.sizeBytes();
        segment = next;
        DiskFile file = log.compaction().openFile(next);
        scan = file == null ? null : new SegmentScan(file, 0, end);
        return true;
    }

    private InvalidBatchException damaged(String what, long position) {
        var at = segment;
        return new InvalidBatchException(
                BatchError.CORRUPT_MESSAGE,
                what + " position " + position + " of " + (at == null ? "a segment" : at.path(".log")));
    }
}
