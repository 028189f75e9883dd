package io.moldau.storage;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Large batches are written to the journal from the memory in which they were brought.
class LentBatchesTest {
    private static final Path DATA = Path.of("/data");
    private static final int LARGE = 60_000;

    private final SimulatedWorld world = SimulatedWorld.of(1);
    private final LentMemory memory = new LentMemory(4 << 20);
    private LogDirectory directory;
    private PartitionLog log;

    @BeforeEach
    void open() throws IOException {
        directory = LogDirectory.open(world.environment(), DATA, LogDirectorySettings.DEFAULTS);
        log = directory.create(new PartitionId("orders", 0), new UuidBits(1, 1), LogSettings.DEFAULTS);
        world.threads().runAll();
    }

    private static ByteBuffer batch(int bytes, int seed) {
        var value = new StringBuilder(bytes);
        var random = new Random(seed);
        while (value.length() < bytes) {
            value.append((char) ('a' + random.nextInt(26)));
        }
        return Batches.plain(1000, value.toString());
    }

    private void append(ByteBuffer batch, int gap) {
        var piece = memory.lend(batch, gap);
        var results = log.append(List.of(piece.append()), 0, AppendOrigin.CLIENT);
        piece.release();
        assertThat(results).first().isInstanceOf(AppendResult.Appended.class);
    }

    private static List<String> values(PartitionLog log) throws IOException {
        var values = new ArrayList<String>();
        for (var batch : Batches.read(log, 0, log.view().logEndOffset(), 1 << 20)) {
            values.addAll(Batches.values(batch));
        }
        return values;
    }

    private void restart() throws IOException {
        directory = LogDirectory.open(world.environment(), DATA, LogDirectorySettings.DEFAULTS);
        log = directory.log(new PartitionId("orders", 0)).orElseThrow();
    }

    @Test
    void theMemoryOfALargeBatchIsHeldUntilItIsDurableAndThatOfASmallOneIsNot() {
        append(batch(1000, 1), 0);
        assertThat(memory.held()).isZero();
        append(batch(LARGE, 2), 0);
        append(batch(LARGE, 3), 0);
        assertThat(memory.held()).isEqualTo(2);
        assertThat(log.durableEndOffset()).isZero();
        world.threads().runAll();
        assertThat(memory.held()).isZero();
        assertThat(log.durableEndOffset()).isEqualTo(3);
    }

    /// With each place of a batch in its pages: what is in whole pages lies apart in the journal, the rest does not.
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 61, 1000, 4035, 4036, 4037, 4095})
    void afterAPowerCutTheyComeBackFromTheJournalByteForByte(int gap) throws IOException {
        var expected = new ArrayList<String>();
        for (int i = 0; i < 12; i++) {
            var batch = batch(i % 3 == 0 ? 8_000 + 511 * i : LARGE - 997 * i, i);
            expected.addAll(Batches.values(RecordBatch.of(batch)));
            append(batch, i == 0 ? gap : 37 * i);
            if (i % 4 == 3) {
                world.threads().runAll();
            }
        }
        world.powerCut();
        restart();
        assertThat(directory.recovery().journalBytesReplayed()).isPositive();
        assertThat(values(log)).isEqualTo(expected);
    }

    @Test
    void anEntryWithDamageInWhatLiesApartIsNotWholeAndThoseBeforeItAre() throws IOException {
        var first = batch(LARGE, 1);
        var expected = Batches.values(RecordBatch.of(first));
        append(first, 0);
        world.threads().runAll();
        append(batch(LARGE, 2), 100);
        world.threads().runAll();
        var journal = DATA.resolve(Journal.FILE);
        var disk = world.environment().disk();
        try (var file = disk.open(journal)) {
            var all = ByteBuffer.allocate((int) file.sizeBytes());
            file.read(all, 0);
            int at = 0;
            var last = requireNonNull(JournalEntry.of(all, 0));
            for (JournalEntry entry = last; entry != null; entry = JournalEntry.of(all, at)) {
                last = entry;
                at += (int) entry.header().sizeBytes();
            }
            assertThat(last.header().apartBytes()).isGreaterThan(LARGE - 3 * Journal.PAGE_BYTES);
            int begin = at - (int) last.header().sizeBytes();
            all.put(at - 17, (byte) '!');
            assertThat(JournalEntry.of(all, begin)).isNull();
            file.write(all.slice(at - 17, 1), at - 17);
            file.sync();
        }
        // The segments were never synced.
        world.powerCut();
        restart();
        assertThat(values(log)).startsWith(expected.getFirst());
        assertThat(log.view().logEndOffset()).isBetween(1L, 2L);
        assertThat(directory.recovery().journalBytesReplayed()).isLessThan(2L * LARGE);
    }

    @Test
    void aDirectoryThatFailsGivesTheMemoryBack() {
        append(batch(LARGE, 1), 0);
        world.disk().failAfterWrites(0);
        assertThat(memory.held()).isOne();
        world.threads().runAll();
        assertThat(directory.failure()).isPresent();
        assertThat(memory.held()).isZero();
        assertThat(log.durableEndOffset()).isZero();
    }
}
