package io.moldau.storage;

import io.moldau.environment.Loan;
import io.moldau.records.RecordBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Appends to one log that were checked and have their offsets, to be written to the segment with one call: what is
/// written there costs the more the smaller its pieces are (decision 39). Used under the log's monitor.
final class AppendRun {
    private static final int MOST_BYTES = 1 << 20;

    /// One append.
    ///
    /// @param slot its place among those that came together
    record Part(
            int slot,
            List<RecordBatch> batches,
            ByteBuffer bytes,
            @Nullable Loan loan,
            long appendTimeMs) {
        long baseOffset() {
            return batches.getFirst().baseOffset();
        }

        long endOffset() {
            return batches.getLast().nextOffset();
        }
    }

    private final List<Part> parts = new ArrayList<>();
    private final List<RecordBatch> batches = new ArrayList<>();
    private int sizeBytes;

    void add(Part part) {
        parts.add(part);
        batches.addAll(part.batches());
        sizeBytes += part.bytes().remaining();
    }

    void clear() {
        parts.clear();
        batches.clear();
        sizeBytes = 0;
    }

    boolean isEmpty() {
        return parts.isEmpty();
    }

    boolean hasRoomFor(int bytes, LogSettings rules) {
        return sizeBytes + bytes <= Math.min(MOST_BYTES, rules.segmentBytes());
    }

    List<Part> parts() {
        return parts;
    }

    /// Those of all parts, in order.
    List<RecordBatch> batches() {
        return batches;
    }

    int sizeBytes() {
        return sizeBytes;
    }

    /// The offset behind the run's last record, or `otherwise` if it is empty.
    long endOr(long otherwise) {
        return parts.isEmpty() ? otherwise : parts.getLast().endOffset();
    }
}
