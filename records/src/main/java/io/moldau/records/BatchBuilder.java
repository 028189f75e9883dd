package io.moldau.records;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// Builds one record batch. Set it up first, then append, then [#build] once.
public final class BatchBuilder {
    private static final int FIRST_CAPACITY_BYTES = 512;

    private final Compression compression;
    private int level = Compression.DEFAULT_LEVEL;
    private long baseOffset;
    private int leaderEpoch = -1;
    private long producerId = RecordBatch.NO_PRODUCER_ID;
    private short producerEpoch = RecordBatch.NO_PRODUCER_EPOCH;
    private int baseSequence = RecordBatch.NO_SEQUENCE;
    private long logAppendTime = RecordBatch.NO_TIMESTAMP;
    private int flags;
    private long baseTimestamp = RecordBatch.NO_TIMESTAMP;
    private long maxTimestamp = RecordBatch.NO_TIMESTAMP;
    private int lastDelta = -1;
    private long lastOffset = -1;
    private int count;
    private final GrowingBytes bytes;

    public BatchBuilder(Compression compression) {
        this.compression = compression;
        // The header's place is kept in front, so that uncompressed records are not copied again.
        this.bytes = new GrowingBytes(FIRST_CAPACITY_BYTES);
        this.bytes.skip(RecordBatch.HEADER_BYTES);
    }

    /// A batch with one transaction marker in it.
    public static ByteBuffer controlBatch(
            long timestampMs, long producerId, short producerEpoch, ControlRecord marker) {
        return new BatchBuilder(Compression.NONE)
                .producer(producerId, producerEpoch, RecordBatch.NO_SEQUENCE)
                .transactional()
                .control()
                .append(timestampMs, marker.key(), marker.value())
                .build();
    }

    /// A builder for some of a batch's records: everything in the header stays but what follows from the records.
    /// Offsets stay too, and with them the last one, so that sequence numbers go on (compaction, KIP-98).
    public static BatchBuilder like(RecordBatch batch) {
        return like(batch, batch.compression(), Compression.DEFAULT_LEVEL);
    }

    /// The same with another codec.
    public static BatchBuilder like(RecordBatch batch, Compression compression, int level) {
        var builder = new BatchBuilder(compression)
                .compressionLevel(level)
                .baseOffset(batch.baseOffset())
                .leaderEpoch(batch.partitionLeaderEpoch())
                .producer(batch.producerId(), batch.producerEpoch(), batch.baseSequence());
        builder.lastOffset = batch.lastOffset();
        builder.flags = batch.attributes() & (RecordBatch.TRANSACTIONAL_BIT | RecordBatch.CONTROL_BIT);
        if (batch.timestampType() == TimestampType.LOG_APPEND_TIME) {
            builder.logAppendTime(batch.maxTimestamp());
        }
        return batch.hasDeleteHorizon() ? builder.deleteHorizon(batch.deleteHorizonMs()) : builder;
    }

    /// A batch whose records are all gone: only its header, which tells offsets, producer and sequence numbers.
    public static ByteBuffer emptied(RecordBatch batch) {
        var builder = new BatchBuilder(Compression.NONE)
                .baseOffset(batch.baseOffset())
                .leaderEpoch(batch.partitionLeaderEpoch())
                .producer(batch.producerId(), batch.producerEpoch(), batch.baseSequence());
        builder.lastOffset = batch.lastOffset();
        builder.flags = batch.attributes() & ~(RecordBatch.COMPRESSION_MASK | RecordBatch.DELETE_HORIZON_BIT);
        builder.baseTimestamp = batch.maxTimestamp();
        builder.maxTimestamp = batch.maxTimestamp();
        builder.logAppendTime = batch.maxTimestamp();
        return builder.finish();
    }

    /// From this time on the batch's tombstones, or its marker, may go (KIP-534). Before the first record.
    public BatchBuilder deleteHorizon(long timestampMs) {
        flags |= RecordBatch.DELETE_HORIZON_BIT;
        // It takes the base timestamp's place: deltas count from here.
        baseTimestamp = timestampMs;
        return this;
    }

    public BatchBuilder compressionLevel(int level) {
        this.level = level;
        return this;
    }

    public BatchBuilder baseOffset(long offset) {
        this.baseOffset = offset;
        return this;
    }

    public BatchBuilder leaderEpoch(int epoch) {
        this.leaderEpoch = epoch;
        return this;
    }

    public BatchBuilder producer(long id, short epoch, int firstSequence) {
        this.producerId = id;
        this.producerEpoch = epoch;
        this.baseSequence = firstSequence;
        return this;
    }

    public BatchBuilder transactional() {
        flags |= RecordBatch.TRANSACTIONAL_BIT;
        return this;
    }

    public BatchBuilder control() {
        flags |= RecordBatch.CONTROL_BIT;
        return this;
    }

    /// All records get the broker's time `timestampMs`.
    public BatchBuilder logAppendTime(long timestampMs) {
        flags |= RecordBatch.LOG_APPEND_TIME_BIT;
        logAppendTime = timestampMs;
        return this;
    }

    public BatchBuilder append(long timestampMs, @Nullable ByteBuffer key, @Nullable ByteBuffer value) {
        return append(timestampMs, key, value, List.of());
    }

