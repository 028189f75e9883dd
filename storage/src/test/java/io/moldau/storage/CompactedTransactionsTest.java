package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import io.moldau.records.ControlRecord;
import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What compaction does to the records, the markers and the memory of producers.
class CompactedTransactionsTest extends WithCompactedLog {
    CompactedTransactionsTest() throws IOException {}

    private long transactional(long producer, int sequence, String key, String value) {
        return append(
                new BatchBuilder(Compression.NONE)
                        .producer(producer, (short) 0, sequence)
                        .transactional(),
                key,
                value);
    }

    private void end(long producer, ControlRecord.Type type) {
        var marker = BatchBuilder.controlBatch(now(), producer, (short) 0, new ControlRecord(type, 7));
        assertThat(log.append(marker, 0, AppendOrigin.COORDINATOR)).isInstanceOf(AppendResult.Appended.class);
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
}
