package io.moldau.environment;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WakeUpsTest {
    private final List<String> happened = new ArrayList<>();
    private final WakeUps.Sleeper sleeper = new WakeUps.Sleeper() {
        @Override
        public void wake() {
            happened.add("woken");
        }

        @Override
        public void standIn() {
            happened.add("stood in for");
            WakeUps.give(this);
        }
    };

    @Test
    void nobodyIsWokenBeforeTheThreadIsDone() {
        var wakeUps = new WakeUps();
        WakeUps.give(sleeper);
        assertThat(happened).containsExactly("woken");
        wakeUps.holdBack();
        WakeUps.give(sleeper);
        assertThat(happened).containsExactly("woken");
        wakeUps.give(false);
        assertThat(happened).containsExactly("woken", "woken");
    }

    @Test
    void aThreadWithNothingElseToDoStandsInAndWakesOthersAtOnceMeanwhile() {
        var wakeUps = new WakeUps();
        wakeUps.holdBack();
        WakeUps.give(sleeper);
        wakeUps.give(true);
        assertThat(happened).containsExactly("stood in for", "woken");
        wakeUps.holdBack();
        wakeUps.give(true);
        assertThat(happened).hasSize(2);
    }
}
