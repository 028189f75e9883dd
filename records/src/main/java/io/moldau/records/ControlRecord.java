package io.moldau.records;

import java.nio.ByteBuffer;

/// A transaction marker: the one record of a control batch.
public record ControlRecord(Type type, int coordinatorEpoch) {
    /// The key's type field: 0 abort, 1 commit.
    public enum Type {
        ABORT,
        COMMIT
    }

    private static final short VERSION = 0;

    ByteBuffer key() {
        return ByteBuffer.allocate(4)
                .putShort(VERSION)
                .putShort((short) (type == Type.COMMIT ? 1 : 0))
                .flip();
    }

    ByteBuffer value() {
        return ByteBuffer.allocate(6).putShort(VERSION).putInt(coordinatorEpoch).flip();
    }

    static ControlRecord of(RecordBatch batch) {
        if (!batch.isControl()) {
            throw new InvalidBatchException(BatchError.INVALID_RECORD, "not a control batch");
        }
        try (var records = batch.records()) {
            if (!records.hasNext()) {
                throw new InvalidBatchException(BatchError.INVALID_RECORD, "a control batch without a record");
            }
            var record = records.next();
            var key = record.key();
            var value = record.value();
            if (key == null || key.remaining() < 4 || value == null || value.remaining() < 6) {
                throw new InvalidBatchException(BatchError.INVALID_RECORD, "a control record that is too short");
            }
            int type = key.getShort(key.position() + 2);
            if (type < 0 || type > 1) {
                throw new InvalidBatchException(BatchError.INVALID_RECORD, "control record type " + type);
            }
            return new ControlRecord(type == 1 ? Type.COMMIT : Type.ABORT, value.getInt(value.position() + 2));
        }
    }
}
