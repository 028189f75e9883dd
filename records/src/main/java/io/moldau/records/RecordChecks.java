package io.moldau.records;

/// The deep check of a produced batch.
final class RecordChecks {
    private RecordChecks() {}

    static void check(RecordBatch batch, boolean keyRequired, long limitBytes) {
        try (var records = RecordIterator.over(batch, limitBytes)) {
            long expected = batch.baseOffset();
            while (records.hasNext()) {
                var record = records.next();
                if (record.offset() != expected) {
                    throw new InvalidBatchException(
                            BatchError.INVALID_RECORD,
                            "record " + (expected - batch.baseOffset()) + " has offset delta "
                                    + (record.offset() - batch.baseOffset()));
                }
                if (keyRequired && record.key() == null) {
                    throw new InvalidBatchException(
                            BatchError.INVALID_RECORD,
                            "record " + (expected - batch.baseOffset())
                                    + " has no key; a compacted topic accepts only records with keys");
                }
                expected++;
            }
        }
    }
}
