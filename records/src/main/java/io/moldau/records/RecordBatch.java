package io.moldau.records;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/// A view of one record batch v2 inside a buffer: reads the header at fixed positions, copies nothing.
///
/// The header is trusted only as far as [RecordBatches] checked it. The two stamping methods write into the
/// buffer; they are for the one owner that appends the batch.
public final class RecordBatch {
    /// Bytes before the part that `batchLength` counts.
    public static final int LENGTH_OVERHEAD_BYTES = 12;
    public static final int HEADER_BYTES = 61;
    public static final byte MAGIC = 2;
    public static final long NO_PRODUCER_ID = -1;
    public static final short NO_PRODUCER_EPOCH = -1;
    public static final int NO_SEQUENCE = -1;
    public static final long NO_TIMESTAMP = -1;

    static final int BASE_OFFSET_AT = 0;
    static final int LENGTH_AT = 8;
    static final int LEADER_EPOCH_AT = 12;
    static final int MAGIC_AT = 16;
    static final int CRC_AT = 17;
    static final int ATTRIBUTES_AT = 21;
    static final int LAST_OFFSET_DELTA_AT = 23;
    static final int BASE_TIMESTAMP_AT = 27;
    static final int MAX_TIMESTAMP_AT = 35;
    static final int PRODUCER_ID_AT = 43;
    static final int PRODUCER_EPOCH_AT = 51;
    static final int BASE_SEQUENCE_AT = 53;
    static final int RECORD_COUNT_AT = 57;

    static final int COMPRESSION_MASK = 0x07;
    static final int LOG_APPEND_TIME_BIT = 0x08;
    static final int TRANSACTIONAL_BIT = 0x10;
    static final int CONTROL_BIT = 0x20;
    static final int DELETE_HORIZON_BIT = 0x40;

    private final ByteBuffer buffer;

    /// `slice` starts at index 0 and is exactly this batch.
    RecordBatch(ByteBuffer slice) {
        this.buffer = slice;
    }

    /// A view of the one batch between position and limit. Checks the sizes, the magic and nothing else.
    public static RecordBatch of(ByteBuffer batch) {
        int available = batch.remaining();
        if (available < HEADER_BYTES) {
            throw new InvalidBatchException(
                    BatchError.CORRUPT_MESSAGE, "a record batch needs 61 bytes of header, there are " + available);
        }
        var slice = batch.slice().order(ByteOrder.BIG_ENDIAN);
        long size = (long) slice.getInt(LENGTH_AT) + LENGTH_OVERHEAD_BYTES;
        if (size != available) {
            throw new InvalidBatchException(
                    BatchError.CORRUPT_MESSAGE, "a record batch of " + size + " bytes in " + available + " bytes");
        }
        if (slice.get(MAGIC_AT) != MAGIC) {
            throw new InvalidBatchException(
                    BatchError.UNSUPPORTED_FOR_MESSAGE_FORMAT, "magic " + slice.get(MAGIC_AT) + " is not supported");
        }
        return new RecordBatch(slice);
    }

    public long baseOffset() {
        return buffer.getLong(BASE_OFFSET_AT);
    }

    public long lastOffset() {
        return baseOffset() + lastOffsetDelta();
    }

    public long nextOffset() {
        return lastOffset() + 1;
    }

    /// The whole batch, header included.
    public int sizeBytes() {
        return buffer.limit();
    }

    public int partitionLeaderEpoch() {
        return buffer.getInt(LEADER_EPOCH_AT);
    }

    public byte magic() {
        return buffer.get(MAGIC_AT);
    }

    /// The stored CRC32C, unsigned.
    public long crc() {
        return Integer.toUnsignedLong(buffer.getInt(CRC_AT));
    }

    public short attributes() {
        return buffer.getShort(ATTRIBUTES_AT);
    }

    public Compression compression() {
        return Compression.ofId(attributes() & COMPRESSION_MASK);
    }

    public TimestampType timestampType() {
        return (attributes() & LOG_APPEND_TIME_BIT) == 0 ? TimestampType.CREATE_TIME : TimestampType.LOG_APPEND_TIME;
    }

    public boolean isTransactional() {
        return (attributes() & TRANSACTIONAL_BIT) != 0;
    }

    public boolean isControl() {
        return (attributes() & CONTROL_BIT) != 0;
    }

