package io.moldau.storage;

import io.moldau.records.Compression;
import io.moldau.records.RecordBatch;
import io.moldau.records.TimestampType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What is asked of the headers of one append's batches before they are written; null stands for "nothing to say
/// against it".
record ProducedBatches(LogSettings rules, ProducerStates producers, long logStart, long logEnd, long nowMs) {
    static AppendResult refused(AppendError error, String reason) {
        return new AppendResult.Refused(error, reason);
    }

    @Nullable
    AppendResult check(List<RecordBatch> batches, int size, AppendOrigin origin) {
        if (batches.isEmpty()) {
            return refused(AppendError.INVALID_RECORD, "no record batch");
        }
        if (size > rules.segmentBytes() && origin != AppendOrigin.REPLICATION) {
            return refused(
                    AppendError.RECORD_LIST_TOO_LARGE,
                    size + " bytes do not fit into a segment of " + rules.segmentBytes() + " bytes");
        }
        if (origin == AppendOrigin.REPLICATION) {
            return batches.getFirst().baseOffset() >= logEnd
                    ? null
                    : refused(
                            AppendError.OFFSET_OUT_OF_RANGE,
                            "offset " + batches.getFirst().baseOffset() + " is below the log end " + logEnd);
        }
        for (var batch : batches) {
            if (batch.recordCount() < 1 || batch.lastOffsetDelta() < 0) {
                return refused(AppendError.INVALID_RECORD, "a batch without records");
            }
            if (origin == AppendOrigin.CLIENT) {
                var answer = checkProduced(batch, batches.size());
                if (answer != null) {
                    return answer;
                }
            } else if (batch.hasProducerId()) {
                var answer = producers.checkEpoch(batch.producerId(), batch.producerEpoch());
                if (answer != null) {
                    return answer;
                }
            }
        }
        return null;
    }

    private @Nullable AppendResult checkProduced(RecordBatch batch, int batchCount) {
        if (batch.sizeBytes() > rules.maxMessageBytes()) {
            return refused(
                    AppendError.MESSAGE_TOO_LARGE,
                    "the record batch has " + batch.sizeBytes() + " bytes, max.message.bytes is "
                            + rules.maxMessageBytes());
        }
        Compression.ofId(batch.attributes() & 7);
        if (batch.isControl()) {
            return refused(AppendError.INVALID_RECORD, "a client may not write control records");
        }
        if (rules.timestampType() == TimestampType.CREATE_TIME) {
            var answer = checkTime(batch);
            if (answer != null) {
                return answer;
            }
        }
        if (!batch.hasProducerId()) {
            return null;
        }
        if (batchCount > 1) {
            return refused(AppendError.INVALID_RECORD, "an idempotent producer sends one batch a partition");
        }
        var known = producers.duplicateOf(batch);
        if (known != null) {
            boolean appendTime = rules.timestampType() == TimestampType.LOG_APPEND_TIME;
            return new AppendResult.Duplicate(
                    known.baseOffset(), known.lastOffset(), appendTime ? known.timestamp() : -1, logStart);
        }
        return producers.check(batch);
    }

    private @Nullable AppendResult checkTime(RecordBatch batch) {
        if (batch.timestampType() == TimestampType.LOG_APPEND_TIME
                || (rules.timestampAfterMaxMs() < Long.MAX_VALUE
                        && batch.maxTimestamp() - nowMs > rules.timestampAfterMaxMs())) {
            return refused(
                    AppendError.INVALID_TIMESTAMP,
                    "timestamp " + batch.maxTimestamp() + " is too far after the broker's time " + nowMs);
        }
        return null;
    }
}
