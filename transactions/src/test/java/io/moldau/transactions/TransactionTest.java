package io.moldau.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.protocol.ErrorCode;
import io.moldau.storage.PartitionId;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The ends of the epochs, and what records carry.
class TransactionTest {
    private static final PartitionId PARTITION = new PartitionId("orders", 3);
    private static final short LAST = Transaction.LAST_EPOCH;

    private static Transaction in(TransactionState state, long producerId, int epoch, int version) {
        return new Transaction(
                "t",
                new Producer(producerId, (short) epoch),
                -1,
                -1,
                1000,
                state,
                state == TransactionState.EMPTY ? Set.of() : Set.of(PARTITION),
                5,
                6,
                (short) version);
    }

    private static Decision.Change change(Decision decision) {
        assertThat(decision).isInstanceOf(Decision.Change.class);
        return (Decision.Change) decision;
    }

    private static Producer producer(long id, int epoch) {
        return new Producer(id, (short) epoch);
    }

    @Test
    void whenTheEpochsAreUsedUpANewProducerIdComes() {
        var empty = in(TransactionState.EMPTY, 7, LAST, 0);
        assertThat(empty.initialise(1000, Producer.NONE, OptionalLong.empty(), 9))
                .isEqualTo(new Decision.NeedsProducerId());
        var next = change(empty.initialise(1000, Producer.NONE, OptionalLong.of(8), 9));
        assertThat(next.producer()).isEqualTo(producer(8, 0));
        assertThat(next.next().previousProducerId()).isEqualTo(7);
        assertThat(change(in(TransactionState.EMPTY, 7, LAST - 1, 0)
                                .initialise(1000, Producer.NONE, OptionalLong.empty(), 9))
                        .producer())
                .isEqualTo(producer(7, LAST));
    }

    @Test
    void theLastEpochEndsWithAMarkerOfTheOneAfterItAndANewProducerId() {
        var ongoing = in(TransactionState.ONGOING, 7, LAST, 2);
        assertThat(ongoing.end(producer(7, LAST), true, true, OptionalLong.empty(), 9))
                .isEqualTo(new Decision.NeedsProducerId());
        var ended = change(ongoing.end(producer(7, LAST), true, true, OptionalLong.of(8), 9));
        assertThat(ended.producer()).isEqualTo(producer(8, 0));
        var prepared = ended.next();
        assertThat(prepared.producer()).isEqualTo(producer(7, Short.MAX_VALUE));
        assertThat(prepared.add(producer(8, 0), Set.of(PARTITION), (short) 2, 9))
                .as("its markers are not written yet")
                .isEqualTo(new Decision.Refused(ErrorCode.CONCURRENT_TRANSACTIONS));
        var completed = prepared.completed(10);
        assertThat(completed.producer()).isEqualTo(producer(8, 0));
        assertThat(completed.end(producer(7, LAST), true, true, OptionalLong.empty(), 11))
                .as("the same again")
                .isEqualTo(new Decision.Settled(producer(8, 0)));
    }

    @Test
    void aTransactionOfTheLastEpochThatIsFencedLeavesNobodyAnEpoch() {
        var completed = in(TransactionState.ONGOING, 7, LAST, 2).fenced(9).completed(10);
        assertThat(completed.producer()).isEqualTo(producer(7, Short.MAX_VALUE));
        assertThat(completed.end(producer(7, LAST), false, true, OptionalLong.of(8), 11))
                .isEqualTo(new Decision.Refused(ErrorCode.PRODUCER_FENCED));
        assertThat(completed.add(producer(7, Short.MAX_VALUE), Set.of(PARTITION), (short) 2, 11))
                .isEqualTo(new Decision.Refused(ErrorCode.PRODUCER_FENCED));
        assertThat(completed.end(producer(7, Short.MAX_VALUE), false, true, OptionalLong.of(8), 11))
                .isEqualTo(new Decision.Refused(ErrorCode.PRODUCER_FENCED));
        assertThat(change(completed.initialise(1000, Producer.NONE, OptionalLong.of(8), 11))
                        .producer())
                .isEqualTo(producer(8, 0));
    }

    @Test
    void onlyANewClientMayAbortWhatNeverBegan() {
        var empty = in(TransactionState.EMPTY, 7, 3, 0);
        assertThat(change(empty.end(producer(7, 3), false, true, OptionalLong.empty(), 9))
                        .producer())
                .isEqualTo(producer(7, 4));
        assertThat(empty.end(producer(7, 3), false, false, OptionalLong.empty(), 9))
                .isEqualTo(new Decision.Refused(ErrorCode.INVALID_TXN_STATE));
        assertThat(empty.end(producer(7, 3), true, true, OptionalLong.empty(), 9))
                .isEqualTo(new Decision.Refused(ErrorCode.INVALID_TXN_STATE));
    }

    @Test
    void aZombieOfAnOpenTransactionCannotBecomeItsProducer() {
        assertThat(in(TransactionState.ONGOING, 7, 3, 2).initialise(1000, producer(7, 2), OptionalLong.empty(), 9))
                .isEqualTo(new Decision.Refused(ErrorCode.PRODUCER_FENCED));
    }

    @Test
    void aTransactionThatAnOldRequestEndsKeepsItsEpochAndItsMarkerSaysSo() {
        var prepared = change(
                        in(TransactionState.ONGOING, 7, 3, 2).end(producer(7, 3), true, false, OptionalLong.empty(), 9))
                .next();
        assertThat(prepared.producer()).isEqualTo(producer(7, 3));
        assertThat(MarkerRun.marker(prepared, 0).transactionVersion())
                .as("the log takes a marker of the same epoch of such a client only")
                .isLessThan(Transaction.EPOCH_OF_ITS_OWN);
    }

    @Test
    void recordsCarryEverything() {
        for (var state : TransactionState.values()) {
            var transaction = new Transaction(
                    "t",
                    producer(7, 3),
                    6,
                    8,
                    1000,
                    state,
                    state == TransactionState.EMPTY ? Set.of() : Set.of(PARTITION, new PartitionId("payments", 0)),
                    5,
                    6,
                    (short) 2);
            var entry = TransactionRecords.entry(transaction);
            assertThat(TransactionRecords.id(entry.key())).contains("t");
            var read = TransactionRecords.value("t", entry.value());
            if (state == TransactionState.DEAD) {
                assertThat(read).isEmpty();
            } else {
                assertThat(read).contains(transaction);
            }
        }
    }
}
