package io.moldau.storage;

import io.moldau.records.ControlRecord;
import io.moldau.records.RecordBatch;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a log remembers of its idempotent producers: epoch, the last five batches, the open transaction (KIP-98).
/// Guarded by the log.
final class ProducerStates {
    private static final int REMEMBERED_BATCHES = 5;
    private static final int SNAPSHOT_VERSION = 2;

    record Batch(int baseSequence, int lastSequence, long lastOffset, int offsetDelta, long timestamp) {
        long baseOffset() {
            return lastOffset - offsetDelta;
        }
    }

    private static final class Producer {
        short epoch;
        /// A marker began the epoch: its first batch has sequence number 0.
        boolean epochByMarker;
        int coordinatorEpoch = -1;
        long transactionStart = -1;
        long lastTimestamp = RecordBatch.NO_TIMESTAMP;
        final ArrayDeque<Batch> batches = new ArrayDeque<>(REMEMBERED_BATCHES);

        Producer copy() {
            var copy = new Producer();
            copy.epoch = epoch;
            copy.epochByMarker = epochByMarker;
            copy.coordinatorEpoch = coordinatorEpoch;
            copy.transactionStart = transactionStart;
            copy.lastTimestamp = lastTimestamp;
            copy.batches.addAll(batches);
            return copy;
        }
    }

    private final Map<Long, Producer> producers = new HashMap<>();
    private final OpenTransactions transactions = new OpenTransactions();
    /// As they were before batches that are not in the log yet; empty: they were not known.
    private final Map<Long, Optional<Producer>> before = new HashMap<>();
    private boolean changed;

    OpenTransactions transactions() {
        return transactions;
    }

    /// The same batch if it is in the log already.
    @Nullable
    Batch duplicateOf(RecordBatch batch) {
        var producer = producers.get(batch.producerId());
        if (producer == null || producer.epoch != batch.producerEpoch()) {
            return null;
        }
        for (var known : producer.batches) {
            if (known.baseSequence == batch.baseSequence() && known.lastSequence == batch.lastSequence()) {
                return known;
            }
        }
        return null;
    }

    /// Why the batch may not follow what is there, or null. A producer that is not known may start anywhere
    /// (KIP-360: its state may have expired or been deleted with its records).
    AppendResult.@Nullable Refused check(RecordBatch batch) {
        var producer = producers.get(batch.producerId());
        if (producer == null) {
            return null;
        }
        var old = checkEpoch(batch.producerId(), batch.producerEpoch());
        if (old != null) {
            return old;
        }
        int expected = batch.producerEpoch() > producer.epoch
                ? 0
                : producer.batches.isEmpty()
                        ? producer.epochByMarker ? 0 : batch.baseSequence()
                        : RecordBatch.advanceSequence(producer.batches.getLast().lastSequence, 1);
        if (batch.baseSequence() != expected) {
            return new AppendResult.Refused(
                    AppendError.OUT_OF_ORDER_SEQUENCE_NUMBER,
                    "producer " + batch.producerId() + " sent sequence " + batch.baseSequence() + ", expected "
                            + expected);
        }
        if (producer.transactionStart >= 0 && !batch.isTransactional()) {
            return new AppendResult.Refused(
                    AppendError.INVALID_TXN_STATE,
                    "producer " + batch.producerId() + " has an open transaction since offset "
                            + producer.transactionStart + ": until it ends its records must belong to it");
        }
        return null;
    }

    /// Why nothing of this epoch may be written any more, or null.
    AppendResult.@Nullable Refused checkEpoch(long producerId, short epoch) {
        var producer = producers.get(producerId);
        return producer == null || epoch >= producer.epoch
                ? null
                : new AppendResult.Refused(
                        AppendError.INVALID_PRODUCER_EPOCH,
                        "producer " + producerId + " has epoch " + producer.epoch + ", not " + epoch
                                + " any more: a newer instance took over");
    }

    /// Why a marker may not be written, or null. From transaction version 2 on it has a new epoch, so that one of an
    /// earlier transaction is known by its epoch; one that is sent again finds no open transaction,
    /// and does no harm.
    AppendResult.@Nullable Refused checkMarker(
            long producerId, short epoch, int transactionVersion, int coordinatorEpoch) {
        var producer = producers.get(producerId);
        if (producer == null) {
            return null;
        }
        var old = checkEpoch(producerId, epoch);
        if (old != null) {
            return old;
        }
        if (transactionVersion >= 2 && epoch == producer.epoch && producer.transactionStart >= 0) {
            return new AppendResult.Refused(
                    AppendError.INVALID_PRODUCER_EPOCH,
                    "the marker's epoch " + epoch + " is that of the transaction which producer " + producerId
                            + " has open: it belongs to an earlier one");
        }
        if (coordinatorEpoch < producer.coordinatorEpoch) {
            return new AppendResult.Refused(
                    AppendError.TRANSACTION_COORDINATOR_FENCED,
                    "the marker is of coordinator epoch " + coordinatorEpoch + ", one of epoch "
                            + producer.coordinatorEpoch + " was here: a newer coordinator took over");
        }
        return null;
    }

