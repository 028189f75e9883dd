package io.moldau.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;

class PartitionerTest {
    @Test
    void keysGoWhereKafkasOwnClientsSendThem() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int round = 0; round < 10_000; round++) {
            byte[] key = new byte[random.nextInt(40)];
            random.nextBytes(key);
            int partitions = 1 + random.nextInt(50);
            int expected = Utils.toPositive(Utils.murmur2(key)) % partitions;
            assertThat(Partitioner.partition(ByteBuffer.wrap(key), partitions))
                    .as("seed %d, key %s", seed, Arrays.toString(key))
                    .isEqualTo(expected);
        }
    }

    @Test
    void onlyTheBytesBetweenPositionAndLimitCount() {
        var whole = ByteBuffer.wrap("..orders..".getBytes(UTF_8));
        assertThat(Partitioner.murmur2(whole.slice(2, 6)))
                .isEqualTo(Partitioner.murmur2(ByteBuffer.wrap("orders".getBytes(UTF_8))));
    }
}
