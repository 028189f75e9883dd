package io.moldau.security.quotas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class TokenBucketTest {
    private static final long SECOND = 1_000_000_000L;
    private static final Windows WINDOWS = new Windows(10, 1);

    @Test
    void aFullBucketAllowsABurstAndOneMoreThanThatIsOwed() {
        var bucket = new TokenBucket(WINDOWS, 2, 0);
        assertThat(bucket.takeIfNothingIsOwed(20, 2, 0)).isZero();
        assertThat(bucket.takeIfNothingIsOwed(4, 2, 0))
                .as("it is empty, but nothing is owed")
                .isZero();
        assertThat(bucket.takeIfNothingIsOwed(1, 2, 0)).isCloseTo(2000, within(1e-6));
        assertThat(bucket.takeIfNothingIsOwed(1, 2, SECOND)).isCloseTo(1000, within(1e-6));
        assertThat(bucket.takeIfNothingIsOwed(1, 2, 2 * SECOND)).isZero();
    }

    @Test
    void whoIsNotRefusedOwesAllTheMore() {
        var bucket = new TokenBucket(WINDOWS, 2, 0);
        assertThat(bucket.take(22, 2, 0)).isCloseTo(1000, within(1e-6));
        assertThat(bucket.take(2, 2, 0)).isCloseTo(2000, within(1e-6));
        assertThat(bucket.isIdle(11 * SECOND)).isFalse();
        assertThat(bucket.isIdle(12 * SECOND)).isTrue();
    }

    @Test
    void itNeverHoldsMoreThanTheWindowsAllowWhateverTheLimitWas() {
        var bucket = new TokenBucket(WINDOWS, 1000, 0);
        assertThat(bucket.take(10, 1, 100 * SECOND)).isZero();
        assertThat(bucket.take(1, 1, 100 * SECOND)).isCloseTo(1000, within(1e-6));
    }
}
