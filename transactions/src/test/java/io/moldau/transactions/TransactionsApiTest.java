package io.moldau.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.InitProducerIdRequest;
import io.moldau.protocol.message.InitProducerIdResponse;
import io.moldau.protocol.message.ListTransactionsRequest;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TransactionsApiTest {
    private final TransactionsFixture node = fixture();

    private static TransactionsFixture fixture() {
        try {
            return new TransactionsFixture(1);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @BeforeEach
    void start() {
        node.settle();
    }

    private ErrorCode added(String id, Producer producer, int partition) {
        var answer = node.add(id, producer, partition);
        node.settle();
        return answer.get();
    }

    private ErrorCode produced(String id, Producer producer, int partition, int sequence, boolean joins) {
        var answer = node.produce(id, producer, partition, sequence, "value", joins);
        node.settle();
        return answer.get();
    }

    private String state(String id) {
        return node.described(id).transactionState();
    }

    @Test
    void nothingIsAnsweredBeforeItIsOnDisk() {
        var init = node.init("t", Producer.NONE, (short) 5);
        assertThat(init.isGiven()).isFalse();
        node.settle();
        assertThat(init.get().producerEpoch()).isZero();
        var add = node.add("t", new Producer(init.get().producerId(), (short) 0), 0);
        assertThat(add.isGiven()).isFalse();
        node.settle();
        assertThat(add.get()).isEqualTo(ErrorCode.NONE);
    }

    @Test
    void aCommitEndsInEveryPartition() {
        var producer = node.initialised("t");
        for (int partition = 0; partition < 3; partition++) {
            assertThat(added("t", producer, partition)).isEqualTo(ErrorCode.NONE);
            assertThat(produced("t", producer, partition, 0, false)).isEqualTo(ErrorCode.NONE);
        }
        assertThat(state("t")).isEqualTo("Ongoing");
        assertThat(node.ended("t", producer, true, 4)).isEqualTo(ErrorCode.NONE);
        assertThat(state("t")).isEqualTo("CompleteCommit");
        for (int partition = 0; partition < 3; partition++) {
            assertThat(LogOutcomes.of(node.partitionOf(partition)).committed).containsExactly("value");
        }
        assertThat(node.ended("t", producer, true, 4)).as("the same again").isEqualTo(ErrorCode.NONE);
        assertThat(node.ended("t", producer, false, 4)).isEqualTo(ErrorCode.INVALID_TXN_STATE);
    }

    @Test
    void thePartitionOfAnOldClientMustHaveJoined() {
        var producer = node.initialised("t");
        assertThat(produced("t", producer, 0, 0, false)).isEqualTo(ErrorCode.TRANSACTION_ABORTABLE);
        assertThat(added("t", producer, 0)).isEqualTo(ErrorCode.NONE);
        assertThat(produced("t", producer, 0, 0, false)).isEqualTo(ErrorCode.NONE);
        assertThat(produced("t", producer, 1, 0, false)).isEqualTo(ErrorCode.TRANSACTION_ABORTABLE);
    }

    @Test
    void aNewClientWaitsInItsFirstBatchForTheEndOfItsLastTransaction() {
        var producer = node.initialised("t");
        assertThat(produced("t", producer, 0, 0, true)).isEqualTo(ErrorCode.NONE);
        node.refusing.add(TransactionsFixture.id(0));
        var ended = node.end("t", producer, true, 5);
        node.settle();
        assertThat(state("t")).isEqualTo("PrepareCommit");
        var next = new Producer(ended.get().producerId(), ended.get().producerEpoch());
        var first = node.produce("t", next, 1, 0, "first", true);
        var second = node.produce("t", next, 1, 1, "second", true);
        node.settle();
        assertThat(first.isGiven()).isFalse();
        node.refusing.clear();
        node.pass(200);
        assertThat(first.get()).isEqualTo(ErrorCode.NONE);
        assertThat(second.get()).isEqualTo(ErrorCode.NONE);
    }

    @Test
    void anOldClientWaitsWithItsPartitionsForTheEndOfItsLastTransactionAndMayEndTheNextMeanwhile() {
        var producer = node.initialised("t");
        assertThat(added("t", producer, 0)).isEqualTo(ErrorCode.NONE);
        assertThat(produced("t", producer, 0, 0, false)).isEqualTo(ErrorCode.NONE);
        node.refusing.add(TransactionsFixture.id(0));
        assertThat(node.ended("t", producer, true, 4)).isEqualTo(ErrorCode.NONE);
        // Given the next transaction, which is aborted before its partition has joined
        var add = node.add("t", producer, 1);
        var abort = node.end("t", producer, false, 4);
        node.settle();
        assertThat(add.isGiven() || abort.isGiven()).isFalse();
        node.refusing.clear();
        node.pass(200);
        assertThat(add.get()).isEqualTo(ErrorCode.NONE);
        assertThat(ErrorCode.of(abort.get().errorCode())).isEqualTo(ErrorCode.NONE);
        assertThat(state("t")).isEqualTo("CompleteAbort");
        assertThat(LogOutcomes.of(node.partitionOf(0)).committed).containsExactly("value");
    }

    @Test
    void aClientThatBeginsAsANewOneAndEndsAsAnOldOneHasItsMarkers() {
        var producer = node.initialised("t");
        var added = new TransactionsFixture.Answer<ErrorCode>();
        node.api().add("t", producer, Set.of(TransactionsFixture.id(0)), Transaction.EPOCH_OF_ITS_OWN, added);
        node.settle();
        assertThat(added.get()).isEqualTo(ErrorCode.NONE);
        assertThat(produced("t", producer, 0, 0, false)).isEqualTo(ErrorCode.NONE);
        assertThat(node.ended("t", producer, true, 4)).isEqualTo(ErrorCode.NONE);
        assertThat(LogOutcomes.of(node.partitionOf(0)).committed).containsExactly("value");
    }

    @Test
    void whoWaitsTooLongForTheEndIsToldToTryAgain() {
        var producer = node.initialised("t");
        assertThat(produced("t", producer, 0, 0, true)).isEqualTo(ErrorCode.NONE);
        node.refusing.add(TransactionsFixture.id(0));
        var ended = node.end("t", producer, true, 5);
        node.settle();
        var next = new Producer(ended.get().producerId(), ended.get().producerEpoch());
        var waiting = node.produce("t", next, 1, 0, "first", true);
        node.pass(6_000);
        assertThat(waiting.get()).isEqualTo(ErrorCode.CONCURRENT_TRANSACTIONS);
    }

    @Test
    void theNextOfItsNameAbortsWhatTheFirstLeftAndFencesIt() {
        var first = node.initialised("t");
        assertThat(added("t", first, 0)).isEqualTo(ErrorCode.NONE);
        assertThat(produced("t", first, 0, 0, false)).isEqualTo(ErrorCode.NONE);
        var init = node.init("t", Producer.NONE, (short) 5);
        node.settle();
        assertThat(ErrorCode.of(init.get().errorCode())).isEqualTo(ErrorCode.CONCURRENT_TRANSACTIONS);
        var second = node.initialised("t");
        assertThat(second).isEqualTo(new Producer(first.id(), (short) 2));
        assertThat(LogOutcomes.of(node.partitionOf(0)).aborted).containsExactly("value");
        assertThat(added("t", first, 1)).isEqualTo(ErrorCode.PRODUCER_FENCED);
        assertThat(produced("t", first, 0, 1, false)).isEqualTo(ErrorCode.PRODUCER_FENCED);
        assertThat(node.ended("t", first, true, 4)).isEqualTo(ErrorCode.PRODUCER_FENCED);
        assertThat(node.ended("t", first, true, 1))
                .as("in words that the client knows")
                .isEqualTo(ErrorCode.INVALID_PRODUCER_EPOCH);
        assertThat(node.ended("t", first, false, 5)).isEqualTo(ErrorCode.PRODUCER_FENCED);
    }

    @Test
    void aTransactionThatTakesTooLongIsAborted() {
        var producer = node.initialised("t");
        assertThat(produced("t", producer, 0, 0, true)).isEqualTo(ErrorCode.NONE);
        node.pass(900);
        assertThat(state("t")).isEqualTo("Ongoing");
        node.pass(500);
        assertThat(state("t")).isEqualTo("CompleteAbort");
        assertThat(produced("t", producer, 0, 1, true))
                .isIn(ErrorCode.PRODUCER_FENCED, ErrorCode.INVALID_PRODUCER_EPOCH);
        assertThat(node.ended("t", producer, true, 5)).isEqualTo(ErrorCode.TRANSACTION_ABORTABLE);
        var aborted = node.end("t", producer, false, 5);
        node.settle();
        assertThat(ErrorCode.of(aborted.get().errorCode())).isEqualTo(ErrorCode.NONE);
        var next = new Producer(aborted.get().producerId(), aborted.get().producerEpoch());
        assertThat(produced("t", next, 0, 0, true)).isEqualTo(ErrorCode.NONE);
        assertThat(node.ended("t", next, true, 5)).isEqualTo(ErrorCode.NONE);
    }

    @Test
    void aTimeOutComesAfterARestartToo() throws IOException {
        var producer = node.initialised("t");
        assertThat(produced("t", producer, 0, 0, true)).isEqualTo(ErrorCode.NONE);
        node.restart(true);
        node.settle();
        assertThat(state("t")).isEqualTo("Ongoing");
        node.pass(1_500);
        assertThat(state("t")).isEqualTo("CompleteAbort");
    }

    @Test
    void aDecisionIsCarriedOutAfterARestart() throws IOException {
        var producer = node.initialised("t");
        assertThat(produced("t", producer, 0, 0, true)).isEqualTo(ErrorCode.NONE);
        assertThat(produced("t", producer, 1, 0, true)).isEqualTo(ErrorCode.NONE);
        node.refusing.add(TransactionsFixture.id(1));
        assertThat(node.ended("t", producer, true, 5)).isEqualTo(ErrorCode.NONE);
        assertThat(node.described("t").topics().getFirst().partitions())
                .as("those without a marker")
                .containsExactly(1);
        node.restart(true);
        node.refusing.clear();
        node.settle();
        node.pass(200);
        assertThat(state("t")).isEqualTo("CompleteCommit");
        assertThat(LogOutcomes.of(node.partitionOf(1)).committed).containsExactly("value");
    }

    @Test
    void aDeletedPartitionNeedsNoMarker() {
        var producer = node.initialised("t");
        assertThat(added("t", producer, 0)).isEqualTo(ErrorCode.NONE);
        assertThat(added("t", producer, 1)).isEqualTo(ErrorCode.NONE);
        node.deleted.add(TransactionsFixture.id(1));
        assertThat(node.ended("t", producer, true, 4)).isEqualTo(ErrorCode.NONE);
        assertThat(state("t")).isEqualTo("CompleteCommit");
    }

    @Test
    void anUnusedTransactionalIdIsForgottenAndAnOpenOneIsNot() throws IOException {
        var idle = node.initialised("idle");
        var open = node.initialised("busy");
        node.pass(60_000);
        assertThat(added("busy", open, 0)).isEqualTo(ErrorCode.NONE);
        assertThat(node.ended("busy", open, true, 4)).isEqualTo(ErrorCode.NONE);
        node.pass(45_000);
        assertThat(ErrorCode.of(node.described("idle").errorCode())).isEqualTo(ErrorCode.TRANSACTIONAL_ID_NOT_FOUND);
        assertThat(state("busy")).isEqualTo("CompleteCommit");
        assertThat(added("idle", idle, 0)).isEqualTo(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
        node.restart(false);
        node.settle();
        assertThat(node.ids(everything())).containsExactly("busy");
    }

    private static ListTransactionsRequest everything() {
        return ListTransactionsRequest.builder()
                .stateFilters(List.of())
                .producerIdFilters(List.of())
                .build();
    }

    @Test
    void theListIsFilteredByStateProducerDurationAndPattern() {
        var one = node.initialised("one");
        node.initialised("two");
        var three = node.initialised("three");
        assertThat(added("one", one, 0)).isEqualTo(ErrorCode.NONE);
        node.pass(500);
        assertThat(added("three", three, 0)).isEqualTo(ErrorCode.NONE);
        var all = everything();
        assertThat(node.ids(all)).containsExactly("one", "three", "two");
        assertThat(node.ids(all.toBuilder().stateFilters(List.of("Ongoing")).build()))
                .containsExactly("one", "three");
        assertThat(node.ids(
                        all.toBuilder().producerIdFilters(List.of(three.id())).build()))
                .containsExactly("three");
        assertThat(node.ids(all.toBuilder().durationFilter(300).build())).containsExactly("one");
        assertThat(node.ids(all.toBuilder().transactionalIdPattern("t.*").build()))
                .containsExactly("three", "two");
        assertThat(node.listed(all.toBuilder().stateFilters(List.of("Sleeping")).build())
                        .unknownStateFilters())
                .containsExactly("Sleeping");
        assertThat(ErrorCode.of(
                        node.listed(all.toBuilder().transactionalIdPattern("(").build())
                                .errorCode()))
                .isEqualTo(ErrorCode.INVALID_REGULAR_EXPRESSION);
    }

    @Test
    void whatCannotBeInitialisedIsRefusedWithItsReason() {
        var sound = InitProducerIdRequest.builder().transactionalId("t").transactionTimeoutMs(1000);
        assertThat(refusal(sound.build().toBuilder().transactionalId("").build()))
                .isEqualTo(ErrorCode.INVALID_REQUEST);
        assertThat(refusal(
                        sound.build().toBuilder().transactionTimeoutMs(60_001).build()))
                .isEqualTo(ErrorCode.INVALID_TRANSACTION_TIMEOUT);
        assertThat(refusal(sound.build().toBuilder().transactionTimeoutMs(0).build()))
                .isEqualTo(ErrorCode.INVALID_TRANSACTION_TIMEOUT);
        assertThat(refusal(sound.build().toBuilder().producerId(5).build())).isEqualTo(ErrorCode.INVALID_REQUEST);
        assertThat(refusal(sound.build().toBuilder().enable2Pc(true).build())).isEqualTo(ErrorCode.UNSUPPORTED_VERSION);
        assertThat(refusal(sound.build())).isEqualTo(ErrorCode.NONE);
    }

    private ErrorCode refusal(InitProducerIdRequest request) {
        var answer = new TransactionsFixture.Answer<InitProducerIdResponse>();
        node.api().initialise(request, (short) 5, answer);
        node.settle();
        return ErrorCode.of(answer.get().errorCode());
    }

    @Test
    void aProducerThatResumesIsRecognisedWhenItAsksAgain() {
        var first = node.initialised("t");
        var resumed = node.init("t", first, (short) 5);
        node.settle();
        var again = node.init("t", first, (short) 5);
        node.settle();
        assertThat(resumed.get().producerEpoch()).isEqualTo((short) 1);
        assertThat(again.get()).isEqualTo(resumed.get());
        node.initialised("t");
        var late = node.init("t", first, (short) 5);
        node.settle();
        assertThat(ErrorCode.of(late.get().errorCode())).isEqualTo(ErrorCode.PRODUCER_FENCED);
        var lateAndOld = node.init("t", first, (short) 3);
        node.settle();
        assertThat(ErrorCode.of(lateAndOld.get().errorCode())).isEqualTo(ErrorCode.INVALID_PRODUCER_EPOCH);
    }
}
