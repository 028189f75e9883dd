package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Which records stay when a log is compacted, when it is, and what keeps it from that.
class CompactionTest extends WithCompactedLog {
    CompactionTest() throws IOException {}

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
    void whatIsUnderWayShowsHowFarItIs() throws IOException {
        settings = new CleanerSettings(1, 1 << 20, 1000, BACKOFF_MS, 200);
        for (int i = 0; i < 40; i++) {
            put("k", "v" + i);
        }
        fill();
        assertThat(log.compactionUnderWay()).isEmpty();
        var seen = new ArrayList<CompactionProgress>();
        while (log.compactionStatus().lastPassMs() == 0) {
            world.timers().advance(50);
            world.threads().runAll();
            log.compactionUnderWay().ifPresent(seen::add);
        }
        assertThat(log.compactionUnderWay()).isEmpty();
        assertThat(seen).allSatisfy(it -> assertThat(it.done()).isBetween(0L, it.of()));
        for (var stage : List.of(CompactionProgress.Stage.READING_KEYS, CompactionProgress.Stage.REWRITING)) {
            assertThat(seen.stream()
                            .filter(it -> it.stage() == stage)
                            .map(CompactionProgress::done)
                            .distinct())
                    .isSorted()
                    .hasSizeGreaterThan(5);
        }
        assertThat(seen.getLast().of()).isGreaterThan(1000);
        assertThat(seen.getLast().toString())
                .contains("rewritten, " + seen.getLast().done() + " of ");
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
