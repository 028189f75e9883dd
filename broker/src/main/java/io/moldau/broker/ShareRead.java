package io.moldau.broker;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Payload;
import io.moldau.records.RecordBatch;
import io.moldau.records.RecordBatches;
import io.moldau.replication.Fetched;
import io.moldau.shares.Acquired;
import io.moldau.shares.LogBatch;
import io.moldau.shares.SharePartition;
import io.moldau.storage.LogSlice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// What was read of a log for a member of a share group: whole batches, of whose headers alone is known which offsets
/// they have.
///
/// @param from where reading began
record ShareRead(SharePartition share, long from, ByteBuffer bytes, List<RecordBatch> records, List<LogBatch> batches) {
    /// Something was read, or there is nothing, or it could not be read.
    sealed interface Outcome {
        record Some(ShareRead read) implements Outcome {}

        record Nothing() implements Outcome {}

        record Refused(ErrorCode error, String reason) implements Outcome {}
    }

    static boolean isAtHand(SharePartition share, int maxBytes) {
        long from = share.nextOffset();
        return from < 0 || share.partition().log().isAtHand(from, maxBytes);
    }

    static Outcome of(SharePartition share, int maxBytes) {
        long from = share.nextOffset();
        boolean committedOnly = share.rules().committedOnly();
        var partition = share.partition();
        if (from < 0) {
            return new Outcome.Nothing();
        }
        return switch (partition.read(from, maxBytes, committedOnly, -1, true)) {
            case Fetched.Refused(var error, var reason) -> {
                if (error != ErrorCode.OFFSET_OUT_OF_RANGE) {
                    yield new Outcome.Refused(error, reason);
                }
                if (from < partition.logStartOffset()) {
                    share.logStartMoved();
                }
                yield new Outcome.Nothing();
            }
            case Fetched.Read read ->
                read.slice().isEmpty()
                        ? new Outcome.Nothing()
                        : some(share, from, read, read.slice().get());
        };
    }

    private static Outcome some(SharePartition share, long from, Fetched.Read read, LogSlice slice) {
        ByteBuffer bytes;
        try {
            bytes = slice.buffer();
        } catch (IOException failure) {
            return new Outcome.Refused(
                    ErrorCode.KAFKA_STORAGE_ERROR, "reading the log failed: " + failure.getMessage());
        }
        var records = RecordBatches.splitTrusted(bytes);
        var batches = new ArrayList<LogBatch>(records.size());
        for (var batch : records) {
            boolean aborted = batch.isTransactional()
                    && read.aborted().stream()
                            .anyMatch(one -> one.producerId() == batch.producerId()
                                    && batch.baseOffset() >= one.firstOffset()
                                    && batch.baseOffset() <= one.lastOffset());
            batches.add(new LogBatch(batch.baseOffset(), batch.lastOffset(), !batch.isControl() && !aborted));
        }
        return new Outcome.Some(new ShareRead(share, from, bytes, records, batches));
    }

    int sizeBytes() {
        return bytes.remaining();
    }

    /// The batches that hold these records.
    Payload payload(List<Acquired> acquired) {
        if (acquired.isEmpty()) {
            return Payload.EMPTY;
        }
        long first = acquired.getFirst().first();
        long last = acquired.getLast().last();
        int begin = 0;
        int end = 0;
        for (var batch : records) {
            if (batch.lastOffset() < first) {
                begin += batch.sizeBytes();
            }
            if (batch.baseOffset() <= last) {
                end += batch.sizeBytes();
            }
        }
        return Payload.of(bytes.slice(bytes.position() + begin, end - begin));
    }
}