    /// Adds a record at the next offset. Buffers are read between position and limit and left unchanged.
    public BatchBuilder append(
            long timestampMs, @Nullable ByteBuffer key, @Nullable ByteBuffer value, List<Header> headers) {
        return append(lastDelta + 1, timestampMs, key, value, headers);
    }

    /// Adds a record at its own offset, which must be above the last one's: as compaction leaves them.
    public BatchBuilder append(Record record) {
        return append(
                Math.toIntExact(record.offset() - baseOffset),
                record.timestamp(),
                record.key(),
                record.value(),
                record.headers());
    }

    private BatchBuilder append(
            int delta, long timestampMs, @Nullable ByteBuffer key, @Nullable ByteBuffer value, List<Header> headers) {
        if (delta <= lastDelta) {
            throw new IllegalArgumentException("offset delta " + delta + " after " + lastDelta);
        }
        if (count == 0 && (flags & RecordBatch.DELETE_HORIZON_BIT) == 0) {
            baseTimestamp = timestampMs;
        }
        long timestampDelta = timestampMs - baseTimestamp;
        bytes.varint(bodyBytes(delta, timestampDelta, key, value, headers));
        bytes.put((byte) 0);
        bytes.varint(timestampDelta);
        bytes.varint(delta);
        bytes.nullable(key);
        bytes.nullable(value);
        bytes.varint(headers.size());
        for (var header : headers) {
            byte[] name = header.key().getBytes(StandardCharsets.UTF_8);
            bytes.varint(name.length);
            bytes.put(name);
            bytes.nullable(header.value());
        }
        maxTimestamp = Math.max(maxTimestamp, timestampMs);
        lastDelta = delta;
        count++;
        return this;
    }

    private static int bodyBytes(
            int delta,
            long timestampDelta,
            @Nullable ByteBuffer key,
            @Nullable ByteBuffer value,
            List<Header> headers) {
        long size = 1L + Varints.sizeOf(timestampDelta) + Varints.sizeOf(delta) + sizeOf(key) + sizeOf(value);
        size += Varints.sizeOf(headers.size());
        for (var header : headers) {
            int name = utf8Bytes(header.key());
            size += Varints.sizeOf(name) + name + sizeOf(header.value());
        }
        return Math.toIntExact(size);
    }

    private static int utf8Bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static long sizeOf(@Nullable ByteBuffer value) {
        return value == null ? 1 : Varints.sizeOf(value.remaining()) + (long) value.remaining();
    }

    public int recordCount() {
        return count;
    }

    public boolean isEmpty() {
        return count == 0;
    }

    /// Size of the batch if it were built now without compression.
    public int sizeBytes() {
        return bytes.size();
    }

    /// Size that the batch cannot exceed, without compression, after this record too.
    public static int recordBytesAtMost(@Nullable ByteBuffer key, @Nullable ByteBuffer value, List<Header> headers) {
        return Varints.MAX_INT_BYTES + bodyBytes(Integer.MAX_VALUE, Long.MAX_VALUE, key, value, headers);
    }

    /// The batch, position 0 to limit. The builder is used up.
    public ByteBuffer build() {
        if (count == 0) {
            throw new IllegalStateException("a record batch must hold at least one record");
        }
        return finish();
    }

    private ByteBuffer finish() {
        var all = compression == Compression.NONE ? bytes : compressed();
        var batch = all.toBuffer();
        batch.putLong(RecordBatch.BASE_OFFSET_AT, baseOffset);
        batch.putInt(RecordBatch.LENGTH_AT, batch.limit() - RecordBatch.LENGTH_OVERHEAD_BYTES);
        batch.putInt(RecordBatch.LEADER_EPOCH_AT, leaderEpoch);
        batch.put(RecordBatch.MAGIC_AT, RecordBatch.MAGIC);
        batch.putShort(RecordBatch.ATTRIBUTES_AT, (short) (compression.id() | flags));
        batch.putInt(
                RecordBatch.LAST_OFFSET_DELTA_AT,
                lastOffset < 0 ? lastDelta : Math.toIntExact(lastOffset - baseOffset));
        batch.putLong(RecordBatch.BASE_TIMESTAMP_AT, baseTimestamp);
        boolean appendTime = (flags & RecordBatch.LOG_APPEND_TIME_BIT) != 0;
        batch.putLong(RecordBatch.MAX_TIMESTAMP_AT, appendTime ? logAppendTime : maxTimestamp);
        batch.putLong(RecordBatch.PRODUCER_ID_AT, producerId);
        batch.putShort(RecordBatch.PRODUCER_EPOCH_AT, producerEpoch);
        batch.putInt(RecordBatch.BASE_SEQUENCE_AT, baseSequence);
        batch.putInt(RecordBatch.RECORD_COUNT_AT, count);
        var crc = new CRC32C();
        crc.update(batch.duplicate().position(RecordBatch.ATTRIBUTES_AT));
        batch.putInt(RecordBatch.CRC_AT, (int) crc.getValue());
        return batch;
    }

    private GrowingBytes compressed() {
        var target = new GrowingBytes(RecordBatch.HEADER_BYTES + bytes.size() / 2);
        target.skip(RecordBatch.HEADER_BYTES);
        try (var out = compression.compress(target, level)) {
            bytes.writeTo(out, RecordBatch.HEADER_BYTES);
        } catch (IOException impossible) {
            throw new UncheckedIOException("compressing in memory", impossible);
        }
        return target;
    }
}
