package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import io.moldau.records.ControlRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class TransactionsTest {
    private static final Path DATA = Path.of("/data");
    private static final PartitionId ID = new PartitionId("orders", 0);
    private static final LogSettings SMALL =
            LogSettings.of(it -> it.segmentBytes(300).indexIntervalBytes(100));

    private final SimulatedWorld world = SimulatedWorld.of(1);
    private LogDirectory directory;
    private PartitionLog log;

    TransactionsTest() throws IOException {
        directory = LogDirectory.open(world.environment(), DATA, LogDirectorySettings.DEFAULTS);
        log = directory.create(ID, new UuidBits(1, 2), SMALL);
    }

    private void reopen() throws IOException {
        directory = LogDirectory.open(world.environment(), DATA, LogDirectorySettings.DEFAULTS);
        log = directory.log(ID).orElseThrow();
        log.updateSettings(SMALL);
    }

    private AppendResult offer(long producer, int epoch, int sequence, boolean transactional) {
        var batch = new BatchBuilder(Compression.NONE).producer(producer, (short) epoch, sequence);
        if (transactional) {
            batch.transactional();
        }
        batch.append(world.clock().wallMs(), null, Batches.text("record of producer " + producer));
        return log.append(batch.build(), 0, AppendOrigin.CLIENT);
    }

    /// The offset of a record in a transaction.
    private long write(long producer, int epoch, int sequence) {
        return ((AppendResult.Appended) offer(producer, epoch, sequence, true)).baseOffset();
    }

    private AppendResult end(long producer, int epoch, int version, int coordinatorEpoch, boolean commit) {
        var type = commit ? ControlRecord.Type.COMMIT : ControlRecord.Type.ABORT;
        return log.transactions().end(producer, (short) epoch, version, new ControlRecord(type, coordinatorEpoch), 0);
    }

    private long abort(long producer) {
        return ((AppendResult.Appended) end(producer, 0, 1, 1, false)).baseOffset();
    }

    private long commit(long producer) {
        return ((AppendResult.Appended) end(producer, 0, 1, 1, true)).baseOffset();
    }

    private static AppendError error(AppendResult result) {
        return ((AppendResult.Refused) result).error();
    }

    private List<Long> committed() throws IOException {
        return CommittedReader.read(log, log.view().logStartOffset(), 250).stream()
                .map(record -> record.offset())
                .toList();
    }

    private List<AbortedTransaction> abortedIn(long from, int maxBytes) throws IOException {
        long below = log.view().lastStableOffset();
        var slice = (LogSlice) log.read(from, maxBytes, below, true);
        return log.transactions().aborted(slice, below);
    }

    /// All that lies in files of aborted transactions.
    private List<String> files() throws IOException {
        return world.disk().list(log.path()).stream()
                .filter(name -> name.endsWith(".txnindex"))
                .toList();
    }

    @Test
    void aMarkerOfAnOlderEpochOrAnOlderCoordinatorIsRefused() {
        write(7, 3, 0);
        assertThat(error(end(7, 2, 1, 1, true))).isEqualTo(AppendError.INVALID_PRODUCER_EPOCH);
        assertThat(end(7, 3, 1, 5, true)).isInstanceOf(AppendResult.Appended.class);
        write(7, 3, 1);
        assertThat(error(end(7, 3, 1, 4, true))).isEqualTo(AppendError.TRANSACTION_COORDINATOR_FENCED);
        assertThat(log.view().lastStableOffset()).isEqualTo(2);
        assertThat(end(7, 3, 1, 6, true)).isInstanceOf(AppendResult.Appended.class);
    }

    @Test
    void aMarkerOfVersionTwoHasTheNextEpochAndMayBeSentAgain() {
        write(7, 0, 0);
        assertThat(error(end(7, 0, 2, 1, true))).isEqualTo(AppendError.INVALID_PRODUCER_EPOCH);
        assertThat(end(7, 1, 2, 1, true)).isInstanceOf(AppendResult.Appended.class);
        assertThat(end(7, 1, 2, 1, true)).isInstanceOf(AppendResult.Appended.class);
        // Late: the next transaction has that epoch now, and must not be ended by it.
        write(7, 1, 0);
        assertThat(error(end(7, 1, 2, 1, true))).isEqualTo(AppendError.INVALID_PRODUCER_EPOCH);
        assertThat(log.transactions().isOpen(7, (short) 1)).isTrue();
    }

    @Test
    void afterAMarkerWithANewEpochTheOldEpochIsFencedAndSequencesBeginAtZero() throws IOException {
        write(7, 0, 0);
        end(7, 1, 2, 1, true);
        assertThat(error(offer(7, 0, 1, true))).isEqualTo(AppendError.INVALID_PRODUCER_EPOCH);
        assertThat(error(offer(7, 1, 1, true))).isEqualTo(AppendError.OUT_OF_ORDER_SEQUENCE_NUMBER);
        directory.close();
        world.kill();
        reopen();
        assertThat(error(offer(7, 1, 1, true))).isEqualTo(AppendError.OUT_OF_ORDER_SEQUENCE_NUMBER);
        write(7, 1, 0);
    }

    @Test
    void aMarkerWithoutATransactionIsWrittenAndFences() throws IOException {
        assertThat(end(7, 4, 1, 1, false)).isEqualTo(new AppendResult.Appended(0, 0, -1, 0));
        assertThat(error(offer(7, 3, 0, true))).isEqualTo(AppendError.INVALID_PRODUCER_EPOCH);
        assertThat(log.view().lastStableOffset()).isEqualTo(1);
        assertThat(abortedIn(0, 1000)).isEmpty();
        assertThat(log.producers())
                .containsExactly(
                        new ProducerView(7, (short) 4, -1, world.clock().wallMs(), 1, -1));
    }

    @Test
    void whileATransactionIsOpenItsProducerWritesNothingOutsideOfIt() {
        assertThat(offer(7, 0, 0, false)).isInstanceOf(AppendResult.Appended.class);
        write(7, 0, 1);
        assertThat(error(offer(7, 0, 2, false))).isEqualTo(AppendError.INVALID_TXN_STATE);
        abort(7);
        assertThat(offer(7, 0, 2, false)).isInstanceOf(AppendResult.Appended.class);
    }

    @Test
    void aCoordinatorsBatchOfAnOldEpochIsRefused() {
        end(7, 4, 1, 1, false);
        var batch = new BatchBuilder(Compression.NONE).producer(7, (short) 3, 0).transactional();
        batch.append(0, null, Batches.text("x"));
        assertThat(error(log.append(batch.build(), 0, AppendOrigin.COORDINATOR)))
                .isEqualTo(AppendError.INVALID_PRODUCER_EPOCH);
        assertThat(log.transactions().refusal(7, (short) 3)).isPresent();
        assertThat(log.transactions().refusal(7, (short) 4)).isEmpty();
    }

    @Test
    void whoHasATransactionOpenIsKnownByEpoch() {
        assertThat(log.transactions().isOpen(7, (short) 0)).isFalse();
        write(7, 0, 0);
        assertThat(log.transactions().isOpen(7, (short) 0)).isTrue();
        assertThat(log.transactions().isOpen(7, (short) 1)).isFalse();
        // A newer instance goes on in what the older one left open.
        write(7, 1, 0);
        assertThat(log.transactions().isOpen(7, (short) 0)).isFalse();
        assertThat(log.transactions().isOpen(7, (short) 1)).isTrue();
        end(7, 1, 1, 1, false);
        assertThat(log.transactions().isOpen(7, (short) 1)).isFalse();
    }

    @Test
    void theStableEndIsWhereTheOldestTransactionBeginsThatHasNoPromisedMarker() {
        log.transactions().promised(0);
        write(1, 0, 0);
        write(2, 0, 0);
        write(1, 0, 1);
        long one = commit(1);
        assertThat(log.view().lastStableOffset()).isZero();
        log.transactions().promised(one);
        assertThat(log.view().lastStableOffset()).isZero();
        log.transactions().promised(one + 1);
        assertThat(log.view().lastStableOffset()).isEqualTo(1);
        long two = abort(2);
        assertThat(log.view().lastStableOffset()).isEqualTo(1);
        log.transactions().promised(two + 1);
        assertThat(log.view().lastStableOffset()).isEqualTo(two + 1);
    }

    @Test
    void manyOpenTransactionsEndInAnyOrder() {
        log.updateSettings(LogSettings.DEFAULTS);
        int count = 5000;
        for (int producer = 0; producer < count; producer++) {
            write(producer, 0, 0);
        }
        // All but the first, from the last on.
        for (int producer = count - 1; producer > 0; producer--) {
            abort(producer);
            assertThat(log.view().lastStableOffset()).isZero();
        }
        commit(0);
        assertThat(log.view().lastStableOffset()).isEqualTo(log.view().logEndOffset());
    }

    @Test
    void aReaderIsToldOfTheAbortedTransactionsThatConcernWhatItGetsAndOfNoOthers() throws IOException {
        long early = write(1, 0, 0);
        long earlyEnd = abort(1);
        long first = write(2, 0, 0);
        for (int i = 0; i < 6; i++) {
            write(3, 0, i);
        }
        long between = commit(3);
        long last = abort(2);
        long late = write(4, 0, 0);
        long lateEnd = abort(4);
        assertThat(log.segments().size()).isGreaterThan(3);
        var aborted1 = new AbortedTransaction(1, early, earlyEnd, earlyEnd + 1);
        var aborted2 = new AbortedTransaction(2, first, last, last + 1);
        var aborted4 = new AbortedTransaction(4, late, lateEnd, lateEnd + 1);
        assertThat(abortedIn(0, 1)).containsExactly(aborted1);
        // Its marker lies in a later segment.
        assertThat(abortedIn(first, 1)).containsExactly(aborted2);
        assertThat(abortedIn(between, 1)).containsExactly(aborted2);
        assertThat(abortedIn(late, 1000)).containsExactly(aborted4);
        assertThat(committed()).containsExactly(3L, 4L, 5L, 6L, 7L, 8L);
    }

    @Test
    void anAbortedTransactionThatEndsBeforeAnotherSaysSo() throws IOException {
        write(1, 0, 0);
        write(2, 0, 0);
        long end = abort(2);
        commit(1);
        assertThat(abortedIn(0, 1000)).containsExactly(new AbortedTransaction(2, 1, end, 0));
    }

    @Test
    void theFileHasTheBytesOfKafkasAndTheDumpUnderstandsIt() throws IOException {
        write(5, 0, 0);
        abort(5);
        world.threads().runAll();
        assertThat(files()).isEmpty();
        directory.close();
        assertThat(files()).containsExactly("00000000000000000000.txnindex");
        var file = log.path().resolve("00000000000000000000.txnindex");
        assertThat(AtomicFile.read(world.disk(), file))
                .containsExactly(
                        0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
                        0, 2);
        assertThat(FileDump.of(world.disk(), file))
                .isEqualTo(new FileDump(
                        List.of("producer", "first offset", "last offset", "last stable offset"),
                        List.of(List.of(5L, 0L, 1L, 2L))));
    }

    @Test
    void whatWasAbortedIsKnownAfterAStopAKillAndAPowerCut() throws IOException {
        for (int i = 0; i < 12; i++) {
            write(1, 0, i);
            if (i % 3 == 0) {
                abort(1);
            } else {
                commit(1);
            }
        }
        var before = committed();
        assertThat(before).hasSize(8);
        directory.close();
        world.kill();
        reopen();
        assertThat(committed()).isEqualTo(before);
        write(1, 0, 12);
        abort(1);
        world.threads().runAll();
        world.kill();
        reopen();
        assertThat(committed()).isEqualTo(before);
        write(1, 0, 13);
        abort(1);
        world.threads().runAll();
        world.powerCut();
        reopen();
        assertThat(committed()).isEqualTo(before);
        assertThat(log.view().lastStableOffset()).isEqualTo(log.view().logEndOffset());
    }

    @Test
    void aCutMarkerLeavesItsTransactionOpen() throws IOException {
        write(1, 0, 0);
        long marker = abort(1);
        world.threads().runAll();
        directory.checkpoint(false);
        log.truncateTo(marker);
        assertThat(log.view().lastStableOffset()).isZero();
        assertThat(log.transactions().isOpen(1, (short) 0)).isTrue();
        commit(1);
        assertThat(committed()).containsExactly(0L);
        world.threads().runAll();
        world.powerCut();
        reopen();
        assertThat(committed()).containsExactly(0L);
    }

    @Test
    void theFileGoesWithItsSegment() throws IOException {
        for (int i = 0; i < 12; i++) {
            write(1, 0, i);
            abort(1);
        }
        world.threads().runAll();
        directory.checkpoint(false);
        int before = files().size();
        assertThat(before).isGreaterThan(3);
        log.updateSettings(SMALL.with(it -> it.fileDeleteDelayMs(0)));
        log.advanceLogStartTo(log.view().logEndOffset() - 1);
        world.threads().runAll();
        directory.checkpoint(false);
        world.timers().advance(1000);
        world.threads().runAll();
        assertThat(files()).hasSize(1);
        assertThat(committed()).isEmpty();
    }

    @Test
    void verificationMissesWhatTheFileDoesNotSay() throws IOException {
        write(1, 0, 0);
        abort(1);
        write(1, 0, 1);
        commit(1);
        directory.close();
        world.kill();
        assertThat(Verification.run(world.disk(), DATA, folder -> {}).problems())
                .isEmpty();
        var file = Objects.requireNonNull(log.path()).resolve("00000000000000000000.txnindex");
        world.disk().deleteIfExists(file);
        assertThat(Verification.run(world.disk(), DATA, folder -> {}).problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.text()).contains("producer 1", "offset 1", "was aborted"));
    }
}
