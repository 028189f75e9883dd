package io.moldau.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.DecisionJournal;
import io.moldau.protocol.ErrorCode;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HangingTransactionsTest {
    private final TransactionsFixture node;

    HangingTransactionsTest() throws IOException {
        node = new TransactionsFixture(1);
    }

    @BeforeEach
    void start() {
        node.settle();
    }

    private void look() {
        node.look();
        node.settle();
    }

    private boolean isOpen(int partition) {
        return !TransactionsFixture.openIn(node.partitionOf(partition)).isEmpty();
    }

    private List<String> explained(DecisionJournal.Kind kind, String name) {
        return node.journal.about(kind, name).stream()
                .map(DecisionJournal.Decision::what)
                .toList();
    }

    @Test
    void oneThatNoTransactionalIdHasIsAbortedWhenItIsSeenAgain() {
        node.stray(0);
        node.settle();
        look();
        assertThat(isOpen(0)).isTrue();
        look();
        assertThat(isOpen(0)).isFalse();
        assertThat(LogOutcomes.of(node.partitionOf(0)).aborted).containsExactly("stray/0");
        assertThat(node.partitionOf(0).lastStableOffset())
                .isEqualTo(node.partitionOf(0).highWatermark());
        assertThat(explained(DecisionJournal.Kind.TOPIC, TransactionsFixture.TOPIC))
                .singleElement()
                .asString()
                .contains("producer 1000000", "orders-0", "no transactional id has that producer");
    }

    @Test
    void oneThatIsOpenIsLeftAloneHoweverOftenItIsSeen() {
        var producer = node.initialised("t");
        assertThat(node.produce("t", producer, 0, 0, "value", true)).isNotNull();
        node.settle();
        look();
        look();
        look();
        assertThat(isOpen(0)).isTrue();
        assertThat(node.ended("t", producer, true, 5)).isEqualTo(ErrorCode.NONE);
        assertThat(LogOutcomes.of(node.partitionOf(0)).committed).containsExactly("value");
    }

    @Test
    void aDecidedOneIsLeftToItsMarker() {
        var producer = node.initialised("t");
        assertThat(node.produce("t", producer, 0, 0, "value", true)).isNotNull();
        node.settle();
        node.refusing.add(TransactionsFixture.id(0));
        assertThat(node.end("t", producer, true, 5)).isNotNull();
        node.settle();
        node.refusing.clear();
        look();
        look();
        assertThat(isOpen(0)).isTrue();
        node.pass(1_000);
        assertThat(LogOutcomes.of(node.partitionOf(0)).committed).containsExactly("value");
    }

    @Test
    void aLateBatchOfAnOlderClientIsAbortedAndItsProducerGoesOn() {
        var producer = node.initialised("t");
        assertThat(node.add("t", producer, 0)).isNotNull();
        node.settle();
        assertThat(node.produce("t", producer, 0, 0, "in time", false)).isNotNull();
        node.settle();
        assertThat(node.ended("t", producer, true, 4)).isEqualTo(ErrorCode.NONE);
        node.unasked(producer, 0, 1, "late");
        node.settle();
        look();
        look();
        assertThat(isOpen(0)).isFalse();
        assertThat(explained(DecisionJournal.Kind.TRANSACTION, "t"))
                .anyMatch(what -> what.contains("does not have that partition in a transaction"));

        assertThat(node.add("t", producer, 0)).isNotNull();
        node.settle();
        assertThat(node.produce("t", producer, 0, 2, "next", false)).isNotNull();
        node.settle();
        assertThat(node.ended("t", producer, true, 4)).isEqualTo(ErrorCode.NONE);
        var outcomes = LogOutcomes.of(node.partitionOf(0));
        assertThat(outcomes.committed).containsExactly("in time", "next");
        assertThat(outcomes.aborted).containsExactly("late");
    }

    @Test
    void oneInALogThatNobodyUsedSinceTheStartIsAbortedToo() throws IOException {
        node.stray(0);
        node.stray(1);
        node.settle();
        node.stopAndStart();
        node.settle();
        look();
        look();
        for (int index = 0; index < 2; index++) {
            assertThat(LogOutcomes.of(node.partitionOf(index)).aborted).containsExactly("stray/" + index);
            assertThat(isOpen(index)).isFalse();
        }
    }

    @Test
    void nothingIsAbortedWhileACoordinatorIsMissing() throws IOException {
        node.initialised("t");
        node.stray(0);
        node.settle();
        node.restart(false);
        // The coordinator of "t" was not loaded yet.
        node.look();
        node.look();
        assertThat(isOpen(0)).isTrue();
        node.settle();
        look();
        assertThat(isOpen(0)).isFalse();
    }
}
