package io.moldau.storage;

import io.moldau.records.ControlRecord;
import io.moldau.records.RecordBatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Which transactions were aborted, learned by reading data and markers in their order; and which markers still have
/// data before them.
final class TransactionFates {
    private record Aborted(long firstOffset, long markerOffset) {}

    private final Map<Long, Long> open = new HashMap<>();
    private final Map<Long, List<Aborted>> aborted = new HashMap<>();
    private long lastMarker = -1;
    private final Set<Long> withData = new HashSet<>();

    /// @param mayBegin false: only transactions that are open already are followed to their ends
    void learn(RecordBatch batch, boolean mayBegin) {
        if (!batch.isTransactional() || batch.recordCount() == 0) {
            return;
        }
        long producer = batch.producerId();
        if (!batch.isControl()) {
            if (mayBegin) {
                open.putIfAbsent(producer, batch.baseOffset());
            }
            return;
        }
        var first = open.remove(producer);
        lastMarker = batch.baseOffset();
        if (first != null && batch.controlRecord().type() == ControlRecord.Type.ABORT) {
            aborted.computeIfAbsent(producer, id -> new ArrayList<>()).add(new Aborted(first, batch.baseOffset()));
        }
    }

    /// Offset of the last marker that was learned, -1 without one.
    long lastMarker() {
        return lastMarker;
    }

    boolean anyOpen() {
        return !open.isEmpty();
    }

    boolean isAborted(RecordBatch batch) {
        if (!batch.isTransactional() || batch.isControl()) {
            return false;
        }
        for (var range : aborted.getOrDefault(batch.producerId(), List.of())) {
            if (range.firstOffset <= batch.baseOffset() && batch.baseOffset() < range.markerOffset) {
                return true;
            }
        }
        return false;
    }

    /// While rewriting: transactional data lies in the log up to here.
    void sawData(RecordBatch batch) {
        if (batch.isTransactional()) {
            withData.add(batch.producerId());
        }
    }

    /// While rewriting: true if there is none of the data left that this marker decided about.
    boolean isIdle(RecordBatch marker) {
        return !withData.remove(marker.producerId());
    }
}
