package io.moldau.benchmarks;

import io.moldau.protocol.Payload;
import io.moldau.protocol.message.ProduceRequest;
import io.moldau.protocol.message.ProduceRequest.PartitionProduceData;
import io.moldau.protocol.message.ProduceRequest.TopicProduceData;
import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;

/// Ready-made produce requests of one batch each, request i for partition i mod partitions, in a file in memory: to
/// send one costs the sender no copy.
final class ProduceFrames implements AutoCloseable {
    static final int VERSION = 12;
    private static final long MOST_BYTES = 48L << 20;
    private static final long SEED = 42;

    private final String topic;
    private final FileChannel file;
    private final ByteBuffer memory;
    private final int count;
    private final int frameBytes;
    private final int recordsPerBatch;
    private final int batchBytes;

    private ProduceFrames(
            String topic, FileChannel file, ByteBuffer memory, int count, int recordsPerBatch, int batchBytes) {
        this.topic = topic;
        this.file = file;
        this.memory = memory;
        this.count = count;
        this.frameBytes = memory.capacity() / count;
        this.recordsPerBatch = recordsPerBatch;
        this.batchBytes = batchBytes;
    }

    /// @param records records in a batch
    /// @param recordBytes bytes of a record's value; random, so that nothing could be gained by compressing
    static ProduceFrames of(String topic, int partitions, int records, int recordBytes, int acks) throws IOException {
        long estimate = (long) records * (recordBytes + 16) + 200;
        int rounds = Math.clamp(MOST_BYTES / (estimate * partitions), 1, 16);
        var random = new Random(SEED);
        ByteBuffer all = ByteBuffer.allocate(0);
        int count = partitions * rounds;
        int batchBytes = 0;
        for (int i = 0; i < count; i++) {
            var batch = batch(records, recordBytes, random);
            batchBytes = batch.remaining();
            var frame = Wire.frame(request(topic, i % partitions, batch, acks), VERSION);
            if (i == 0) {
                all = ByteBuffer.allocateDirect(frame.remaining() * count);
            }
            all.put(frame);
        }
        var path = Files.createTempFile(shared(), "moldau-bench", ".requests");
        var file = FileChannel.open(
                path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        all.flip();
        var copy = all.duplicate();
        while (copy.hasRemaining()) {
            file.write(copy);
        }
        return new ProduceFrames(topic, file, all, count, records, batchBytes);
    }

    private static Path shared() {
        var memory = Path.of("/dev/shm");
        return Files.isWritable(memory) ? memory : Path.of(System.getProperty("java.io.tmpdir"));
    }

    private static ByteBuffer batch(int records, int recordBytes, Random random) {
        var batch = new BatchBuilder(Compression.NONE);
        long now = System.currentTimeMillis();
        for (int r = 0; r < records; r++) {
            byte[] value = new byte[recordBytes];
            random.nextBytes(value);
            batch.append(now, null, ByteBuffer.wrap(value));
        }
        return batch.build();
    }

    static ProduceRequest request(String topic, int partition, ByteBuffer batch, int acks) {
        return ProduceRequest.builder()
                .acks((short) acks)
                .timeoutMs(30_000)
                .topicData(List.of(TopicProduceData.builder()
                        .name(topic)
                        .partitionData(List.of(PartitionProduceData.builder()
                                .index(partition)
                                .records(Payload.of(batch))
                                .build()))
                        .build()))
                .build();
    }

    /// Where an answer to one of these requests has its error code, counted from the answer's length prefix.
    int errorCodeAt() {
        return 4 + 4 + 1 + 1 + 1 + topic.length() + 1 + 4;
    }

    FileChannel file() {
        return file;
    }

    /// Request `index`, counted round and round.
    ByteBuffer frame(int index) {
        return memory.slice(index % count * frameBytes, frameBytes);
    }

    long position(int index) {
        return (long) (index % count) * frameBytes;
    }

    int count() {
        return count;
    }

    int frameBytes() {
        return frameBytes;
    }

    int recordsPerBatch() {
        return recordsPerBatch;
    }

    int batchBytes() {
        return batchBytes;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
