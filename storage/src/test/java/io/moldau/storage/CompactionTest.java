package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import io.moldau.records.ControlRecord;
import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CompactionTest {
    private static final Path DATA = Path.of("/data");
    private static final PartitionId ID = new PartitionId("prices", 0);
    private static final LogSettings SMALL = LogSettings.of(it -> it.segmentBytes(400)
            .indexIntervalBytes(100)
            .cleanupCompact(true)
            .cleanupDelete(false)
            .minCleanableDirtyRatio(0.01)
            .deleteRetentionMs(100_000));
    private static final long BACKOFF_MS = 1000;

    private final SimulatedWorld world = SimulatedWorld.of(1);
    private LogDirectory directory;
    private PartitionLog log;
    private Cleaner cleaner;
    private final List<String> told = new ArrayList<>();
    private CleanerSettings settings = new CleanerSettings(1, 1 << 20, Double.MAX_VALUE, BACKOFF_MS, 200);

    CompactionTest() throws IOException {
        directory = LogDirectory.open(world.environment(), DATA, LogDirectorySettings.DEFAULTS);
        log = directory.create(ID, new UuidBits(1, 2), SMALL);
        cleaner = clean();
    }

    private Cleaner clean() {
        var fresh = new Cleaner(
                world.environment(), () -> directory.logs(), () -> settings, (of, what) -> told.add(of + ": " + what));
        fresh.start();
        return fresh;
    }

    private void reopen() throws IOException {
        directory = LogDirectory.open(world.environment(), DATA, LogDirectorySettings.DEFAULTS);
        log = directory.log(ID).orElseThrow();
        log.updateSettings(SMALL);
        cleaner = clean();
    }

    private long now() {
        return world.clock().wallMs();
    }

    private void compact() {
        world.threads().runAll();
        world.timers().advance(BACKOFF_MS);
        world.threads().runAll();
    }

    private long put(String key, @Nullable String value) {
        return append(new BatchBuilder(Compression.NONE), key, value);
    }

    private long transactional(long producer, int sequence, String key, String value) {
        return append(
                new BatchBuilder(Compression.NONE)
                        .producer(producer, (short) 0, sequence)
                        .transactional(),
                key,
                value);
    }

    private long append(BatchBuilder builder, String key, @Nullable String value) {
        builder.append(now(), Batches.text(key), value == null ? null : Batches.text(value));
        var result = log.append(builder.build(), 0, AppendOrigin.CLIENT);
        assertThat(result).isInstanceOf(AppendResult.Appended.class);
        return ((AppendResult.Appended) result).baseOffset();
    }

    private void end(long producer, ControlRecord.Type type) {
        var marker = BatchBuilder.controlBatch(now(), producer, (short) 0, new ControlRecord(type, 7));
        assertThat(log.append(marker, 0, AppendOrigin.COORDINATOR)).isInstanceOf(AppendResult.Appended.class);
    }

    /// So many records of other keys that everything before lies in full segments.
    private void fill() {
        for (int i = 0; i < 12; i++) {
            put("filler", "x".repeat(40));
        }
    }

    private List<RecordBatch> batches() throws IOException {
        return Batches.readAsIs(log, log.view().logStartOffset(), log.view().logEndOffset());
    }

    private List<String> records() throws IOException {
        var all = new ArrayList<String>();
        for (var batch : batches()) {
            assertThat(batch.checkCrc()).isTrue();
            if (batch.isControl()) {
                if (batch.recordCount() > 0) {
                    all.add(batch.baseOffset() + " " + batch.controlRecord().type());
                }
                continue;
            }
            try (var records = batch.records()) {
                while (records.hasNext()) {
                    var record = records.next();
                    var key = StandardCharsets.UTF_8.decode(Objects.requireNonNull(record.key()));
                    var value = record.value();
                    if (!key.toString().equals("filler")) {
                        all.add(record.offset() + " " + key + "="
                                + (value == null ? "-" : StandardCharsets.UTF_8.decode(value)));
                    }
                }
            }
        }
        return all;
    }

    @Test
    void onlyTheLatestRecordOfEachKeyStaysAtItsOffsetAlsoAfterARestart() throws IOException {
        for (int i = 0; i < 50; i++) {
            put("k" + i % 3, "v" + i);
        }
        fill();
        int before = log.segments().size();
        long bytes = log.sizeBytes();
        compact();
        assertThat(records()).containsExactly("47 k2=v47", "48 k0=v48", "49 k1=v49");
        assertThat(log.segments().size()).isLessThan(before / 2);
        assertThat(log.sizeBytes()).isLessThan(bytes / 2);
        var status = log.compactionStatus();
        assertThat(status.cleanedBelow()).isGreaterThanOrEqualTo(50);
        assertThat(status.bytesAfter()).isLessThan(status.bytesBefore());
        assertThat(status.lastPassMs()).isEqualTo(now());
        assertThat(status.problem()).isEmpty();
        assertThat(status.dirtyRatio()).isZero();
        assertThat(told).singleElement().asString().startsWith("prices-0: ").contains("compacted");
        world.powerCut();
        reopen();
        assertThat(records()).containsExactly("47 k2=v47", "48 k0=v48", "49 k1=v49");
        assertThat(log.compactionStatus().cleanedBelow()).isEqualTo(status.cleanedBelow());
        assertThat(put("k0", "new")).isEqualTo(62);
    }

    @Test
    void aLogThatIsNotDirtyEnoughOrNotCompactedIsLeftAlone() throws IOException {
        log.updateSettings(SMALL.with(it -> it.minCleanableDirtyRatio(1)));
        put("k", "1");
        put("k", "2");
        fill();
        compact();
        assertThat(records()).hasSize(2);
        log.updateSettings(SMALL.with(it -> it.cleanupCompact(false)));
        compact();
        assertThat(records()).hasSize(2);
        log.updateSettings(SMALL.with(it -> it.minCleanableDirtyRatio(1).maxCompactionLagMs(5000)));
        compact();
        assertThat(records()).hasSize(2);
        world.timers().advance(5000);
        compact();
        assertThat(records()).containsExactly("1 k=2");
    }

    @Test
    void youngRecordsWaitForTheMinimumLag() throws IOException {
        log.updateSettings(SMALL.with(it -> it.minCompactionLagMs(60_000)));
        put("k", "1");
        put("k", "2");
        fill();
        compact();
        assertThat(records()).hasSize(2);
        world.timers().advance(61_000);
        compact();
        assertThat(records()).containsExactly("1 k=2");
    }

    @Test
    void aTombstoneStaysForDeleteRetentionAfterThePassThatFoundIt() throws IOException {
        put("k", "1");
        put("k", null);
        fill();
        compact();
        assertThat(records()).containsExactly("1 k=-");
        var horizon = batches().getFirst();
        assertThat(horizon.hasDeleteHorizon()).isTrue();
        assertThat(horizon.deleteHorizonMs()).isEqualTo(now() + 100_000);
        try (var records = horizon.records()) {
            assertThat(records.next().timestamp()).isEqualTo(now() - BACKOFF_MS);
        }
        world.timers().advance(50_000);
        fill();
        compact();
        assertThat(records()).containsExactly("1 k=-");
        world.timers().advance(50_000);
        fill();
        compact();
        assertThat(records()).isEmpty();
    }

    @Test
    void abortedRecordsGoAndSupersedeNothingAndMarkersFollowTheirData() throws IOException {
        put("k", "old");
        transactional(5, 0, "k", "aborted");
        transactional(6, 0, "j", "committed");
        end(5, ControlRecord.Type.ABORT);
        end(6, ControlRecord.Type.COMMIT);
        transactional(5, 1, "z", "later");
        end(5, ControlRecord.Type.COMMIT);
        fill();
        compact();
        assertThat(records())
                .containsExactly("0 k=old", "2 j=committed", "3 ABORT", "4 COMMIT", "5 z=later", "6 COMMIT");
        fill();
        compact();
        assertThat(batches().stream().filter(RecordBatch::isControl).map(RecordBatch::hasDeleteHorizon))
                .containsExactly(true, false, false);
        assertThat(abortedOnDisk()).containsExactly(3L);
        assertThat(committed()).contains(0L, 2L, 5L).doesNotContain(1L);
        world.timers().advance(100_000);
        fill();
        compact();
        assertThat(records()).containsExactly("0 k=old", "2 j=committed", "4 COMMIT", "5 z=later", "6 COMMIT");
        // A reader that was told of it would wait for its marker and pass over what the producer wrote later.
        assertThat(abortedOnDisk()).isEmpty();
        assertThat(committed()).contains(0L, 2L, 5L);
        world.kill();
        reopen();
        assertThat(committed()).contains(0L, 2L, 5L);
    }

    @Test
    void whatWasAbortedIsKnownThoughNeighboursBecomeOneSegment() throws IOException {
        settings = new CleanerSettings(1, 24L * 20, Double.MAX_VALUE, BACKOFF_MS, 200);
        cleaner.close();
        cleaner = clean();
        for (int i = 0; i < 20; i++) {
            transactional(5, i, "k" + i, "aborted");
            put("p" + i % 3, "plain");
            end(5, i % 2 == 0 ? ControlRecord.Type.ABORT : ControlRecord.Type.COMMIT);
        }
        fill();
        compact();
        assertThat(log.compactionStatus().lastPassMs()).isPositive();
        var aborted = new ArrayList<Long>();
        for (var batch : batches()) {
            if (batch.isControl() && batch.controlRecord().type() == ControlRecord.Type.ABORT) {
                aborted.add(batch.baseOffset());
            }
        }
        directory.checkpoint(false);
        assertThat(abortedOnDisk()).isEqualTo(aborted);
        var before = committed();
        world.powerCut();
        reopen();
        assertThat(abortedOnDisk()).isEqualTo(aborted);
        assertThat(committed()).isEqualTo(before);
    }

    /// The offsets of the markers that the files speak of.
    private List<Long> abortedOnDisk() throws IOException {
        var markers = new ArrayList<Long>();
        for (var name : world.disk().list(log.path())) {
            if (name.endsWith(AbortedTransactions.SUFFIX)) {
                AbortedTransactions.read(world.disk(), log.path().resolve(name))
                        .forEach(one -> markers.add(one.lastOffset()));
            }
        }
        return markers;
    }

    private List<Long> committed() throws IOException {
        return CommittedReader.read(log, log.view().logStartOffset(), 1 << 20).stream()
                .map(record -> record.offset())
                .toList();
    }

    @Test
    void nothingOfAnOpenTransactionIsTouchedAndNothingAfterIt() throws IOException {
        put("k", "1");
        put("k", "2");
        fill();
        transactional(5, 0, "k", "open");
        put("j", "1");
        put("j", "2");
        fill();
        compact();
        assertThat(records()).containsExactly("1 k=2", "14 k=open", "15 j=1", "16 j=2");
        end(5, ControlRecord.Type.ABORT);
        fill();
        compact();
        assertThat(records()).containsExactly("1 k=2", "16 j=2", "29 ABORT");
    }

    @Test
    void aTransactionThatEndsAfterTheCompactedPartCountsAsItEnded() throws IOException {
        put("k", "1");
        transactional(5, 0, "k", "aborted");
        fill();
        end(5, ControlRecord.Type.ABORT);
        compact();
        assertThat(records()).containsExactly("0 k=1", "14 ABORT");
    }

    @Test
    void aProducersLastBatchIsKeptWithoutItsRecords() throws IOException {
        append(new BatchBuilder(Compression.NONE).producer(9, (short) 2, 0), "k", "1");
        append(new BatchBuilder(Compression.NONE).producer(9, (short) 2, 1), "k", "2");
        put("k", "3");
        fill();
        compact();
        assertThat(records()).containsExactly("2 k=3");
        var empty = batches().getFirst();
        assertThat(empty.recordCount()).isZero();
        assertThat(empty.baseOffset()).isEqualTo(1);
        assertThat(empty.producerId()).isEqualTo(9);
        assertThat(empty.baseSequence()).isEqualTo(1);
        // Truncation rebuilds what is known of producers from the log itself.
        log.truncateTo(13);
        var again = new BatchBuilder(Compression.NONE).producer(9, (short) 2, 1);
        again.append(now(), Batches.text("k"), Batches.text("2"));
        assertThat(log.append(again.build(), 0, AppendOrigin.CLIENT))
                .isEqualTo(new AppendResult.Duplicate(1, 1, -1, 0));
    }

    @Test
    void moreKeysThanMemoryTakeSeveralPasses() throws IOException {
        settings = new CleanerSettings(1, 24L * 12, Double.MAX_VALUE, BACKOFF_MS, 200);
        for (int i = 0; i < 80; i++) {
            put("k" + i % 40, "v" + i);
        }
        fill();
        compact();
        var expected = new ArrayList<String>();
        for (int i = 40; i < 80; i++) {
            expected.add(i + " k" + i % 40 + "=v" + i);
        }
        assertThat(records()).containsExactlyElementsOf(expected);
    }

    @Test
    void aReaderGoesOnWithTheSegmentsItBeganWith() throws IOException {
        for (int i = 0; i < 30; i++) {
            put("k", "v" + i);
        }
        fill();
        directory.close();
        cleaner.close();
        reopen();
        var slice = (LogSlice) log.read(0, 300, 30, true);
        assertThat(slice.isInMemory()).isFalse();
        var before = Batches.array(slice.buffer());
        var segments = log.segments();
        compact();
        assertThat(records()).containsExactly("29 k=v29");
        assertThat(Batches.array(slice.buffer())).isEqualTo(before);
        var later = (LogSlice) LogReader.read(segments, 5, 300, 30, true);
        assertThat(later.buffer().getLong()).isEqualTo(5);
    }

    @Test
    void aDamagedBatchEndsCompactionOfItsLogWithAReason() throws IOException {
        put("k", "1");
        put("k", "2");
        fill();
        try (var file = world.disk().open(log.segments().getFirst().path(".log"))) {
            file.write(Batches.text("?"), 65);
        }
        compact();
        assertThat(log.compactionStatus().problem())
                .hasValueSatisfying(it -> assertThat(it).contains("CRC").contains("00000000000000000000.log"));
        assertThat(told).singleElement().asString().contains("failed").contains("CRC");
        assertThat(directory.failure()).isEmpty();
        assertThat(world.disk().list(log.path())).noneMatch(it -> it.endsWith(".cleaned"));
        compact();
        assertThat(log.segments().size()).isGreaterThan(2);
    }

    @Test
    void theRateIsBounded() throws IOException {
        settings = new CleanerSettings(1, 1 << 20, 1000, BACKOFF_MS, 200);
        for (int i = 0; i < 40; i++) {
            put("k", "v" + i);
        }
        fill();
        long moved = 2 * log.sizeBytes();
        for (long ms = 0; ms < moved / 2; ms += 50) {
            world.timers().advance(50);
            world.threads().runAll();
        }
        assertThat(log.compactionStatus().lastPassMs()).isZero();
        for (long ms = 0; ms < moved; ms += 50) {
            world.timers().advance(50);
            world.threads().runAll();
        }
        assertThat(records()).hasSize(1);
    }

    @Test
    void compactAndDeleteTogetherAlsoForgetOldRecords() throws IOException {
        log.updateSettings(SMALL.with(it -> it.cleanupDelete(true).retentionMs(50_000)));
        put("old", "1");
        fill();
        world.timers().advance(60_000);
        put("k", "1");
        put("k", "2");
        fill();
        compact();
        directory.retain();
        assertThat(records()).containsExactly("14 k=2");
        assertThat(log.view().logStartOffset()).isPositive();
    }
}
