package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import io.moldau.records.RecordBatches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Appends that came together.
class AppendRunTest {
    private static final long PRODUCER = 7;
    private static final Path DATA = Path.of("/data");

    private final SimulatedWorld world = SimulatedWorld.of(1);
    private final PartitionLog log = open(LogSettings.DEFAULTS);

    private PartitionLog open(LogSettings settings) {
        try {
            var directory = LogDirectory.open(world.environment(), DATA, LogDirectorySettings.DEFAULTS);
            return directory.create(new PartitionId("orders", 0), new UuidBits(1, 1), settings);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    private static BatchBuilder records(BatchBuilder builder, int count, int bytes) {
        for (int i = 0; i < count; i++) {
            builder.append(1000, null, ByteBuffer.allocate(bytes));
        }
        return builder;
    }

    private static ByteBuffer plain(int count) {
        return records(new BatchBuilder(Compression.NONE), count, 10).build();
    }

    private static ByteBuffer idempotent(int sequence, int count) {
        return idempotent(sequence, count, 10);
    }

    private static ByteBuffer idempotent(int sequence, int count, int bytes) {
        return records(new BatchBuilder(Compression.NONE).producer(PRODUCER, (short) 0, sequence), count, bytes)
                .build();
    }

    private List<AppendResult> append(ByteBuffer... batches) {
        var appends =
                Arrays.stream(batches).map(batch -> new Append(batch, null)).toList();
        return log.append(appends, 0, AppendOrigin.CLIENT);
    }

    private static AppendResult appended(long base, long last) {
        return new AppendResult.Appended(base, last, -1, 0);
    }

    private static AppendError error(AppendResult result) {
        return ((AppendResult.Refused) result).error();
    }

    @Test
    void offsetsGoOnFromOneAppendToTheNext() {
        assertThat(append(plain(2), plain(1), plain(3)))
                .containsExactly(appended(0, 1), appended(2, 2), appended(3, 5));
        assertThat(log.view().logEndOffset()).isEqualTo(6);
    }

    @Test
    void aProducersBatchesFollowEachOther() {
        assertThat(append(idempotent(0, 2), idempotent(2, 1), idempotent(3, 1)))
                .containsExactly(appended(0, 1), appended(2, 2), appended(3, 3));
        assertThat(append(idempotent(4, 1))).containsExactly(appended(4, 4));
    }

    @Test
    void whatIsSentTwiceAtOnceIsInTheLogOnce() {
        assertThat(append(plain(1), idempotent(0, 2), idempotent(0, 2), plain(1)))
                .containsExactly(
                        appended(0, 0), appended(1, 2), new AppendResult.Duplicate(1, 2, -1, 0), appended(3, 3));
    }

    @Test
    void oneThatIsRefusedLeavesTheOthersAlone() {
        var results = append(plain(1), idempotent(0, 1), idempotent(5, 1), idempotent(1, 1), plain(1));
        assertThat(results.get(2)).isInstanceOf(AppendResult.Refused.class);
        assertThat(error(results.get(2))).isEqualTo(AppendError.OUT_OF_ORDER_SEQUENCE_NUMBER);
        assertThat(results.subList(3, 5)).containsExactly(appended(2, 2), appended(3, 3));
    }

    @Test
    void transactionalBatchesKeepTheirPlaceAmongOthers() {
        var builder = new BatchBuilder(Compression.NONE)
                .producer(PRODUCER, (short) 0, 0)
                .transactional();
        assertThat(append(plain(2), records(builder, 1, 10).build(), plain(1)))
                .containsExactly(appended(0, 1), appended(2, 2), appended(3, 3));
        assertThat(log.view().lastStableOffset()).isEqualTo(2);
    }

    @Test
    void whatDoesNotFitTheDiskIsAsIfItNeverCame() {
        append(idempotent(0, 1));
        world.disk().capacity(world.disk().usedBytes() + 3_000);
        var results = append(idempotent(1, 1), idempotent(2, 1, 4_000), idempotent(3, 1));
        assertThat(results).allSatisfy(result -> assertThat(error(result)).isEqualTo(AppendError.KAFKA_STORAGE_ERROR));
        assertThat(log.view().logEndOffset()).isEqualTo(1);
        world.disk().capacity(1L << 40);
        world.timers().advance(60_000);
        world.threads().runAll();
        assertThat(append(idempotent(1, 1), idempotent(2, 1))).containsExactly(appended(1, 1), appended(2, 2));
    }

    @Test
    void segmentsStayWithinTheirSizeWhateverComesTogether() throws IOException {
        var small = LogSettings.of(it -> it.segmentBytes(2_000));
        for (long seed = 0; seed < 50; seed++) {
            var random = new Random(seed);
            var world = SimulatedWorld.of(seed);
            var directory = LogDirectory.open(world.environment(), DATA, LogDirectorySettings.DEFAULTS);
            var one = directory.create(new PartitionId("orders", 1), new UuidBits(seed, 1), small);
            long offset = 0;
            for (int i = 0; i < 20; i++) {
                var run = new ArrayList<Append>();
                var expected = new ArrayList<AppendResult>();
                for (int count = 1 + random.nextInt(8); count > 0; count--) {
                    int bytes = random.nextInt(900);
                    var batch = records(new BatchBuilder(Compression.NONE), 1, bytes)
                            .build();
                    run.add(new Append(batch, null));
                    expected.add(appended(offset, offset++));
                }
                assertThat(one.append(run, 0, AppendOrigin.CLIENT))
                        .as("seed %s", seed)
                        .isEqualTo(expected);
            }
            world.threads().runAll();
            for (var segment : one.segments()) {
                assertThat(segment.sizeBytes()).as("seed %s", seed).isBetween(1, 2_000);
            }
            long next = 0;
            while (next < offset) {
                var slice = (LogSlice) one.read(next, Integer.MAX_VALUE, offset, true);
                for (var batch : RecordBatches.split(slice.buffer())) {
                    assertThat(batch.baseOffset()).as("seed %s", seed).isEqualTo(next);
                    next = batch.nextOffset();
                }
            }
        }
    }
}
