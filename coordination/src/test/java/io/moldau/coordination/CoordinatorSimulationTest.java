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

    private record Attempt(String word, String meaning, List<String> outcome) {
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
                case 4, 5, 6, 7, 8, 9 -> node.world.threads().runOne();
                default -> {
                    var meaning = "m" + step;
                    attempts.add(new Attempt(word, meaning, node.put(word, meaning)));
                }
            }
        }
        settleAndCompare(node, attempts);
        assertThat(attempts.stream().filter(Attempt::done)).isNotEmpty();
    }

    private static void settleAndCompare(CoordinatorFixture node, List<Attempt> attempts) {
        node.settle();
        var live = node.lives.getLast().words;
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
        assertThat(live).isEqualTo(node.stateOnceReplayed());
    }

    /// For every word the place of the newest attempt that was answered as done.
    private static Map<String, Integer> lastDone(List<Attempt> attempts) {
        var last = new HashMap<String, Integer>();
        for (int i = 0; i < attempts.size(); i++) {
            if (attempts.get(i).done()) {
                last.put(attempts.get(i).word(), i);
            }
        }
        return last;
    }
}
