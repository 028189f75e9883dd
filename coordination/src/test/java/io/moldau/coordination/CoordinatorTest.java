package io.moldau.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.coordination.CoordinatorFixture.Dictionary;
import io.moldau.protocol.ErrorCode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CoordinatorTest {
    private CoordinatorFixture node = fixture();

    private static CoordinatorFixture fixture() {
        try {
            return new CoordinatorFixture(1);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @BeforeEach
    void start() {
        node.settle();
    }

    private Dictionary live() {
        return node.lives.getLast();
    }

    @Test
    void anOperationIsAnsweredOnlyAfterItsRecordsAreOnDisk() {
        var put = node.put("river", "Moldau");
        assertThat(put).isEmpty();
        assertThat(node.partition().highWatermark()).isZero();
        node.settle();
        assertThat(put).containsExactly("done");
        assertThat(node.partition().highWatermark()).isEqualTo(1);
    }

    @Test
    void theNextOperationSeesAChangeThatIsNotCommittedAndIsAnsweredAfterIt() {
        var put = node.put("river", "Moldau");
        var look = node.look("river");
        assertThat(look).isEmpty();
        node.settle();
        assertThat(put).containsExactly("done");
        assertThat(look).containsExactly("Moldau");
    }

    @Test
    void anOperationThatRestsOnNothingUncommittedIsAnsweredAtOnce() {
        assertThat(node.look("river")).containsExactly("?");
    }

    @Test
    void answersComeInTheOrderOfTheOperations() {
        var order = new ArrayList<Integer>();
        for (int i = 0; i < 20; i++) {
            int number = i;
            node.coordinator()
                    .submit(
                            (dictionary, effects) -> {
                                if (number % 3 != 0) {
                                    effects.append(CoordinatorFixture.entry("word" + number, "x"));
                                }
                                effects.whenCommitted(() -> order.add(number));
                            },
                            error -> order.add(-1));
        }
        node.settle();
        assertThat(order).hasSize(20).isSorted().doesNotContain(-1);
    }

    @Test
    void aRefusedAppendIsAnsweredWithAnErrorAndLeavesTheStateAsBefore() {
        var first = node.put("river", "Moldau");
        node.settle();
        var refused = node.putTooMuch("river");
        var afterwards = node.put("city", "Prague");
        node.settle();
        assertThat(first).containsExactly("done");
        assertThat(refused).containsExactly("COORDINATOR_NOT_AVAILABLE");
        assertThat(afterwards).hasSize(1).first().isNotEqualTo("done");
        assertThat(node.look("river")).containsExactly("Moldau");
        assertThat(node.look("city")).containsExactly("?");
        assertThat(node.put("city", "Prague")).isEmpty();
        node.settle();
        assertThat(node.stateOnceReplayed().words)
                .containsExactlyInAnyOrderEntriesOf(Map.of("river", "Moldau", "city", "Prague"));
    }

    @Test
    void whatWasOnItsWayToDiskWhenAnotherAppendWasRefusedIsInTheStateAfterwards() {
        var onItsWay = node.put("river", "Moldau");
        var refused = node.putTooMuch("city");
        assertThat(refused).containsExactly("COORDINATOR_NOT_AVAILABLE");
        assertThat(onItsWay).as("not known to be durable, so not done").containsExactly("COORDINATOR_NOT_AVAILABLE");
        assertThat(node.look("river")).containsExactly("COORDINATOR_LOAD_IN_PROGRESS");
        node.settle();
        assertThat(node.look("river")).containsExactly("Moldau");
        assertThat(live().words).isEqualTo(node.stateOnceReplayed().words);
    }

    @Test
    void aFailingWriteEndsTheCoordinatorAndIsAnswered() {
        var done = node.put("river", "Moldau");
        node.settle();
        node.world.disk().failAfterWrites(0);
        var failed = node.put("city", "Prague");
        node.settle();
        assertThat(done).containsExactly("done");
        assertThat(failed).containsExactly("COORDINATOR_NOT_AVAILABLE");
        assertThat(node.put("city", "Prague")).containsExactly("NOT_COORDINATOR");
        assertThat(node.look("river")).containsExactly("NOT_COORDINATOR");
    }

    @Test
    void aFailingSyncIsNeverAnsweredAsDone() {
        var failed = node.put("city", "Prague");
        var resting = node.look("city");
        node.world.disk().failAfterWrites(0);
        node.settle();
        assertThat(failed).containsExactly("COORDINATOR_NOT_AVAILABLE");
        assertThat(resting).containsExactly("COORDINATOR_NOT_AVAILABLE");
        assertThat(node.look("river")).containsExactly("NOT_COORDINATOR");
    }

    @Test
    void theStateAfterARestartIsTheReplayOfTheLog() throws IOException {
        node.put("river", "Moldau");
        node.put("city", "Budweis");
        node.put("city", "Prague");
        node.coordinator()
                .submit(
                        (dictionary, effects) -> {
                            var gone = CoordinatorFixture.entry("river", "");
                            effects.append(new Entry(gone.key(), null));
                        },
                        error -> {});
        node.settle();
        var before = Map.copyOf(live().words);
        assertThat(before).containsExactly(Map.entry("city", "Prague"));
        node.killAndReopen();
        assertThat(node.look("city")).containsExactly("COORDINATOR_LOAD_IN_PROGRESS");
        node.settle();
        assertThat(live().words).isEqualTo(before);
        assertThat(live().loaded).isEqualTo(1);
        assertThat(node.look("city")).containsExactly("Prague");
    }

    @Test
    void anOperationThatFailsIsAnsweredAndItsHalfDoneWorkIsUndone() {
        node.put("river", "Moldau");
        node.settle();
        var outcome = new ArrayList<ErrorCode>();
        node.coordinator()
                .submit(
                        (dictionary, effects) -> {
                            dictionary.words.put("river", "spoilt");
                            throw new IllegalStateException("a bug");
                        },
                        outcome::add);
        assertThat(outcome).containsExactly(ErrorCode.UNKNOWN_SERVER_ERROR);
        node.settle();
        assertThat(node.look("river")).containsExactly("Moldau");
    }

    @Test
    void aStateThatIsThrownAwayIsToldSoThatNobodyWaitsInIt() {
        node.put("river", "Moldau");
        node.settle();
        var first = live();
        node.putTooMuch("city");
        assertThat(first.discarded).containsExactly(ErrorCode.COORDINATOR_NOT_AVAILABLE);
        node.settle();
        var second = live();
        assertThat(second).isNotSameAs(first);
        node.coordinator().close();
        assertThat(second.discarded).containsExactly(ErrorCode.NOT_COORDINATOR);
        assertThat(node.look("river")).containsExactly("NOT_COORDINATOR");
    }

    @Test
    void whoWaitsWhenTheTopicIsDeletedIsTold() {
        var waiting = node.put("river", "Moldau");
        node.deleteTopic();
        node.coordinator().close();
        node.settle();
        assertThat(waiting).hasSize(1).first().isNotEqualTo("done");
    }

    @Test
    void aTopicDeletedWhileTheStateWaitsForTheDiskEndsTheLoading() {
        node.put("river", "Moldau");
        node.putTooMuch("city");
        node.deleteTopic();
        node.settle();
        assertThat(node.look("river")).containsExactly("NOT_COORDINATOR");
    }

    @Test
    void aTimerRunsAsAnOperationAndNotAfterItWasCancelledOrReplaced() {
        node.coordinator()
                .submit(
                        (dictionary, effects) -> {
                            dictionary.schedule.after(
                                    "a", 100, later -> later.append(CoordinatorFixture.entry("a", "first")));
                            dictionary.schedule.after(
                                    "a", 300, later -> later.append(CoordinatorFixture.entry("a", "second")));
                            dictionary.schedule.after(
                                    "b", 100, later -> later.append(CoordinatorFixture.entry("b", "never")));
                            dictionary.schedule.cancel("b");
                        },
                        error -> {});
        node.world.timers().advance(200);
        node.settle();
        assertThat(live().words).isEmpty();
        node.world.timers().advance(100);
        node.settle();
        assertThat(live().words).containsExactly(Map.entry("a", "second"));
        assertThat(node.stateOnceReplayed().words).containsExactly(Map.entry("a", "second"));
    }

    @Test
    void timersOfAStateThatWasThrownAwayDoNotRun() {
        var ran = new ArrayList<String>();
        node.coordinator()
                .submit(
                        (dictionary, effects) -> dictionary.schedule.after("a", 100, later -> ran.add("a")),
                        error -> {});
        node.putTooMuch("city");
        node.settle();
        node.world.timers().advance(1_000);
        node.settle();
        assertThat(ran).isEmpty();
        assertThat(List.copyOf(live().words.keySet())).isEmpty();
    }

    @Test
    void whatATransactionWroteIsPendingUntilItsMarker() throws IOException {
        var put = node.putPending(7, 0, "river", "Moldau");
        assertThat(put).isEmpty();
        node.settle();
        assertThat(put).containsExactly("done");
        assertThat(live().words).isEmpty();
        assertThat(live().pending).containsEntry(7L, Map.of("river", "Moldau"));
        node.killAndReopen();
        node.settle();
        assertThat(live().words).isEmpty();
        assertThat(live().pending).containsEntry(7L, Map.of("river", "Moldau"));
        var end = node.end(7, 1, 2, true);
        assertThat(end).isEmpty();
        node.settle();
        assertThat(end).containsExactly("done");
        assertThat(live().words).containsExactly(Map.entry("river", "Moldau"));
        node.powerCutAndReopen();
        node.settle();
        assertThat(live().words).containsExactly(Map.entry("river", "Moldau"));
        assertThat(live().pending).isEmpty();
    }

    @Test
    void whatAnAbortedTransactionWroteVanishes() throws IOException {
        node.putPending(7, 0, "river", "Moldau");
        assertThat(node.end(7, 0, 1, false)).isEmpty();
        node.settle();
        assertThat(live().words).isEmpty();
        assertThat(live().pending).isEmpty();
        node.killAndReopen();
        node.settle();
        assertThat(live().words).isEmpty();
        assertThat(live().pending).isEmpty();
    }

    @Test
    void aProducerThatWasFencedChangesNothingAndTheStateStays() {
        node.end(7, 3, 1, false);
        node.settle();
        int lives = node.lives.size();
        assertThat(node.putPending(7, 2, "river", "Moldau")).containsExactly("INVALID_PRODUCER_EPOCH");
        assertThat(node.end(7, 2, 1, true)).containsExactly("INVALID_PRODUCER_EPOCH");
        node.settle();
        assertThat(live().words).isEmpty();
        assertThat(live().pending).isEmpty();
        assertThat(node.lives).hasSize(lives);
    }

    @Test
    void anEndWhileTheStateIsLoadedIsRefusedAndOneThatWaitsWhenItIsLostIsTold() throws IOException {
        node.putPending(7, 0, "river", "Moldau");
        node.settle();
        node.killAndReopen();
        assertThat(node.end(7, 0, 1, true)).containsExactly("COORDINATOR_LOAD_IN_PROGRESS");
        node.settle();
        var end = node.end(7, 0, 1, true);
        node.coordinator().close();
        node.settle();
        assertThat(end).containsExactly("NOT_COORDINATOR");
    }
}