    /// Compaction said when its tombstones, or its marker, may go (KIP-534).
    public boolean hasDeleteHorizon() {
        return (attributes() & DELETE_HORIZON_BIT) != 0;
    }

    /// Milliseconds since the epoch; stands where other batches have their base timestamp.
    public long deleteHorizonMs() {
        return baseTimestamp();
    }

    public int lastOffsetDelta() {
        return buffer.getInt(LAST_OFFSET_DELTA_AT);
    }

    public long baseTimestamp() {
        return buffer.getLong(BASE_TIMESTAMP_AT);
    }

    public long maxTimestamp() {
        return buffer.getLong(MAX_TIMESTAMP_AT);
    }

    public long producerId() {
        return buffer.getLong(PRODUCER_ID_AT);
    }

    public boolean hasProducerId() {
        return producerId() >= 0;
    }

    public short producerEpoch() {
        return buffer.getShort(PRODUCER_EPOCH_AT);
    }

    /// Sequence number of the first record, -1 without one.
    public int baseSequence() {
        return buffer.getInt(BASE_SEQUENCE_AT);
    }

    /// Sequence number of the last record; numbers wrap from 2^31 - 1 to 0. -1 without one.
    public int lastSequence() {
        int base = baseSequence();
        return base == NO_SEQUENCE ? NO_SEQUENCE : advanceSequence(base, lastOffsetDelta());
    }

    /// The sequence number `count` after `sequence`, wrapping from 2^31 - 1 to 0.
    public static int advanceSequence(int sequence, int count) {
        return (int) (((long) sequence + count) & Integer.MAX_VALUE);
    }

    public int recordCount() {
        return buffer.getInt(RECORD_COUNT_AT);
    }

    /// True if the stored CRC32C is that of the bytes.
    public boolean checkCrc() {
        return crc() == computeCrc();
    }

    private long computeCrc() {
        var crc = new CRC32C();
        crc.update(buffer.duplicate().position(ATTRIBUTES_AT));
        return crc.getValue();
    }

    /// Writes the assigned base offset and leader epoch into the buffer; the CRC does not cover them.
    public void stamp(long baseOffset, int leaderEpoch) {
        buffer.putLong(BASE_OFFSET_AT, baseOffset);
        buffer.putInt(LEADER_EPOCH_AT, leaderEpoch);
    }

    /// Turns the batch into one of type [TimestampType#LOG_APPEND_TIME] with this time, and renews the CRC.
    public void stampLogAppendTime(long timestampMs) {
        buffer.putShort(ATTRIBUTES_AT, (short) (attributes() | LOG_APPEND_TIME_BIT));
        buffer.putLong(MAX_TIMESTAMP_AT, timestampMs);
        buffer.putInt(CRC_AT, (int) computeCrc());
    }

    /// The batch's bytes, from position 0 to its size; shares content with this view.
    public ByteBuffer buffer() {
        return buffer.duplicate();
    }

    /// The records, decompressed while they are read; close it. Stops a decompression bomb at
    /// [RecordIterator#DEFAULT_LIMIT_BYTES].
    public RecordIterator records() {
        return RecordIterator.over(this, RecordIterator.DEFAULT_LIMIT_BYTES);
    }

    /// As [#records], refusing to decompress more than `limitBytes`.
    public RecordIterator records(long limitBytes) {
        return RecordIterator.over(this, limitBytes);
    }

    /// Reads every record's frame and checks what the header promised: as many as it says, offsets counted up by
    /// one from the base offset and, for compacted topics (`keyRequired`), a key in each.
    public void checkRecords(boolean keyRequired) {
        RecordChecks.check(this, keyRequired, RecordIterator.DEFAULT_LIMIT_BYTES);
    }

    /// The marker in a control batch.
    public ControlRecord controlRecord() {
        return ControlRecord.of(this);
    }

    ByteBuffer payload() {
        return buffer.slice(HEADER_BYTES, buffer.limit() - HEADER_BYTES);
    }

    @Override
    public String toString() {
        return "RecordBatch[offsets " + baseOffset() + ".." + lastOffset() + ", " + recordCount() + " records, "
                + sizeBytes() + " bytes, leader epoch " + partitionLeaderEpoch() + ", producer " + producerId() + "/"
                + producerEpoch() + "/" + baseSequence() + "]";
    }
}
