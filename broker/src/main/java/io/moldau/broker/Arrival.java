package io.moldau.broker;

import io.moldau.protocol.ErrorCode;
import io.moldau.records.BatchBuilder;
import io.moldau.records.BatchError;
import io.moldau.records.Compression;
import io.moldau.records.InvalidBatchException;
import io.moldau.records.Record;
import io.moldau.records.RecordBatch;
import io.moldau.records.TimestampType;
import io.moldau.replication.AppendOutcome;
import io.moldau.replication.AppendOutcome.RecordError;
import io.moldau.replication.ErrorCodes;
import io.moldau.storage.LogSettings;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a topic's settings ask of a produced batch before it is appended: of its records one by one, where a setting
/// or the batch needs that, and of the codec in which it is kept.
///
/// Records are read if they are compressed, must have keys, must have another codec, or have times that matter. Else
/// the batch stays bytes: `docs/decisions/0015-records-that-are-not-read.md`.
///
/// @param rules of the topic
/// @param isr how many replicas are in sync
/// @param awaitIsr acks=all
record Arrival(LogSettings rules, int isr, boolean awaitIsr, long nowMs) {
    sealed interface Verdict {}

    /// @param batch the one that came, or another with the same records in memory of its own
    record Accepted(RecordBatch batch) implements Verdict {}

    record Turned(AppendOutcome.Refused refusal) implements Verdict {}

    /// Of each batch; the others of a batch that is refused are told that they were in it.
    private static final int MOST_RECORD_ERRORS = 100;

    /// A batch that decompresses to more than that many times what a topic accepts is a bomb.
    private static final int MOST_EXPANSION = 64;

    private static final long LEAST_LIMIT_BYTES = 16 << 20;
    private static final long MOST_LIMIT_BYTES = 1 << 30;

    /// One batch, whose header and CRC were checked; it is not kept.
    Verdict of(RecordBatch batch) {
        if (awaitIsr && isr < rules.minInsyncReplicas()) {
            return turned(
                    ErrorCode.NOT_ENOUGH_REPLICAS,
                    "acks=all needs min.insync.replicas=" + rules.minInsyncReplicas()
                            + " replicas, the partition has " + isr + " in sync; lower the topic's setting or"
                            + " produce with acks=1",
                    List.of());
        }
        var target = target(batch);
        if (target == null && !mustBeRead(batch)) {
            return new Accepted(batch);
        }
        var reading = new Reading(batch, target);
        try {
            return reading.run();
        } catch (InvalidBatchException invalid) {
            var text = String.valueOf(invalid.getMessage());
            boolean ofRecord = invalid.error() == BatchError.INVALID_RECORD;
            return turned(
                    ErrorCodes.of(invalid.error()),
                    text,
                    ofRecord ? List.of(new RecordError(reading.index, text)) : List.of());
        }
    }

    private boolean mustBeRead(RecordBatch batch) {
        return batch.compression() != Compression.NONE
                || rules.cleanupCompact()
                || (rules.timestampType() == TimestampType.CREATE_TIME
                        && (rules.timestampBeforeMaxMs() < Long.MAX_VALUE || isLate(batch.maxTimestamp())));
    }

    /// The codec to which the batch must be brought, null if it may stay.
    private @Nullable Compression target(RecordBatch batch) {
        var codec = rules.compression().codec();
        return codec == null || codec == batch.compression() ? null : codec;
    }

    private boolean isLate(long timestampMs) {
        return rules.timestampAfterMaxMs() < Long.MAX_VALUE
                && timestampMs > saturated(nowMs, rules.timestampAfterMaxMs());
    }

    private boolean isEarly(long timestampMs) {
        return rules.timestampBeforeMaxMs() < Long.MAX_VALUE && timestampMs < nowMs - rules.timestampBeforeMaxMs();
    }

    private static long saturated(long nowMs, long more) {
        return more > Long.MAX_VALUE - nowMs ? Long.MAX_VALUE : nowMs + more;
    }

    private static Turned turned(ErrorCode error, String reason, List<RecordError> records) {
        return new Turned(new AppendOutcome.Refused(error, reason, records));
    }

    /// One pass over the records.
    private final class Reading {
        private final RecordBatch batch;
        private final @Nullable BatchBuilder rebuilt;
        private final List<RecordError> errors = new ArrayList<>();
        private long latest = RecordBatch.NO_TIMESTAMP;
        private int wrong;
        private boolean wrongTime;
        private int index;

        Reading(RecordBatch batch, @Nullable Compression target) {
            this.batch = batch;
            this.rebuilt = target == null
                    ? null
                    : BatchBuilder.like(batch, target, rules.compression().level());
        }

        Verdict run() {
            long limit =
                    Math.clamp((long) rules.maxMessageBytes() * MOST_EXPANSION, LEAST_LIMIT_BYTES, MOST_LIMIT_BYTES);
            try (var records = batch.records(limit)) {
                for (; records.hasNext(); index++) {
                    look(records.next());
                }
            }
            if (wrong > 0) {
                return turned(
                        wrongTime ? ErrorCode.INVALID_TIMESTAMP : ErrorCode.INVALID_RECORD,
                        wrong + " of " + batch.recordCount() + " records cannot be accepted; the first: "
                                + errors.getFirst().message(),
                        errors);
            }
            if (batch.timestampType() == TimestampType.CREATE_TIME && latest != batch.maxTimestamp()) {
                throw new InvalidBatchException(
                        BatchError.INVALID_RECORD,
                        "the header says that the latest timestamp is " + batch.maxTimestamp() + ", the records say "
                                + latest);
            }
            return new Accepted(rebuilt == null ? batch : RecordBatch.of(rebuilt.build()));
        }

        private void look(Record record) {
            latest = Math.max(latest, record.timestamp());
            if (rules.cleanupCompact() && record.key() == null) {
                blame("the record has no key; cleanup.policy=compact needs one in each record");
            } else if (rules.timestampType() == TimestampType.CREATE_TIME
                    && record.timestamp() != RecordBatch.NO_TIMESTAMP) {
                if (isLate(record.timestamp())) {
                    blameTime(record.timestamp(), "after", rules.timestampAfterMaxMs());
                } else if (isEarly(record.timestamp())) {
                    blameTime(record.timestamp(), "before", rules.timestampBeforeMaxMs());
                }
            }
            if (rebuilt != null && wrong == 0) {
                rebuilt.append(record);
            }
        }

        private void blameTime(long timestampMs, String where, long mostMs) {
            wrongTime = true;
            blame("timestamp " + timestampMs + " lies more than " + mostMs + " ms " + where + " the broker's time "
                    + nowMs + " (message.timestamp." + where + ".max.ms)");
        }

        private void blame(String message) {
            wrong++;
            if (errors.size() < MOST_RECORD_ERRORS) {
                errors.add(new RecordError(index, message));
            }
        }
    }
}
