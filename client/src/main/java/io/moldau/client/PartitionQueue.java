package io.moldau.client;

import io.moldau.records.RecordBatch;
import java.util.ArrayDeque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The batches of one partition in order. Only the first is ever under way: records gather behind it meanwhile, so a
/// slow broker gets larger batches, and no retry can change the order. Guarded by the [Accumulator]'s lock.
final class PartitionQueue {
    final TopicPartition partition;
    final ArrayDeque<PendingBatch> batches = new ArrayDeque<>();
    private @Nullable ProducerIdentity identity;
    private int nextSequence;
    boolean underWay;
    long notBeforeMs = Long.MIN_VALUE;
    private @Nullable PendingBatch first;

    PartitionQueue(TopicPartition partition) {
        this.partition = partition;
    }

    /// Puts the first batch under way.
    void start() {
        underWay = true;
        first = batches.getFirst();
    }

    /// The batch that is under way; may be asked without the lock.
    PendingBatch first() {
        return Objects.requireNonNull(first);
    }

    /// Builds the first batch with this partition's producer and next sequence.
    PendingBatch buildFirst(ProducerIdentity current) {
        var batch = first();
        var mine = identity;
        if (mine == null) {
            mine = current;
            identity = current;
            nextSequence = 0;
            batch.build(mine, nextSequence);
            nextSequence = RecordBatch.advanceSequence(nextSequence, batch.recordCount());
        } else if (!batch.isBuilt()) {
            batch.build(mine, nextSequence);
            nextSequence = RecordBatch.advanceSequence(nextSequence, batch.recordCount());
        }
        return batch;
    }

    /// The identity is of no use any more on this partition; the next batch starts a new one at sequence 0.
    @Nullable
    ProducerIdentity dropIdentity() {
        var dropped = identity;
        identity = null;
        return dropped;
    }

    /// The broker certainly did not take the first batch: the next one gets its sequence.
    void takeBackSequence(PendingBatch refused) {
        if (refused.isBuilt() && identity != null && refused.baseSequence() != RecordBatch.NO_SEQUENCE) {
            nextSequence = refused.baseSequence();
        }
    }
}
