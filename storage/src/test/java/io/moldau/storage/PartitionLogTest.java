package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.records.TimestampType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PartitionLogTest {
    private static final Path DATA = Path.of("/data");
    private static final PartitionId ID = new PartitionId("orders", 0);
    private static final LogSettings SMALL =
            LogSettings.DEFAULTS.with(it -> it.segmentBytes(1000).indexIntervalBytes(200));

    private final SimulatedWorld world = SimulatedWorld.of(1);
    private LogDirectory directory;
    private PartitionLog log;

    PartitionLogTest() throws IOException {
        directory = LogDirectory.open(world.environment(), DATA, LogDirectorySettings.DEFAULTS);
        log = directory.create(ID, new UuidBits(1, 2), SMALL);
    }

    @BeforeEach
    void startsClean() {
        assertThat(directory.recovery().clean()).isTrue();
    }

    private long now() {
        return world.clock().wallMs();
    }

    private AppendResult append(String... values) {
        return log.append(Batches.plain(now(), values), 0, AppendOrigin.CLIENT);
    }

    private void reopen() throws IOException {
        reopen(LogDirectorySettings.DEFAULTS, SMALL);
    }

    private void reopen(LogDirectorySettings settings, LogSettings logSettings) throws IOException {
        directory = LogDirectory.open(world.environment(), DATA, settings);
        log = directory.log(ID).orElseThrow();
        log.updateSettings(logSettings);
    }

    /// Batches of so many bytes or more, each in a group of its own.
    private void appendAlone(int times, int bytes) {
        for (int i = 0; i < times; i++) {
            append("x".repeat(bytes));
            world.threads().runAll();
        }
    }

    private static AppendError error(AppendResult result) {
        assertThat(result).isInstanceOf(AppendResult.Refused.class);
        return ((AppendResult.Refused) result).error();
    }

    @Test
    void aRecordIsDurableAfterTheFlusherRanAndTheListenerHearsIt() {
        var heard = new ArrayList<Long>();
        log.onDurable(it -> heard.add(it.view().durableEndOffset()));
        assertThat(append("a", "b")).isEqualTo(new AppendResult.Appended(0, 1, -1, 0));
        append("c");
        assertThat(log.view().durableEndOffset()).isEqualTo(0);
        world.threads().runAll();
        assertThat(heard).containsExactly(3L);
        assertThat(log.view().logEndOffset()).isEqualTo(3);
    }

    private List<String> values(long from, long below) throws IOException {
        return Batches.read(log, from, below, 100_000).stream()
                .flatMap(batch -> Batches.values(batch).stream())
                .toList();
    }

    private String journal() throws IOException {
        var path = DATA.resolve("journal");
        var bytes = ByteBuffer.allocate((int) world.disk().sizeBytes(path));
        try (var file = world.disk().open(path)) {
            file.read(bytes, 0);
        }
        return new String(bytes.array(), StandardCharsets.ISO_8859_1);
    }

    @Test
    void aLogThatHadTheLastGroupToItselfIsSyncedInsteadOfJournaledUntilAnotherIsWrittenTo() throws IOException {
        directory.close();
        reopen(LogDirectorySettings.DEFAULTS.with(it -> it.directSyncBytes(80_000)), LogSettings.DEFAULTS);
        var other = directory.create(new PartitionId("orders", 1), new UuidBits(1, 2), LogSettings.DEFAULTS);
        world.threads().runAll();
        var much = "x".repeat(10_000);
        append("first" + much);
        world.threads().runAll();
        append("second" + much);
        world.threads().runAll();
        assertThat(journal()).contains("first").doesNotContain("second");
        append("third" + much);
        other.append(Batches.plain(now(), "another" + much), 0, AppendOrigin.CLIENT);
        world.threads().runAll();
        append("fourth" + much);
        world.threads().runAll();
        assertThat(journal()).contains("another", "fourth").doesNotContain("third");
        assertThat(log.durableEndOffset()).isEqualTo(4);

        world.disk().powerCut();
        reopen();
        assertThat(values(0, 4)).containsExactly("first" + much, "second" + much, "third" + much, "fourth" + much);
    }

    private long recoveryPoint() throws IOException {
        var line = CheckpointFile.read(world.disk(), DATA).logs().get(log.key());
        return line == null ? -1 : line.recoveryPoint();
    }

    @Test
    void whatWaitsForNoSyncIsInACheckpointAfterSixteenJournals() throws IOException {
        directory.close();
        reopen(
                LogDirectorySettings.DEFAULTS.with(it -> it.journalBytes(64 << 10)),
                LogSettings.DEFAULTS.with(it -> it.durability(Durability.MEMORY)));
        appendAlone(15, 100_000);
        assertThat(recoveryPoint()).isEqualTo(11);
    }

    @Test
    void whatIsSyncedInsteadOfJournaledIsInACheckpointAfterHalfAJournal() throws IOException {
        directory.close();
        reopen(
                LogDirectorySettings.DEFAULTS.with(
                        it -> it.directSyncBytes(8_000).journalBytes(64 << 10)),
                LogSettings.DEFAULTS);
        appendAlone(6, 10_000);
        assertThat(recoveryPoint()).isEqualTo(4);
    }

    @Test
    void aSyncOfSegmentsInsteadOfTheJournalWritesTheIndexOfFullOnesOnly() throws IOException {
        directory.close();
        reopen(
                LogDirectorySettings.DEFAULTS.with(it -> it.directSyncBytes(8_000)),
                LogSettings.DEFAULTS.with(it -> it.segmentBytes(25_000)));
        var firstIndex = log.path().resolve(Segment.fileName(0, ".index"));
        appendAlone(2, 10_000);
        assertThat(log.durableEndOffset()).isEqualTo(2);
        assertThat(world.disk().exists(firstIndex)).isFalse();
        appendAlone(1, 10_000);
        assertThat(log.segments()).hasSize(2);
        assertThat(world.disk().exists(firstIndex)).isTrue();
        var secondIndex = log.path().resolve(Segment.fileName(2, ".index"));
        assertThat(world.disk().exists(secondIndex)).isFalse();
        directory.checkpoint(false);
        assertThat(world.disk().exists(secondIndex)).isTrue();
    }

    @Test
    void ofASegmentThatIsFullNoIndexStaysInMemoryAndItsRecordsAreFound() throws IOException {
        for (int i = 0; i < 40; i++) {
            append("value " + i);
        }
        world.threads().runAll();
        directory.checkpoint(false);
        var full = log.segments().getFirst();
        assertThat(log.segments()).hasSizeGreaterThan(2);
        assertThat(full.isAtHand(1L, 100)).isFalse();
        assertThat(full.knownMaxTimestamp()).isEqualTo(now());
        assertThat(values(1, 3)).containsExactly("value 1", "value 2");
        assertThat(full.isAtHand(1L, 100)).isTrue();
    }

    @Test
    void withDurabilityMemoryTheEndIsPromisedAtOnce() {
        log.updateSettings(SMALL.with(it -> it.durability(Durability.MEMORY)));
        append("a");
        assertThat(log.view().durableEndOffset()).isEqualTo(1);
    }

    @Test
    void sequencesAreChecked() throws IOException {
        assertThat(log.append(Batches.of(5, 1, 0, now(), "a", "b"), 0, AppendOrigin.CLIENT))
                .isInstanceOf(AppendResult.Appended.class);
        assertThat(log.append(Batches.of(5, 1, 0, now(), "a", "b"), 0, AppendOrigin.CLIENT))
                .isEqualTo(new AppendResult.Duplicate(0, 1, -1, 0));
        assertThat(error(log.append(Batches.of(5, 1, 3, now(), "d"), 0, AppendOrigin.CLIENT)))
                .isEqualTo(AppendError.OUT_OF_ORDER_SEQUENCE_NUMBER);
        assertThat(error(log.append(Batches.of(5, 0, 2, now(), "c"), 0, AppendOrigin.CLIENT)))
                .isEqualTo(AppendError.INVALID_PRODUCER_EPOCH);
        assertThat(error(log.append(Batches.of(5, 2, 2, now(), "c"), 0, AppendOrigin.CLIENT)))
                .isEqualTo(AppendError.OUT_OF_ORDER_SEQUENCE_NUMBER);
        assertThat(log.append(Batches.of(5, 2, 0, now(), "c"), 0, AppendOrigin.CLIENT))
                .isInstanceOf(AppendResult.Appended.class);
        assertThat(log.append(Batches.of(6, 0, 40, now(), "x"), 0, AppendOrigin.CLIENT))
                .isInstanceOf(AppendResult.Appended.class);
        assertThat(log.producers()).hasSize(2);
        world.timers().advance(48L * 3600 * 1000);
        log.expireProducers(now());
        assertThat(log.producers()).isEmpty();
    }

    @Test
    void refusalsSayWhy() {
        log.updateSettings(SMALL.with(it -> it.maxMessageBytes(100)));
        assertThat(error(append("x".repeat(200)))).isEqualTo(AppendError.MESSAGE_TOO_LARGE);
        log.updateSettings(SMALL);
        assertThat(error(append("x".repeat(2000)))).isEqualTo(AppendError.RECORD_LIST_TOO_LARGE);
        assertThat(error(log.append(Batches.plain(now() + 7_200_000, "x"), 0, AppendOrigin.CLIENT)))
                .isEqualTo(AppendError.INVALID_TIMESTAMP);
        assertThat(log.view().logEndOffset()).isEqualTo(0);
    }

    @Test
    void logAppendTimeIsStampedAndAnswered() throws IOException {
        log.updateSettings(SMALL.with(it -> it.timestampType(TimestampType.LOG_APPEND_TIME)));
        var result = (AppendResult.Appended) log.append(Batches.plain(5, "a"), 3, AppendOrigin.CLIENT);
        assertThat(result.logAppendTimeMs()).isEqualTo(now());
        var batch = Batches.read(log, 0, 1, 100).getFirst();
        assertThat(batch.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
        assertThat(batch.partitionLeaderEpoch()).isEqualTo(3);
        assertThat(log.view().leaderEpoch()).isEqualTo(3);
    }

    @Test
    void timesAndEpochsAreFoundAlsoAfterARestart() throws IOException {
        long start = now();
        for (int i = 0; i < 40; i++) {
            log.append(Batches.plain(start + i * 10L, "v" + i, "w" + i), i / 20, AppendOrigin.CLIENT);
        }
        for (int round = 0; round < 2; round++) {
            assertThat(log.offsetForTimestamp(start + 95)).contains(new TimestampOffset(start + 100, 20, 0));
            assertThat(log.offsetForTimestamp(start + 10_000)).isEmpty();
            assertThat(log.maxTimestampOffset()).contains(new TimestampOffset(start + 390, 78, 1));
            assertThat(log.endOffsetForEpoch(0)).isEqualTo(new EpochEnd(0, 40));
            assertThat(log.endOffsetForEpoch(1)).isEqualTo(new EpochEnd(1, 80));
            assertThat(log.endOffsetForEpoch(2)).isEqualTo(EpochEnd.UNKNOWN);
            directory.close();
            reopen();
            assertThat(directory.recovery().clean()).isTrue();
            assertThat(directory.recovery().segmentsScanned()).isEqualTo(0);
        }
    }

    @Test
    void aSliceOutlivesItsSegment() throws IOException {
        for (int i = 0; i < 60; i++) {
            append("value " + i);
        }
        directory.close();
        reopen();
        var slice = (LogSlice) log.read(0, 500, 60, true);
        var before = slice.buffer();
        assertThat(slice.isInMemory()).isFalse();
        log.updateSettings(SMALL.with(it -> it.retentionBytes(0).fileDeleteDelayMs(0)));
        directory.retain();
        world.timers().advance(1);
        world.threads().runAll();
        assertThat(log.view().logStartOffset()).isPositive();
        var sent = new ByteArrayOutputStream();
        for (int at = 0; at < slice.sizeBytes(); ) {
            at += (int) slice.transferTo(Channels.newChannel(sent), at);
        }
        assertThat(sent.toByteArray()).isEqualTo(Batches.array(before));
        assertThat(log.read(0, 500, 60, true)).isInstanceOf(ReadResult.OffsetOutOfRange.class);
    }

    @Test
    void timeRetentionEmptiesEvenTheActiveSegmentAndOffsetsGoOn() throws IOException {
        append("a", "b");
        world.threads().runAll();
        world.timers().advance(8L * 24 * 3600 * 1000);
        directory.retain();
        assertThat(log.view().logStartOffset()).isEqualTo(2);
        world.timers().advance(100_000);
        world.threads().runAll();
        world.powerCut();
        reopen();
        assertThat(log.view().logStartOffset()).isEqualTo(2);
        assertThat(append("c")).isEqualTo(new AppendResult.Appended(2, 2, -1, 2));
    }

    @Test
    void aFailingDiskIsNeverAcknowledged() {
        append("a");
        world.threads().runAll();
        world.disk().failAfterWrites(1);
        append("b");
        world.threads().runAll();
        assertThat(directory.failure()).isPresent();
        assertThat(log.view().durableEndOffset()).isEqualTo(1);
        assertThat(error(append("c"))).isEqualTo(AppendError.KAFKA_STORAGE_ERROR);
    }

    @Test
    void tooManyUnsyncedBytesAreRefusedUntilTheFlusherRan() {
        log.updateSettings(LogSettings.DEFAULTS.with(it -> it.maxMessageBytes(80 << 20)));
        append("x".repeat(40 << 20));
        assertThat(error(append("y".repeat(40 << 20)))).isEqualTo(AppendError.REQUEST_TIMED_OUT);
        world.threads().runAll();
        assertThat(append("y".repeat(40 << 20))).isInstanceOf(AppendResult.Appended.class);
    }

    @Test
    void aSecondUserIsRefusedWithAClearText() {
        assertThatThrownBy(() -> LogDirectory.open(world.environment(), DATA, LogDirectorySettings.DEFAULTS))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("/data")
                .hasMessageContaining("stop the other process");
    }

    @Test
    void aTornTailIsCutAndReported() throws IOException {
        append("a", "b");
        world.threads().runAll();
        append("lost");
        world.kill();
        var segment = DATA.resolve("orders-0/00000000000000000000.log");
        try (var file = world.disk().open(segment)) {
            file.truncate(file.sizeBytes() - 3);
        }
        reopen();
        assertThat(log.view().logEndOffset()).isEqualTo(2);
        assertThat(directory.recovery().clean()).isFalse();
        assertThat(directory.recovery().summary()).contains("orders-0").contains("torn tail after offset 1");
        try (var dump = SegmentDump.open(world.disk(), segment)) {
            assertThat(dump.next().orElseThrow().crcRight()).isTrue();
            assertThat(dump.next()).isEmpty();
            assertThat(dump.unreadBytes()).isEqualTo(0);
        }
    }

    @Test
    void aFollowerKeepsOffsetsAndEpochsAndCanBeCut() throws IOException {
        var leader = directory.create(new PartitionId("leader", 0), new UuidBits(9, 9), SMALL);
        for (int i = 0; i < 30; i++) {
            leader.append(Batches.plain(now(), "v" + i), i / 10, AppendOrigin.CLIENT);
        }
        for (long next = 0; next < 30; ) {
            var slice = (LogSlice) leader.read(next, 300, 30, true);
            var copy = slice.buffer();
            var batches = Batches.read(leader, next, 30, 300);
            log.append(copy, 99, AppendOrigin.REPLICATION);
            next = log.view().logEndOffset();
            assertThat(batches).isNotEmpty();
        }
        assertThat(log.endOffsetForEpoch(1)).isEqualTo(new EpochEnd(1, 20));
        log.truncateTo(15);
        assertThat(log.view().logEndOffset()).isEqualTo(15);
        assertThat(log.view().leaderEpoch()).isEqualTo(1);
        world.powerCut();
        reopen();
        assertThat(log.view().logEndOffset()).isEqualTo(15);
    }
}
