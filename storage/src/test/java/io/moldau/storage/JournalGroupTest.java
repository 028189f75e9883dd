package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.Disk;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class JournalGroupTest {
    private static final JournalItem ITEM = new JournalItem.Delete(new UuidBits(1, 2), 3);
    private static final int ITEM_BYTES = JournalItem.HEADER_BYTES + ITEM.bodyBytes();
    private static final int SMALL = 64 << 10;

    private final JournalGroup.Buffers buffers = new JournalGroup.Buffers();

    /// The entries of a group with at least so many bytes.
    private List<JournalGroup.Entry> group(int bytes, int entryBytes) {
        var group = new JournalGroup(buffers, entryBytes);
        for (int i = 0; i < bytes; i += ITEM_BYTES) {
            group.add(ITEM);
        }
        return group.entries();
    }

    private static int items(List<JournalGroup.Entry> entries) {
        int bytes = entries.stream()
                .mapToInt(entry -> entry.items().position() - JournalEntry.HEADER_BYTES)
                .sum();
        return bytes / ITEM_BYTES;
    }

    private static boolean isPiece(JournalGroup.Entry entry) {
        var memory = entry.items();
        return memory.capacity() == JournalGroup.ENTRY_BYTES
                && memory.alignmentOffset(0, JournalGroup.ENTRY_BYTES) == 0;
    }

    private ByteBuffer block() {
        // Aligned, whatever the system gives.
        return ByteBuffer.allocateDirect(2 * JournalGroup.Buffers.BLOCK_BYTES)
                .alignedSlice(JournalGroup.ENTRY_BYTES)
                .slice(0, JournalGroup.Buffers.BLOCK_BYTES);
    }

    @Test
    void smallGroupsAskForNoBlock() {
        var entries = group(SMALL / 2, JournalGroup.ENTRY_BYTES);
        assertThat(entries).hasSize(1);
        buffers.giveBack(entries);
        assertThat(buffers.wantsBlock()).isFalse();
    }

    @Test
    void aLargeGroupAsksForABlockWhosePiecesAreUsedFromThenOn() {
        buffers.giveBack(group(3 * SMALL, JournalGroup.ENTRY_BYTES));
        assertThat(buffers.wantsBlock()).isTrue();
        assertThat(buffers.wantsBlock()).isFalse();
        buffers.add(block());
        for (int i = 0; i < 20; i++) {
            var entries = group(3 * JournalGroup.ENTRY_BYTES, JournalGroup.ENTRY_BYTES);
            assertThat(entries).hasSize(4).allMatch(JournalGroupTest::isPiece);
            assertThat(items(entries)).isEqualTo(Math.ceilDiv(3 * JournalGroup.ENTRY_BYTES, ITEM_BYTES));
            buffers.giveBack(entries);
        }
        assertThat(buffers.wantsBlock()).isFalse();
    }

    @Test
    void noMoreThanTwoBlocksAreAskedFor() {
        for (int i = 0; i < 2; i++) {
            buffers.giveBack(group(20 * JournalGroup.ENTRY_BYTES, JournalGroup.ENTRY_BYTES));
            assertThat(buffers.wantsBlock()).isTrue();
            buffers.add(Disk.largeBlocks(JournalGroup.Buffers.BLOCK_BYTES));
        }
        buffers.giveBack(group(20 * JournalGroup.ENTRY_BYTES, JournalGroup.ENTRY_BYTES));
        assertThat(buffers.wantsBlock()).isFalse();
    }

    @Test
    void anEntryIsNotLargerThanTheJournalAllowsThoughItsMemoryIs() {
        buffers.add(block());
        var entries = group(3 * SMALL, SMALL);
        assertThat(entries)
                .hasSizeGreaterThan(3)
                .allMatch(entry -> entry.items().position() <= SMALL);
    }
}
