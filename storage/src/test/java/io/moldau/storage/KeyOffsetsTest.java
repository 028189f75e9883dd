package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KeyOffsetsTest {
    private static final long KEY0 = 0x0706050403020100L;
    private static final long KEY1 = 0x0f0e0d0c0b0a0908L;

    @Test
    void theHashIsSipHash128() {
        var keys = new KeyOffsets(1000, 10, KEY0, KEY1);
        assertThat(keys.hashOf(ByteBuffer.allocate(0))).containsExactly(0xe6a825ba047f81a3L, 0x930255c71472f66dL);
        assertThat(keys.hashOf(ByteBuffer.allocate(1))).containsExactly(0x44af996bd8c187daL, 0x45fc229b11597634L);
    }

    @Test
    void theLatestOffsetOfEachKeyIsFoundUntilTheTableIsFull() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        var keys = new KeyOffsets(24 * 500, Long.MAX_VALUE / 4, random.nextLong(), random.nextLong());
        assertThat(keys.capacity()).isEqualTo(450);
        var expected = new HashMap<String, Long>();
        for (long offset = 0; keys.hasRoomFor(1); offset += 1 + random.nextInt(3)) {
            var key = "k".repeat(random.nextInt(20)) + random.nextInt(600);
            keys.put(Batches.text(key), offset);
            expected.put(key, offset);
        }
        assertThat(keys.size()).as("seed %s", seed).isEqualTo(450).isEqualTo(expected.size());
        expected.forEach((key, offset) ->
                assertThat(keys.latest(Batches.text(key))).as("seed %s", seed).isEqualTo(offset));
        assertThat(keys.latest(Batches.text("never put"))).isEqualTo(-1);
    }

    @Test
    void aTableIsNoLargerThanTheKeysThatCanCome() {
        assertThat(new KeyOffsets(1L << 40, 90, 1, 2).capacity()).isBetween(90, 100);
    }
}
