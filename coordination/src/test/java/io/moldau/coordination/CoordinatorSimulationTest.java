package io.moldau.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Random operations, refusals and crashes against one rule: what was answered as done is there, and the state is
/// always the replay of the log. `-Dseed=N` runs one seed.
class CoordinatorSimulationTest {
    private static final int SEEDS = 400;
    private static final int STEPS = 60;

    private record Attempt(long producer, String word, String meaning, List<String> outcome) {
        /// Not in a transaction.
        boolean plain() {
            return producer < 0;
        }

        boolean done() {
            return outcome.equals(List.of("done"));
        }
    }

    @Test
    void whatWasAnsweredSurvivesAndTheStateIsTheReplayOfTheLog() throws IOException {
        var given = Long.getLong("seed");
        long first = given == null ? 0 : given;
        for (long seed = first; seed < (given == null ? SEEDS : first + 1); seed++) {
            try {
                run(seed);
            } catch (AssertionError | RuntimeException failure) {
                throw new AssertionError("seed " + seed, failure);
            }
        }
    }

    private static void run(long seed) throws IOException {
        var node = new CoordinatorFixture(seed);
        var random = new Random(seed);
        var attempts = new ArrayList<Attempt>();
        int[] epochs = new int[2];
        node.settle();
        for (int step = 0; step < STEPS; step++) {
            var word = "w" + random.nextInt(5);
            switch (random.nextInt(20)) {
                case 0 -> {
                    node.killAndReopen();
                    settleAndCompare(node, attempts);
                }
                case 1 -> {
                    node.powerCutAndReopen();
                    settleAndCompare(node, attempts);
                }
                case 2 -> {
                    node.putTooMuch(word);
                }
                case 3 -> settleAndCompare(node, attempts);
                case 4, 5 -> {
                    long producer = random.nextInt(2);
                    var meaning = "p" + step;
                    // Words of their own, so that nothing but their marker decides about them.
                    var own = "t" + producer + word;
                    var outcome = node.putPending(producer, epochs[(int) producer], own, meaning);
                    attempts.add(new Attempt(producer, own, meaning, outcome));
                }
                case 6 -> {
                    int producer = random.nextInt(2);
                    int version = 1 + random.nextInt(2);
                    int next = epochs[producer] + version - 1;
                    node.end(producer, next, version, random.nextBoolean());
                    node.settle();
                    epochs[producer] = next;
                }
                case 7, 8, 9, 10 -> node.world.threads().runOne();
                default -> {
                    var meaning = "m" + step;
                    attempts.add(new Attempt(-1, word, meaning, node.put(word, meaning)));
                }
            }
        }
        settleAndCompare(node, attempts);
        assertThat(attempts.stream().filter(Attempt::done)).isNotEmpty();
    }

    private static void settleAndCompare(CoordinatorFixture node, List<Attempt> attempts) {
        node.settle();
        var state = node.lives.getLast();
        var live = state.words;
        for (var attempt : attempts) {
            assertThat(attempt.outcome()).as("answers to %s", attempt).hasSizeLessThanOrEqualTo(1);
        }
        lastDone(attempts).forEach((word, done) -> {
            // A later attempt whose fate nobody was told may have come after it.
            var allowed = new ArrayList<String>();
            for (var attempt : attempts.subList(done, attempts.size())) {
                if (attempt.word().equals(word)) {
                    allowed.add(attempt.meaning());
                }
            }
            assertThat(allowed).contains(live.getOrDefault(word, "nothing"));
        });
        var replayed = node.stateOnceReplayed();
        assertThat(live).isEqualTo(replayed.words);
        assertThat(state.pending).isEqualTo(replayed.pending);
    }

    /// For every word the place of the newest attempt that was answered as done.
    private static Map<String, Integer> lastDone(List<Attempt> attempts) {
        var last = new HashMap<String, Integer>();
        for (int i = 0; i < attempts.size(); i++) {
            if (attempts.get(i).plain() && attempts.get(i).done()) {
                last.put(attempts.get(i).word(), i);
            }
        }
        return last;
    }
}
