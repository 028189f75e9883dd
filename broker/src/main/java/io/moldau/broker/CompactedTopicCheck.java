package io.moldau.broker;

import io.moldau.protocol.ErrorCode;
import io.moldau.records.InvalidBatchException;
import io.moldau.records.RecordBatch;
import io.moldau.replication.AppendOutcome;
import io.moldau.replication.ErrorCodes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What compacted topics ask of produced records: a key, since compaction keeps the latest record of each.
/// Opens the batch, so call it off the partition's strand and for such topics only.
final class CompactedTopicCheck {
    /// More than that are not listed.
    private static final int MOST_RECORDS = 100;

    private CompactedTopicCheck() {}

    /// Why the batch is refused, if it is.
    ///
    /// @param bytes one whole record batch whose header was checked
    static Optional<AppendOutcome.Refused> refuse(ByteBuffer bytes) {
        var batch = RecordBatch.of(bytes);
        var keyless = new ArrayList<AppendOutcome.RecordError>();
        try (var records = batch.records()) {
            for (int index = 0; records.hasNext(); index++) {
                if (records.next().key() == null && keyless.size() < MOST_RECORDS) {
                    keyless.add(new AppendOutcome.RecordError(
                            index,
                            "record " + index + " has no key; a compacted topic accepts only records with keys"));
                }
            }
        } catch (InvalidBatchException invalid) {
            return Optional.of(
                    new AppendOutcome.Refused(ErrorCodes.of(invalid.error()), String.valueOf(invalid.getMessage())));
        }
        return keyless.isEmpty()
                ? Optional.empty()
                : Optional.of(new AppendOutcome.Refused(
                        ErrorCode.INVALID_RECORD,
                        "records without keys: the topic's cleanup.policy is compact, which keeps the latest record"
                                + " of each key",
                        List.copyOf(keyless)));
    }
}
