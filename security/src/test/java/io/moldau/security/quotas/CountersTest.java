package io.moldau.security.quotas;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CountersTest {
    private static final long SECOND = 1_000_000_000L;
    private static final Windows WINDOWS = new Windows(2, 1);

    private final Counters<Rate> counters = new Counters<>(10);

    private Rate use(int client, long nowNanos) {
        var rate = counters.of(new Who("", "client-" + client), nowNanos, () -> new Rate(WINDOWS, nowNanos));
        rate.add(1, 1, nowNanos);
        return rate;
    }

    @Test
    void theSameOneHasTheSameCounter() {
        assertThat(use(1, 0)).isSameAs(use(1, 5)).isNotSameAs(use(2, 5));
    }

    @Test
    void thereAreNeverMoreThanTheBoundAndTheNewestStay() {
        for (int client = 0; client < 1000; client++) {
            var kept = use(client, client);
            assertThat(counters.size()).isLessThanOrEqualTo(10);
            assertThat(use(client, client)).isSameAs(kept);
        }
    }

    @Test
    void idleOnesGoFirst() {
        for (int client = 0; client < 9; client++) {
            use(client, 0);
        }
        var busy = use(9, 10 * SECOND);
        use(10, 10 * SECOND);
        assertThat(counters.size()).isEqualTo(2);
        assertThat(use(9, 10 * SECOND)).isSameAs(busy);
    }
}
