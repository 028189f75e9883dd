package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.HashSet;
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

    private static long memory(JournalGroup.Entry entry) {
        return MemorySegment.ofBuffer(entry.items().duplicate().clear()).address();
    }

    @Test
    void entriesGrowInMemoryThatWasWrittenBefore() {
        var known = new HashSet<Long>();
        for (int i = 0; i < 20; i++) {
            var entries = group(3 * JournalGroup.ENTRY_BYTES, JournalGroup.ENTRY_BYTES);
            var memory = entries.stream().map(JournalGroupTest::memory).toList();
            assertThat(entries).hasSize(4);
            assertThat(items(entries)).isEqualTo(Math.ceilDiv(3 * JournalGroup.ENTRY_BYTES, ITEM_BYTES));
            // The last entry is small, in memory that another one had grown out of.
            assertThat(i < 2 || known.containsAll(memory)).isTrue();
            known.addAll(memory);
            buffers.giveBack(entries);
        }
    }

    @Test
    void largeEntriesAreKeptThoughThereWereManySmallOnes() {
        buffers.giveBack(group(20 * SMALL, SMALL));
        var first = group(JournalGroup.ENTRY_BYTES / 2, JournalGroup.ENTRY_BYTES);
        buffers.giveBack(first);
        var second = group(JournalGroup.ENTRY_BYTES / 2, JournalGroup.ENTRY_BYTES);
        assertThat(second).hasSize(1);
        assertThat(memory(second.getFirst())).isEqualTo(memory(first.getFirst()));
    }

    @Test
    void anEntryIsNotLargerThanTheJournalAllowsThoughItsMemoryIs() {
        buffers.giveBack(group(JournalGroup.ENTRY_BYTES, JournalGroup.ENTRY_BYTES));
        var entries = group(3 * SMALL, SMALL);
        assertThat(entries)
                .hasSizeGreaterThan(3)
                .allMatch(entry -> entry.items().position() <= SMALL)
                .anyMatch(entry -> entry.items().capacity() > SMALL);
    }
}
