package io.moldau.storage;

import java.util.Arrays;

/// The sparse index of one segment: for some batches their offset, position and the largest timestamp so far.
///
/// Only the log's owner adds; anybody reads. An entry becomes visible with the new count.
final class OffsetIndex {
    /// Of the larger of its two files.
    static final int ENTRY_BYTES = 12;

    private volatile Entries entries = new Entries(16);
    private volatile int count;

    private static final class Entries {
        final int[] relativeOffset;
        final int[] position;
        final long[] timestamp;

        Entries(int capacity) {
            relativeOffset = new int[capacity];
            position = new int[capacity];
            timestamp = new long[capacity];
        }

        Entries(Entries old) {
            int capacity = old.position.length * 2;
            relativeOffset = Arrays.copyOf(old.relativeOffset, capacity);
            position = Arrays.copyOf(old.position, capacity);
            timestamp = Arrays.copyOf(old.timestamp, capacity);
        }
    }

    /// @param timestamp the largest of the segment up to this batch, included
    void add(int relativeOffset, int position, long timestamp) {
        int at = count;
        var target = entries;
        if (at == target.position.length) {
            target = new Entries(target);
        }
        target.relativeOffset[at] = relativeOffset;
        target.position[at] = position;
        target.timestamp[at] = timestamp;
        entries = target;
        count = at + 1;
    }

    int count() {
        return count;
    }

    int relativeOffset(int entry) {
        return entries.relativeOffset[entry];
    }

    int position(int entry) {
        return entries.position[entry];
    }

    long timestamp(int entry) {
        return entries.timestamp[entry];
    }

    /// Position of the last known batch that starts at or below the offset; 0 if none is known.
    int positionAtOrBelow(long relativeOffset) {
        int found = lastAtOrBelow(relativeOffset, true);
        return found < 0 ? 0 : entries.position[found];
    }

    /// Position of the last known batch start at or below the position.
    int batchStartAtOrBelow(long position) {
        int found = lastAtOrBelow(position, false);
        return found < 0 ? 0 : entries.position[found];
    }

    private int lastAtOrBelow(long value, boolean byOffset) {
        int low = 0;
        int high = count - 1;
        var seen = entries;
        var keys = byOffset ? seen.relativeOffset : seen.position;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (keys[middle] <= value) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }

    /// The first known batch at or behind a position, -1 if none is known.
    int relativeOffsetAtOrAfter(long position) {
        int next = lastAtOrBelow(position - 1, false) + 1;
        return next < count ? entries.relativeOffset[next] : -1;
    }

    /// Where to start looking for the first record at or after a time.
    int positionBeforeTimestamp(long timestamp) {
        int size = count;
        var seen = entries;
        int low = 0;
        while (low < size && seen.timestamp[low] < timestamp) {
            low++;
        }
        return low == 0 ? 0 : seen.position[low - 1];
    }

    /// Forgets entries at or after a position.
    void truncateTo(long position) {
        int size = count;
        while (size > 0 && entries.position[size - 1] >= position) {
            size--;
        }
        count = size;
    }
}
