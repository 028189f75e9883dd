package io.moldau.environment;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResidencyTest {
    private static final int PIECE = 1 << 20;
    private static final long SIZE = 10L * PIECE;

    private final Residency residency = new Residency();
    private final List<Long> asked = new ArrayList<>();
    /// What lies below is in memory.
    private long resident = SIZE;
    private long now;

    private boolean isResident(long position, long count) throws IOException {
        return residency.isResident(position, count, now, new Residency.Asked() {
            @Override
            public boolean allInMemory(long from, long bytes) {
                asked.add(bytes);
                return from + bytes <= resident;
            }

            @Override
            public long sizeBytes() {
                return SIZE;
            }
        });
    }

    @Test
    void aReaderThatFindsAllInMemoryAsksOnceForFourMebibytes() throws IOException {
        for (int at = 0; at < 8; at++) {
            assertThat(isResident((long) at * PIECE, 100)).isTrue();
            assertThat(isResident((long) (at + 1) * PIECE - 100, 100)).isTrue();
            assertThat(isResident((long) at * PIECE, PIECE)).isTrue();
        }
        assertThat(asked).containsExactly(Residency.AHEAD_BYTES, Residency.AHEAD_BYTES);
    }

    @Test
    void whatIsInMemoryIsKnownExactlyWhereTheRestIsMissing() throws IOException {
        resident = 2 * PIECE;
        assertThat(isResident(0, PIECE)).isTrue();
        assertThat(isResident(PIECE, PIECE)).isTrue();
        assertThat(isResident(PIECE, PIECE + 1)).isFalse();
        assertThat(asked).containsExactly(Residency.AHEAD_BYTES, (long) PIECE, (long) PIECE, PIECE + 1L);
    }

    @Test
    void anAnswerHoldsForAMomentOnly() throws IOException {
        assertThat(isResident(0, PIECE)).isTrue();
        resident = 0;
        now = Residency.MOMENT_NANOS - 1;
        assertThat(isResident(PIECE, PIECE)).isTrue();
        now = Residency.MOMENT_NANOS;
        assertThat(isResident(PIECE, PIECE)).isFalse();
        resident = SIZE;
        assertThat(isResident(PIECE, PIECE)).isTrue();
    }

    @Test
    void nothingIsAskedBehindTheEndOfTheFile() throws IOException {
        assertThat(isResident(SIZE - PIECE, 100)).isTrue();
        assertThat(isResident(SIZE - PIECE, PIECE)).isTrue();
        assertThat(isResident(SIZE - 100, 100)).isTrue();
        assertThat(asked).containsExactly((long) PIECE);
    }
}
