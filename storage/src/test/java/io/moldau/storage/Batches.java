package io.moldau.storage;

import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import io.moldau.records.RecordBatch;
import io.moldau.records.RecordBatches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Batches for tests, and what is in them.
final class Batches {
    private Batches() {}

    static ByteBuffer text(String value) {
        return ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8));
    }

    static ByteBuffer plain(long timestamp, String... values) {
        var builder = new BatchBuilder(Compression.NONE);
        for (var value : values) {
            builder.append(timestamp, null, text(value));
        }
        return builder.build();
    }

    static ByteBuffer of(long producerId, int epoch, int sequence, long timestamp, String... values) {
        var builder = new BatchBuilder(Compression.NONE).producer(producerId, (short) epoch, sequence);
        for (var value : values) {
            builder.append(timestamp, null, text(value));
        }
        return builder.build();
    }

    static ByteBuffer transactional(long producerId, int sequence, long timestamp, String... values) {
        var builder = new BatchBuilder(Compression.NONE)
                .producer(producerId, (short) 0, sequence)
                .transactional();
        for (var value : values) {
            builder.append(timestamp, null, text(value));
        }
        return builder.build();
    }

    static ByteBuffer of(LogModel.Batch batch, Compression compression) {
        var builder = new BatchBuilder(compression);
        if (batch.producer() >= 0) {
            builder.producer(batch.producer(), (short) batch.producerEpoch(), batch.sequence());
        }
        if (batch.transactional()) {
            builder.transactional();
        }
        for (var entry : batch.entries()) {
            var value = entry.value();
            builder.append(entry.timestamp(), text(entry.key()), value == null ? null : text(value));
        }
        return builder.build();
    }

    /// All batches between two offsets, read slice by slice.
    static List<RecordBatch> read(PartitionLog log, long from, long below, int maxBytes) throws IOException {
        var all = new ArrayList<RecordBatch>();
        long next = from;
        while (next < below) {
            var result = log.read(next, maxBytes, below, true);
            if (!(result instanceof LogSlice slice) || slice.isEmpty()) {
                throw new AssertionError("reading " + next + " below " + below + " of " + log + ": " + result);
            }
            var batches = RecordBatches.split(slice.buffer());
            all.addAll(batches);
            next = batches.getLast().nextOffset();
        }
        return all;
    }

    /// All batches between two offsets, whatever gaps compaction left.
    static List<RecordBatch> readAsIs(PartitionLog log, long from, long below) throws IOException {
        var all = new ArrayList<RecordBatch>();
        long next = from;
        while (next < below && log.read(next, 1 << 20, below, true) instanceof LogSlice slice && !slice.isEmpty()) {
            var batches = RecordBatches.splitTrusted(slice.buffer());
            all.addAll(batches);
            next = batches.getLast().nextOffset();
        }
        return all;
    }

    static byte[] array(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    static String string(@Nullable ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(Objects.requireNonNull(bytes)).toString();
    }

    static List<String> values(RecordBatch batch) {
        var values = new ArrayList<String>();
        try (var records = batch.records()) {
            while (records.hasNext()) {
                values.add(string(records.next().value()));
            }
        }
        return values;
    }
}
