package io.moldau.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeapWatchTest {
    private static final long MIB = 1 << 20;

    private long used;
    private long needed;
    private int collections;

    private HeapWatch watch(long start) {
        used = start;
        return new HeapWatch(() -> used, () -> {
            used = needed;
            collections++;
        });
    }

    private int collectionsWhileGrowing(HeapWatch heap, long step, int minutes) {
        int before = collections;
        for (int i = 0; i < minutes; i++) {
            used += step;
            heap.look();
        }
        return collections - before;
    }

    @Test
    void garbageThatGathersSlowlyIsCollectedBeforeItIsMuch() {
        var heap = watch(8 * MIB);
        needed = 6 * MIB;
        long most = 0;
        for (int minute = 0; minute < 600; minute++) {
            used += MIB;
            heap.look();
            most = Math.max(most, used);
        }
        assertThat(most).isLessThan(30 * MIB);
        assertThat(collections).isBetween(20, 40);
    }

    @Test
    void aHeapThatIsNeededIsCollectedWhenItHasDoubledOnly() {
        needed = 100 * MIB;
        var heap = watch(needed);
        assertThat(collectionsWhileGrowing(heap, MIB, 99)).isZero();
        assertThat(collectionsWhileGrowing(heap, MIB, 2)).isOne();
        assertThat(used).isEqualTo(needed);
    }

    @Test
    void whatYoungCollectionsTakeIsNoReasonForMore() {
        var heap = watch(10 * MIB);
        for (int i = 0; i < 1_000; i++) {
            used = (i % 2 == 0 ? 8 : 20) * MIB;
            heap.look();
        }
        assertThat(collections).isZero();
    }
}
