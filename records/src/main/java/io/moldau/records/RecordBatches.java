package io.moldau.records;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/// Splits a run of bytes into record batches, checking them on the way.
public final class RecordBatches {
    private RecordBatches() {}

    /// The batches of a produce request: whole, CRC right, header consistent, none larger than `maxBatchBytes`.
    /// The records themselves are not read: see [RecordBatch#checkRecords].
    public static List<RecordBatch> split(ByteBuffer payload, int maxBatchBytes) {
        var batches = new ArrayList<RecordBatch>(1);
        var bytes = payload.slice().order(ByteOrder.BIG_ENDIAN);
        int position = 0;
        while (position < bytes.limit()) {
            var batch = next(bytes, position, maxBatchBytes);
            if (!batch.checkCrc()) {
                throw new InvalidBatchException(
                        BatchError.CORRUPT_MESSAGE, "the CRC of the record batch does not match its content");
            }
            checkHeader(batch);
            batches.add(batch);
            position += batch.sizeBytes();
        }
        return batches;
    }

    /// As [#split(ByteBuffer, int)] without a limit on a batch's size.
    public static List<RecordBatch> split(ByteBuffer payload) {
        return split(payload, Integer.MAX_VALUE);
    }

    /// The whole batches of a fetch response; a batch that the response's size limit cut off at the end is left out.
    public static List<RecordBatch> splitFetched(ByteBuffer payload, boolean checkCrc) {
        var batches = new ArrayList<RecordBatch>();
        var bytes = payload.slice().order(ByteOrder.BIG_ENDIAN);
        int position = 0;
        while (bytes.limit() - position >= RecordBatch.HEADER_BYTES) {
            long size = (long) bytes.getInt(position + RecordBatch.LENGTH_AT) + RecordBatch.LENGTH_OVERHEAD_BYTES;
            if (size > bytes.limit() - position && bytes.get(position + RecordBatch.MAGIC_AT) == RecordBatch.MAGIC) {
                break;
            }
            var batch = next(bytes, position, Integer.MAX_VALUE);
            if (checkCrc && !batch.checkCrc()) {
                throw new InvalidBatchException(
                        BatchError.CORRUPT_MESSAGE,
                        "the CRC of the record batch at offset " + batch.baseOffset() + " does not match its content");
            }
            batches.add(batch);
            position += batch.sizeBytes();
        }
        return batches;
    }

    /// Views of batches whose bytes are ours (they were checked when they came in): sizes and magic only.
    public static List<RecordBatch> splitTrusted(ByteBuffer payload) {
        var batches = new ArrayList<RecordBatch>(1);
        var bytes = payload.slice().order(ByteOrder.BIG_ENDIAN);
        int position = 0;
        while (position < bytes.limit()) {
            var batch = next(bytes, position, Integer.MAX_VALUE);
            batches.add(batch);
            position += batch.sizeBytes();
        }
        return batches;
    }

    private static RecordBatch next(ByteBuffer bytes, int position, int maxBatchBytes) {
        int available = bytes.limit() - position;
        // Formats 0 and 1 have their magic at the same place, and shorter headers.
        if (available > RecordBatch.MAGIC_AT) {
            byte magic = bytes.get(position + RecordBatch.MAGIC_AT);
            if (magic != RecordBatch.MAGIC) {
                throw new InvalidBatchException(
                        magic == 0 || magic == 1
                                ? BatchError.UNSUPPORTED_FOR_MESSAGE_FORMAT
                                : BatchError.INVALID_RECORD,
                        "message format v" + magic + " is not supported; use v2 (clients of Kafka 0.11 and newer)");
            }
        }
        if (available < RecordBatch.HEADER_BYTES) {
            throw new InvalidBatchException(
                    BatchError.CORRUPT_MESSAGE, "a record batch needs 61 bytes of header, there are " + available);
        }
        int length = bytes.getInt(position + RecordBatch.LENGTH_AT);
        long size = (long) length + RecordBatch.LENGTH_OVERHEAD_BYTES;
        if (length < RecordBatch.HEADER_BYTES - RecordBatch.LENGTH_OVERHEAD_BYTES || size > available) {
            throw new InvalidBatchException(
                    BatchError.CORRUPT_MESSAGE,
                    "a record batch says it has " + size + " bytes, there are " + available);
        }
        if (size > maxBatchBytes) {
            throw new InvalidBatchException(
                    BatchError.MESSAGE_TOO_LARGE,
                    "the record batch has " + size + " bytes, the limit is " + maxBatchBytes
                            + " (max.message.bytes of the topic)");
        }
        return new RecordBatch(bytes.slice(position, (int) size).order(ByteOrder.BIG_ENDIAN));
    }

    /// What a producer's header must hold among itself.
    private static void checkHeader(RecordBatch batch) {
        int count = batch.recordCount();
        if (count <= 0) {
            throw invalid("a record batch must hold at least one record, this one says " + count);
        }
        if (batch.lastOffsetDelta() != count - 1) {
            throw invalid("last offset delta " + batch.lastOffsetDelta() + " does not fit " + count + " records");
        }
        if (batch.baseOffset() < 0 || batch.baseOffset() > Long.MAX_VALUE - count) {
            throw invalid("base offset " + batch.baseOffset());
        }
        // A record is at least 7 bytes long: length, attributes, 2 deltas, key and value lengths, header count.
        if (batch.compression() == Compression.NONE && (long) count * 7 > batch.sizeBytes()) {
            throw invalid(count + " records do not fit into " + batch.sizeBytes() + " bytes");
        }
        if (batch.hasProducerId()) {
            if (batch.producerEpoch() < 0) {
                throw invalid("producer id " + batch.producerId() + " with epoch " + batch.producerEpoch());
            }
            if (batch.baseSequence() < 0 && !batch.isControl()) {
                throw invalid("producer id " + batch.producerId() + " with sequence " + batch.baseSequence());
            }
        } else if (batch.isTransactional()) {
            throw invalid("a transactional batch without a producer id");
        }
        if (batch.maxTimestamp() < RecordBatch.NO_TIMESTAMP) {
            throw new InvalidBatchException(BatchError.INVALID_TIMESTAMP, "negative timestamp " + batch.maxTimestamp());
        }
    }

    private static InvalidBatchException invalid(String text) {
        return new InvalidBatchException(BatchError.INVALID_RECORD, text);
    }
}
