package io.moldau.security.quotas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RateTest {
    private static final long SECOND = 1_000_000_000L;
    private static final Windows WINDOWS = new Windows(11, 1);

    static LongStream seeds() {
        return LongStream.range(0, 200);
    }

    @Test
    void aBurstAfterSilenceIsNoOffence() {
        var rate = new Rate(WINDOWS, 0);
        assertThat(rate.add(1000, 100, 0)).isZero();
        assertThat(rate.add(1, 100, 0)).isPositive();
    }

    @Test
    void theWaitIsTheTimeThatTheExcessWouldHaveTaken() {
        var rate = new Rate(WINDOWS, 0);
        assertThat(rate.add(1500, 100, 0)).isCloseTo(5_000, within(1.0));
        assertThat(rate.add(500, 100, 0)).isCloseTo(10_000, within(1.0));
        assertThat(rate.add(0, 100, 11 * SECOND)).isZero();
    }

    @Test
    void whatIsOlderThanAllWindowsIsForgotten() {
        var rate = new Rate(WINDOWS, 5 * SECOND);
        rate.add(1_000_000, 100, 5 * SECOND);
        assertThat(rate.isIdle(15 * SECOND)).isFalse();
        assertThat(rate.isIdle(16 * SECOND)).isTrue();
        assertThat(rate.add(1000, 100, 17 * SECOND)).isZero();
    }

    @Test
    void whatIsHeldBackIsNotCounted() {
        var rate = new Rate(WINDOWS, 0);
        assertThat(rate.addIfWithin(900, 100, 0)).isZero();
        for (int i = 0; i < 10; i++) {
            assertThat(rate.addIfWithin(200, 100, 0)).isCloseTo(1000, within(1.0));
        }
        assertThat(rate.addIfWithin(100, 100, 0)).isZero();
    }

    @Test
    void whatIsMoreThanAllWindowsAllowIsLetThroughAlone() {
        var rate = new Rate(WINDOWS, 0);
        assertThat(rate.addIfWithin(1_000_000, 100, 0)).isZero();
        assertThat(rate.addIfWithin(1, 100, 0)).isPositive();
        assertThat(rate.addIfWithin(1_000_000, 100, 11 * SECOND)).isZero();
    }

    @Test
    void oneWindowIsEnough() {
        var rate = new Rate(new Windows(1, 1), 0);
        assertThat(rate.add(100, 100, 1)).isZero();
        assertThat(rate.add(100, 100, SECOND / 2)).isCloseTo(1000, within(1.0));
        assertThat(rate.add(100, 100, SECOND)).isZero();
    }

    /// Whoever waits as long as he is told gets his quota, neither more nor much less.
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void whoKeepsToHisWaitsGetsHisQuota(long seed) {
        var random = new Random(seed);
        long now = random.nextLong(-100 * SECOND, 100 * SECOND);
        long start = now;
        double limit = 1 + random.nextInt(100_000);
        var rate = new Rate(WINDOWS, now);
        double total = 0;
        while (now - start < 300 * SECOND) {
            double amount = random.nextDouble() * limit;
            total += amount;
            now += (long) (rate.add(amount, limit, now) * 1e6) + 1_000_000;
        }
        double seconds = (now - start) / 1e9;
        assertThat(total / limit).as("seed %d", seed).isBetween(seconds * 0.9, seconds * 1.1 + 11);
    }
}
