package io.moldau.storage;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/// The log's inner loops. In the package of the log, as its tests are: what they time is nobody else's business.
@State(Scope.Thread)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class LogLoops {
    private static final int SEGMENT_BYTES = 1 << 30;
    private static final int INTERVAL_BYTES = 4096;
    private static final int BATCH_BYTES = 64 << 10;
    private static final int BATCHES = 12;

    private final OffsetIndex index = new OffsetIndex();
    private final Random random = new Random(42);
    private final JournalGroup.Buffers buffers = new JournalGroup.Buffers();
    private final ByteBuffer batch = ByteBuffer.allocateDirect(BATCH_BYTES);
    private final ByteBuffer entry = ByteBuffer.allocateDirect(JournalGroup.ENTRY_BYTES);
    private final UuidBits topicId = new UuidBits(1, 2);

    @org.openjdk.jmh.annotations.Setup
    public void fill() {
        for (int at = 0; at < SEGMENT_BYTES - INTERVAL_BYTES; at += INTERVAL_BYTES) {
            index.add(at / 1024, at, at);
        }
    }

    /// In the index of a full segment, anywhere.
    @Benchmark
    public int lookUpOffset() {
        return index.positionAtOrBelow(random.nextInt(SEGMENT_BYTES / 1024));
    }

    /// Twelve batches of 64 KiB into a group's entry.
    @Benchmark
    public long gatherForJournal() {
        var group = new JournalGroup(buffers, JournalGroup.ENTRY_BYTES);
        for (int i = 0; i < BATCHES; i++) {
            group.add(new JournalItem.Append(topicId, i, batch));
        }
        long bytes = group.journalBytes();
        buffers.giveBack(group.entries());
        return bytes;
    }

    /// The CRC of an entry as large as they get.
    @Benchmark
    public long checksumOfAnEntry() {
        var crc = new java.util.zip.CRC32C();
        crc.update(entry.duplicate().clear());
        return crc.getValue();
    }
}
