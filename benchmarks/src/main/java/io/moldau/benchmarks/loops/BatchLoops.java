package io.moldau.benchmarks.loops;

import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import io.moldau.records.RecordBatch;
import io.moldau.records.RecordBatches;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/// What is done to each batch of a produce request, and to each record where records are read.
@State(Scope.Thread)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class BatchLoops {
    private static final long SEED = 42;

    /// Records of 1 KiB in the batch; 63 are about 64 KiB, the largest batch that a client sends by default is 16 KiB.
    @Param({"1", "15", "63"})
    public int records;

    private ByteBuffer bytes = ByteBuffer.allocate(0);
    private List<ByteBuffer> values = List.of();

    @org.openjdk.jmh.annotations.Setup
    public void fill() {
        var random = new Random(SEED);
        values = random.ints(records)
                .mapToObj(seed -> {
                    byte[] value = new byte[1024];
                    new Random(seed).nextBytes(value);
                    return ByteBuffer.wrap(value);
                })
                .toList();
        var heap = build();
        // As it lies in a frame.
        bytes = ByteBuffer.allocateDirect(heap.remaining()).put(heap).flip();
    }

    /// Header and CRC, as for a produce request.
    @Benchmark
    public List<RecordBatch> check() {
        return RecordBatches.split(bytes, 1 << 20);
    }

    @Benchmark
    public long iterate() {
        long sum = 0;
        try (var all = RecordBatch.of(bytes).records()) {
            while (all.hasNext()) {
                sum += all.next().offset();
            }
        }
        return sum;
    }

    @Benchmark
    public ByteBuffer build() {
        var batch = new BatchBuilder(Compression.NONE);
        for (var value : values) {
            batch.append(1_700_000_000_000L, null, value.duplicate());
        }
        return batch.build();
    }
}
