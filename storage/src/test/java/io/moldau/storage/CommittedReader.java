package io.moldau.storage;

import io.moldau.records.ControlRecord;
import io.moldau.records.Record;
import io.moldau.records.RecordBatches;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;

/// Reads a log as a client with isolation level read_committed does: it passes over the batches of the aborted
/// transactions that the broker names, from their first offset to their marker.
final class CommittedReader {
    private CommittedReader() {}

    /// @param mostBytes of one fetch
    static List<Record> read(PartitionLog log, long from, int mostBytes) throws IOException {
        var visible = new ArrayList<Record>();
        long next = from;
        while (next >= 0) {
            next = fetch(log, next, mostBytes, visible);
        }
        return visible;
    }

    /// One fetch; where the next one goes on, -1 if there is nothing more to read.
    private static long fetch(PartitionLog log, long from, int mostBytes, List<Record> visible) throws IOException {
        long below = log.view().lastStableOffset();
        if (from >= below || !(log.read(from, mostBytes, below, true) instanceof LogSlice slice) || slice.isEmpty()) {
            return -1;
        }
        var aborted = new PriorityQueue<>(Comparator.comparingLong(AbortedTransaction::firstOffset));
        aborted.addAll(log.transactions().aborted(slice, below));
        var hidden = new HashSet<Long>();
        long next = from;
        for (var batch : RecordBatches.splitTrusted(slice.buffer())) {
            next = batch.nextOffset();
            while (!aborted.isEmpty() && aborted.peek().firstOffset() <= batch.lastOffset()) {
                hidden.add(aborted.poll().producerId());
            }
            if (batch.isControl()) {
                if (batch.recordCount() > 0 && batch.controlRecord().type() == ControlRecord.Type.ABORT) {
                    hidden.remove(batch.producerId());
                }
            } else if (!batch.isTransactional() || !hidden.contains(batch.producerId())) {
                try (var records = batch.records()) {
                    records.forEachRemaining(record -> {
                        if (record.offset() >= from) {
                            visible.add(record);
                        }
                    });
                }
            }
        }
        return next;
    }
}
