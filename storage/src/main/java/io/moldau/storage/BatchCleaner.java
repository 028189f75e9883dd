package io.moldau.storage;

import io.moldau.records.BatchBuilder;
import io.moldau.records.Record;
import io.moldau.records.RecordBatch;
import java.util.ArrayList;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What compaction leaves of one batch. Batches come in the log's order.
///
/// - A record stays if it is the latest of its key. Records without a key go: they belong to no key. So do those below
///   the log's start, or one of them would outlive its tombstone.
/// - A tombstone stays until its batch's delete horizon, which the first pass sets that keeps it (KIP-534).
/// - Records of aborted transactions go. A marker goes like a tombstone once none of its transaction's data is left.
/// - The last batch of each producer stays, without records if need be: its sequence numbers are still checked.
final class BatchCleaner {
    private final KeyOffsets keys;
    private final TransactionFates fates;
    private final Map<Long, ProducerStates.Last> producers;
    private final long mappedEnd;
    private final long logStart;
    private final long nowMs;
    private final long horizonMs;
    private long kept;
    private long removed;

    /// @param mappedEnd batches that reach beyond stay as they are
    BatchCleaner(
            KeyOffsets keys,
            TransactionFates fates,
            Map<Long, ProducerStates.Last> producers,
            long mappedEnd,
            long logStart,
            long nowMs,
            long deleteRetentionMs) {
        this.keys = keys;
        this.fates = fates;
        this.producers = producers;
        this.mappedEnd = mappedEnd;
        this.logStart = logStart;
        this.nowMs = nowMs;
        this.horizonMs = deleteRetentionMs > Long.MAX_VALUE - nowMs ? Long.MAX_VALUE : nowMs + deleteRetentionMs;
    }

    long kept() {
        return kept;
    }

    long removed() {
        return removed;
    }

    /// The batch itself, a smaller one, or null.
    @Nullable
    RecordBatch clean(RecordBatch batch) {
        if (batch.lastOffset() >= mappedEnd) {
            kept += batch.recordCount();
            return batch;
        }
        if (batch.lastOffset() < logStart) {
            removed += batch.recordCount();
            return null;
        }
        return batch.isControl() ? cleanMarker(batch) : cleanData(batch);
    }

    private @Nullable RecordBatch cleanMarker(RecordBatch batch) {
        if (!fates.isIdle(batch)) {
            kept++;
            return batch;
        }
        if (batch.recordCount() == 0) {
            return isLast(batch) ? batch : null;
        }
        if (!batch.hasDeleteHorizon()) {
            kept++;
            var builder = BatchBuilder.like(batch).deleteHorizon(horizonMs);
            try (var records = batch.records()) {
                records.forEachRemaining(builder::append);
            }
            return RecordBatch.of(builder.build());
        }
        if (nowMs < batch.deleteHorizonMs()) {
            kept++;
            return batch;
        }
        removed++;
        return isLast(batch) ? RecordBatch.of(BatchBuilder.emptied(batch)) : null;
    }

    private @Nullable RecordBatch cleanData(RecordBatch batch) {
        fates.sawData(batch);
        var left = new ArrayList<Record>();
        boolean tombstones = false;
        if (!fates.isAborted(batch)) {
            boolean expired = batch.hasDeleteHorizon() && nowMs >= batch.deleteHorizonMs();
            try (var records = batch.records()) {
                while (records.hasNext()) {
                    var record = records.next();
                    var key = record.key();
                    boolean tombstone = record.value() == null;
                    if (key != null
                            && record.offset() >= logStart
                            && keys.latest(key) <= record.offset()
                            && !(tombstone && expired)) {
                        left.add(record);
                        tombstones |= tombstone;
                    }
                }
            }
        }
        kept += left.size();
        removed += batch.recordCount() - left.size();
        boolean newHorizon = tombstones && !batch.hasDeleteHorizon();
        if (left.isEmpty()) {
            return !isLast(batch)
                    ? null
                    : batch.recordCount() == 0 ? batch : RecordBatch.of(BatchBuilder.emptied(batch));
        }
        if (left.size() == batch.recordCount() && !newHorizon) {
            return batch;
        }
        var builder = BatchBuilder.like(batch);
        if (newHorizon) {
            builder.deleteHorizon(horizonMs);
        }
        left.forEach(builder::append);
        return RecordBatch.of(builder.build());
    }

    /// The log's memory of the batch's producer ends with this batch.
    private boolean isLast(RecordBatch batch) {
        var last = producers.get(batch.producerId());
        if (last == null) {
            return false;
        }
        return last.dataOffset() >= 0
                ? last.dataOffset() == batch.lastOffset()
                : batch.isControl() && last.epoch() == batch.producerEpoch();
    }
}
