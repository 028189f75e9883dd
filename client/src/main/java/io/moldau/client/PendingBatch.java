package io.moldau.client;

import io.moldau.protocol.ErrorCode;
import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import io.moldau.records.RecordBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// A batch on its way: open for records, then sealed, built once with its producer and sequence and sent until it is
/// settled. What a broker may have seen is never changed, so that it recognises a batch that is sent again.
final class PendingBatch {
    final TopicPartition partition;
    final long createdMs;
    private final Compression compression;
    private final BatchBuilder builder;
    private final List<CompletableFuture<Producer.Acknowledged>> futures = new ArrayList<>();
    private long heldBytes;
    private boolean sealed;
    private int attempts;
    private @Nullable RecordBatch built;
    private @Nullable ClientException lastFailure;

    PendingBatch(TopicPartition partition, Compression compression, long createdMs) {
        this.partition = partition;
        this.compression = compression;
        this.createdMs = createdMs;
        this.builder = new BatchBuilder(compression);
    }

    boolean takes(int recordBytes, int batchBytes) {
        return !sealed && (builder.isEmpty() || builder.sizeBytes() + recordBytes <= batchBytes);
    }

    CompletableFuture<Producer.Acknowledged> add(OutgoingRecord record, long timestampMs, int recordBytes) {
        builder.append(timestampMs, record.key(), record.value(), record.headers());
        heldBytes += recordBytes;
        var future = new CompletableFuture<Producer.Acknowledged>();
        futures.add(future);
        return future;
    }

    long heldBytes() {
        return heldBytes;
    }

    int recordCount() {
        return futures.size();
    }

    /// No more records.
    void seal() {
        sealed = true;
    }

    int attempts() {
        return attempts;
    }

    void attempted() {
        attempts++;
    }

    void remember(ClientException failure) {
        lastFailure = failure;
    }

    CompletableFuture<Producer.Acknowledged> lastFuture() {
        return futures.getLast();
    }

    boolean isBuilt() {
        return built != null;
    }

    RecordBatch build(ProducerIdentity identity, int sequence) {
        var batch = built;
        if (batch == null) {
            if (identity.isPresent()) {
                builder.producer(identity.id(), identity.epoch(), sequence);
            }
            batch = RecordBatch.of(builder.build());
            built = batch;
        } else if (batch.producerId() != identity.id() || batch.producerEpoch() != identity.epoch()) {
            batch.stampProducer(identity.id(), identity.epoch(), sequence);
        }
        return batch;
    }

    ByteBuffer bytes() {
        var batch = built;
        if (batch == null) {
            throw new IllegalStateException("not built");
        }
        return batch.buffer();
    }

    int baseSequence() {
        var batch = built;
        return batch == null ? RecordBatch.NO_SEQUENCE : batch.baseSequence();
    }

    /// The same records in two batches.
    List<PendingBatch> split() {
        var halves = List.of(
                new PendingBatch(partition, compression, createdMs),
                new PendingBatch(partition, compression, createdMs));
        long share = heldBytes / 2;
        halves.getFirst().heldBytes = heldBytes - share;
        halves.getLast().heldBytes = share;
        int index = 0;
        try (var records = RecordBatch.of(bytes()).records()) {
            while (records.hasNext()) {
                var record = records.next();
                var half = halves.get(index < futures.size() / 2 ? 0 : 1);
                half.builder.append(record.timestamp(), record.key(), record.value(), record.headers());
                half.futures.add(futures.get(index));
                index++;
            }
        }
        halves.forEach(PendingBatch::seal);
        return halves;
    }

    void acknowledge(long baseOffset) {
        for (int index = 0; index < futures.size(); index++) {
            futures.get(index).complete(new Producer.Acknowledged(partition, baseOffset < 0 ? -1 : baseOffset + index));
        }
    }

    void fail(ClientException failure) {
        for (var future : futures) {
            future.completeExceptionally(failure);
        }
    }

    ClientException tooLate(int deliveryTimeoutMs) {
        var last = lastFailure;
        var why = last == null ? "" : ": " + last.getMessage();
        return new ClientException(
                ErrorCode.REQUEST_TIMED_OUT,
                recordCount() + " records for " + partition + " were not acknowledged within " + deliveryTimeoutMs
                        + " ms" + why,
                last);
    }
}