    /// Takes note of a batch that is in the log; the transaction that it aborted, if it did.
    @Nullable
    AbortedTransaction update(RecordBatch batch) {
        if (!batch.hasProducerId()) {
            return null;
        }
        changed = true;
        boolean known = producers.containsKey(batch.producerId());
        var producer = producers.computeIfAbsent(batch.producerId(), id -> new Producer());
        if (batch.producerEpoch() != producer.epoch) {
            producer.epochByMarker = known && batch.isControl();
            producer.epoch = batch.producerEpoch();
            producer.batches.clear();
        }
        producer.lastTimestamp = Math.max(producer.lastTimestamp, batch.maxTimestamp());
        if (batch.isControl()) {
            return end(producer, batch);
        }
        if (producer.batches.size() == REMEMBERED_BATCHES) {
            producer.batches.removeFirst();
        }
        producer.batches.add(new Batch(
                batch.baseSequence(),
                batch.lastSequence(),
                batch.lastOffset(),
                batch.lastOffsetDelta(),
                batch.maxTimestamp()));
        if (batch.isTransactional()) {
            if (producer.transactionStart < 0) {
                producer.transactionStart = batch.baseOffset();
            }
            transactions.wrote(batch.producerId(), producer.epoch, producer.transactionStart);
        }
        return null;
    }

    /// Takes note of a batch that is about to be in the log, until [#confirmAhead] or [#takeBackAhead]. Neither
    /// transactional nor a marker.
    void updateAhead(RecordBatch batch) {
        if (batch.hasProducerId()) {
            before.computeIfAbsent(
                    batch.producerId(),
                    id -> Optional.ofNullable(producers.get(id)).map(Producer::copy));
            update(batch);
        }
    }

    void confirmAhead() {
        before.clear();
    }

    void takeBackAhead() {
        before.forEach((id, producer) ->
                producer.ifPresentOrElse(known -> producers.put(id, known), () -> producers.remove(id)));
        before.clear();
    }

    private @Nullable AbortedTransaction end(Producer producer, RecordBatch marker) {
        boolean aborts = false;
        // Compaction leaves markers without their record.
        if (marker.recordCount() > 0) {
            var record = marker.controlRecord();
            producer.coordinatorEpoch = record.coordinatorEpoch();
            aborts = record.type() == ControlRecord.Type.ABORT;
        }
        long start = producer.transactionStart;
        if (start < 0) {
            return null;
        }
        producer.transactionStart = -1;
        transactions.end(marker.producerId(), marker.baseOffset());
        return !aborts
                ? null
                : new AbortedTransaction(
                        marker.producerId(), start, marker.baseOffset(), transactions.firstOpen(marker.nextOffset()));
    }

    /// The last batch of a producer.
    ///
    /// @param dataOffset its last offset; -1 if only a marker is known since the epoch began
    record Last(long dataOffset, short epoch) {}

    /// Of each producer the last batch below an offset.
    Map<Long, Last> lasts(long below) {
        var lasts = new HashMap<Long, Last>();
        producers.forEach((id, producer) -> {
            long offset = -1;
            for (var batch : producer.batches) {
                if (batch.lastOffset < below) {
                    offset = batch.lastOffset;
                }
            }
            lasts.put(id, new Last(offset, producer.epoch));
        });
        return lasts;
    }

    boolean expire(long olderThanMs) {
        boolean any = producers
                .values()
                .removeIf(producer -> producer.transactionStart < 0 && producer.lastTimestamp < olderThanMs);
        changed |= any;
        return any;
    }

    List<ProducerView> view() {
        var views = new ArrayList<ProducerView>(producers.size());
        producers.forEach((id, producer) -> views.add(new ProducerView(
                id,
                producer.epoch,
                producer.batches.isEmpty() ? RecordBatch.NO_SEQUENCE : producer.batches.getLast().lastSequence,
                producer.lastTimestamp,
                producer.coordinatorEpoch,
                producer.transactionStart)));
        return views;
    }

    void clear() {
        producers.clear();
        transactions.forgetOpen();
        changed = true;
    }

    /// Counts as changed.
    void touch() {
        changed = true;
    }

    /// True once after changes.
    boolean takeChanged() {
        boolean was = changed;
        changed = false;
        return was;
    }

    byte[] snapshot() {
        int size = 12;
        for (var producer : producers.values()) {
            size += 35 + producer.batches.size() * 28;
        }
        var out = ByteBuffer.allocate(size);
        out.position(4);
        out.putInt(SNAPSHOT_VERSION).putInt(producers.size());
        producers.forEach((id, producer) -> {
            out.putLong(id).putShort(producer.epoch).put((byte) (producer.epochByMarker ? 1 : 0));
            out.putInt(producer.coordinatorEpoch);
            out.putLong(producer.transactionStart).putLong(producer.lastTimestamp);
            out.putInt(producer.batches.size());
            for (var batch : producer.batches) {
                out.putInt(batch.baseSequence).putInt(batch.lastSequence).putLong(batch.lastOffset);
                out.putInt(batch.offsetDelta).putLong(batch.timestamp);
            }
        });
        out.putInt(0, AtomicFile.crc(out.array(), 4, size - 4));
        return out.array();
    }

    /// False if the bytes are no snapshot; nothing changed then.
    boolean load(byte[] snapshot) {
        var in = ByteBuffer.wrap(snapshot);
        if (in.remaining() < 12 || in.getInt() != AtomicFile.crc(snapshot, 4, snapshot.length - 4)) {
            return false;
        }
        int version = in.getInt();
        if (version < 1 || version > SNAPSHOT_VERSION) {
            return false;
        }
        clear();
        for (int left = in.getInt(); left > 0; left--) {
            long id = in.getLong();
            var producer = new Producer();
            producer.epoch = in.getShort();
            producer.epochByMarker = version >= 2 && in.get() != 0;
            producer.coordinatorEpoch = in.getInt();
            producer.transactionStart = in.getLong();
            producer.lastTimestamp = in.getLong();
            for (int batches = in.getInt(); batches > 0; batches--) {
                producer.batches.add(new Batch(in.getInt(), in.getInt(), in.getLong(), in.getInt(), in.getLong()));
            }
            if (producer.transactionStart >= 0) {
                transactions.wrote(id, producer.epoch, producer.transactionStart);
            }
            producers.put(id, producer);
        }
        changed = false;
        return true;
    }
}
