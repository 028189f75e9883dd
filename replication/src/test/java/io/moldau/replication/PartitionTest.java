package io.moldau.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.Loan;
import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import io.moldau.storage.AbortedTransaction;
import io.moldau.storage.Append;
import io.moldau.storage.AppendOrigin;
import io.moldau.storage.Durability;
import io.moldau.storage.LogDirectory;
import io.moldau.storage.LogDirectorySettings;
import io.moldau.storage.LogSettings;
import io.moldau.storage.PartitionId;
import io.moldau.storage.UuidBits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PartitionTest {
    private final SimulatedWorld world = SimulatedWorld.of(1);
    private final List<AppendOutcome> outcomes = new ArrayList<>();

    private Partition open(Durability durability) throws IOException {
        return open(durability, 0);
    }

    private Partition open(Durability durability, int number) throws IOException {
        var path = Path.of("/data" + number);
        var directory = LogDirectory.open(world.environment(), path, LogDirectorySettings.DEFAULTS);
        var id = new PartitionId("orders", 0);
        var log = directory.create(id, new UuidBits(1, 1), LogSettings.DEFAULTS.with(it -> it.durability(durability)));
        world.threads().runAll();
        return new Partition(id, new Uuid(1, 1), log, 0);
    }

    private BatchBuilder records(int count) {
        return records(new BatchBuilder(Compression.NONE), count);
    }

    private BatchBuilder records(BatchBuilder builder, int count) {
        for (int i = 0; i < count; i++) {
            builder.append(world.clock().wallMs(), null, ByteBuffer.wrap(new byte[] {1, 2, 3}));
        }
        return builder;
    }

    private void append(Partition partition, ByteBuffer batch) {
        partition.append(batch, AppendOrigin.CLIENT, true, outcomes::add);
    }

    private static boolean gives(Partition partition, long from, boolean committedOnly) {
        return partition.read(from, 1000, committedOnly, -1, true) instanceof Fetched.Read read
                && read.slice().isPresent();
    }

    @Test
    void onDiskAnAppendIsAcknowledgedAndReadOnlyAfterTheFlush() throws IOException {
        var partition = open(Durability.DISK);
        append(partition, records(3).build());
        assertThat(outcomes).isEmpty();
        assertThat(partition.highWatermark()).isZero();
        assertThat(gives(partition, 0, false)).isFalse();
        world.threads().runAll();
        assertThat(outcomes).hasSize(1).first().isInstanceOf(AppendOutcome.Acknowledged.class);
        assertThat(partition.highWatermark()).isEqualTo(3);
        assertThat(gives(partition, 0, false)).isTrue();
    }

    @Test
    void inMemoryAnAppendIsAcknowledgedAtOnce() throws IOException {
        var partition = open(Durability.MEMORY);
        append(partition, records(3).build());
        assertThat(outcomes).hasSize(1).first().isInstanceOf(AppendOutcome.Acknowledged.class);
        assertThat(partition.highWatermark()).isEqualTo(3);
    }

    @Test
    void lentBatchesAreHeldUntilTheyAreOnDiskAlsoIfNobodyWaitsForThat() throws IOException {
        var partition = open(Durability.DISK);
        var held = new AtomicInteger();
        var loan = new Loan() {
            @Override
            public void hold() {
                held.incrementAndGet();
            }

            @Override
            public void release() {
                held.decrementAndGet();
            }
        };
        var batch = new BatchBuilder(Compression.NONE)
                .append(world.clock().wallMs(), null, ByteBuffer.allocate(100_000))
                .build();
        var lent = ByteBuffer.allocateDirect(batch.remaining()).put(batch).flip();
        partition.append(new Append(lent, loan), AppendOrigin.CLIENT, false, outcomes::add);
        assertThat(outcomes).hasSize(1);
        assertThat(held).hasValue(1);
        world.threads().runAll();
        assertThat(partition.highWatermark()).isEqualTo(1);
        assertThat(held).hasValue(0);
    }

    private boolean arrive(Partition partition, int count, boolean awaitPromise) {
        return partition.arrive(new Append(records(count).build(), null), awaitPromise, outcomes::add);
    }

    @Test
    void whatArrivesIsAppendedTogetherAndInOrder() throws IOException {
        var partition = open(Durability.MEMORY);
        assertThat(arrive(partition, 2, true)).isTrue();
        assertThat(arrive(partition, 1, true)).isFalse();
        assertThat(arrive(partition, 3, false)).isFalse();
        assertThat(outcomes).isEmpty();
        assertThat(partition.log().view().logEndOffset()).isZero();
        partition.appendArrived();
        assertThat(outcomes)
                .containsExactly(
                        new AppendOutcome.Acknowledged(0, 1, -1, 0),
                        new AppendOutcome.Acknowledged(2, 2, -1, 0),
                        new AppendOutcome.Acknowledged(3, 5, -1, 0));
        assertThat(arrive(partition, 1, true)).isTrue();
        partition.appendArrived();
        assertThat(outcomes).hasSize(4);
    }

    @Test
    void whatArrivedForADeletedPartitionIsRefused() throws IOException {
        var partition = open(Durability.MEMORY);
        arrive(partition, 1, true);
        partition.retire(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "deleted");
        partition.appendArrived();
        assertThat(outcomes)
                .containsExactly(new AppendOutcome.Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "deleted"));
    }

    @Test
    void anOpenTransactionIsReadUncommittedOnly() throws IOException {
        var partition = open(Durability.MEMORY);
        append(partition, records(2).build());
        var open = new BatchBuilder(Compression.NONE).producer(9, (short) 0, 0).transactional();
        append(partition, records(open, 2).build());
        append(partition, records(1).build());
        assertThat(partition.highWatermark()).isEqualTo(5);
        assertThat(partition.lastStableOffset()).isEqualTo(2);
        assertThat(gives(partition, 0, true)).isTrue();
        assertThat(gives(partition, 2, true)).isFalse();
        assertThat(gives(partition, 2, false)).isTrue();
    }

    @Test
    void whatLiesBelowADeletionIsOutOfRange() throws IOException {
        var partition = open(Durability.MEMORY);
        append(partition, records(3).build());
        append(partition, records(3).build());
        var starts = new ArrayList<Long>();
        var refused = new ArrayList<AppendOutcome.Refused>();
        partition.deleteBefore(7, starts::add, refused::add);
        assertThat(refused).hasSize(1);
        partition.deleteBefore(3, starts::add, refused::add);
        assertThat(partition.read(2, 1000, false, -1, true)).isInstanceOf(Fetched.Refused.class);
        assertThat(gives(partition, 3, false)).isTrue();
        partition.deleteBefore(-1, starts::add, refused::add);
        assertThat(starts).containsExactly(3L, 6L);
        assertThat(partition.logStartOffset()).isEqualTo(6);
    }

    @Test
    void whoWaitsWhenAPartitionEndsIsTold() throws IOException {
        var partition = open(Durability.DISK);
        append(partition, records(3).build());
        partition.retire(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "the topic was deleted");
        append(partition, records(3).build());
        world.threads().runAll();
        assertThat(outcomes).hasSize(2).allMatch(outcome -> outcome instanceof AppendOutcome.Refused);
    }

    private void write(Partition partition, long producer, int epoch, int sequence) {
        var batch = new BatchBuilder(Compression.NONE)
                .producer(producer, (short) epoch, sequence)
                .transactional();
        append(partition, records(batch, 1).build());
    }

    private void end(Partition partition, long producer, int epoch, boolean commit, int version) {
        partition.endTransaction(new TransactionMarker(producer, (short) epoch, 0, commit, version), outcomes::add);
    }

    private static List<AbortedTransaction> aborted(Partition partition, long from) {
        return partition.read(from, 1000, true, -1, true) instanceof Fetched.Read read ? read.aborted() : List.of();
    }

    @Test
    void nobodySeesWhatATransactionWroteBeforeItsMarkerIsPromised() throws IOException {
        var partition = open(Durability.DISK);
        write(partition, 9, 0, 0);
        world.threads().runAll();
        assertThat(partition.inTransaction(9, (short) 0)).isTrue();
        assertThat(partition.inTransaction(9, (short) 1)).isFalse();
        end(partition, 9, 0, true, 1);
        assertThat(outcomes).hasSize(1);
        assertThat(partition.inTransaction(9, (short) 0)).isFalse();
        assertThat(partition.highWatermark()).isEqualTo(1);
        assertThat(partition.lastStableOffset()).isZero();
        assertThat(gives(partition, 0, true)).isFalse();
        world.threads().runAll();
        assertThat(outcomes).hasSize(2).last().isEqualTo(new AppendOutcome.Acknowledged(1, 1, -1, 0));
        assertThat(partition.lastStableOffset()).isEqualTo(2);
        assertThat(gives(partition, 0, true)).isTrue();
    }

    @Test
    void whoWaitsForCommittedRecordsIsWokenWhenTheyAreStable() throws IOException {
        var partition = open(Durability.DISK);
        write(partition, 9, 0, 0);
        world.threads().runAll();
        var seen = new ArrayList<Boolean>();
        partition.watch(() -> seen.add(gives(partition, 0, true)));
        end(partition, 9, 0, true, 1);
        assertThat(seen).isEmpty();
        world.threads().runAll();
        assertThat(seen).contains(true);
    }

    @Test
    void aReaderOfCommittedRecordsIsToldWhatWasAborted() throws IOException {
        int number = 0;
        for (var durability : Durability.values()) {
            var partition = open(durability, ++number);
            write(partition, 9, 0, 0);
            end(partition, 9, 1, false, 2);
            write(partition, 9, 1, 0);
            end(partition, 9, 2, true, 2);
            world.threads().runAll();
            assertThat(aborted(partition, 0)).as("%s", durability).containsExactly(new AbortedTransaction(9, 0, 1, 2));
            assertThat(aborted(partition, 2)).isEmpty();
            assertThat(partition.read(0, 1000, false, -1, true)).isInstanceOfSatisfying(Fetched.Read.class, read -> {
                assertThat(read.slice()).isPresent();
                assertThat(read.aborted()).isEmpty();
            });
        }
    }

    @Test
    void aMarkerThatComesTooLateIsRefusedAndSaidToBe() throws IOException {
        var partition = open(Durability.MEMORY);
        write(partition, 9, 3, 0);
        assertThat(partition.refusal(new TransactionMarker(9, (short) 3, 0, true, 2)))
                .isPresent();
        end(partition, 9, 3, true, 2);
        end(partition, 9, 2, true, 1);
        assertThat(outcomes.subList(1, 3))
                .allSatisfy(outcome -> assertThat(outcome)
                        .isInstanceOfSatisfying(
                                AppendOutcome.Refused.class,
                                refused -> assertThat(refused.error()).isEqualTo(ErrorCode.INVALID_PRODUCER_EPOCH)));
        end(partition, 9, 4, true, 2);
        partition.endTransaction(new TransactionMarker(9, (short) 5, -1, true, 2), outcomes::add);
        assertThat(outcomes.getLast())
                .isInstanceOfSatisfying(
                        AppendOutcome.Refused.class,
                        refused -> assertThat(refused.error()).isEqualTo(ErrorCode.TRANSACTION_COORDINATOR_FENCED));
        assertThat(partition.refusal(9, (short) 3)).isPresent();
        assertThat(partition.refusal(9, (short) 4)).isEmpty();
    }

    @Test
    void aMarkerForAPartitionThatIsGoneIsRefused() throws IOException {
        var partition = open(Durability.DISK);
        write(partition, 9, 0, 0);
        end(partition, 9, 0, true, 1);
        partition.retire(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "the topic was deleted");
        end(partition, 9, 0, true, 1);
        world.threads().runAll();
        assertThat(outcomes).hasSize(3).allMatch(outcome -> outcome instanceof AppendOutcome.Refused);
    }
}
