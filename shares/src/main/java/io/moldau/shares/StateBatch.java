package io.moldau.shares;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/// Offsets that share one fate, as the share state keeps them.
///
/// @param state 0 available, 2 acknowledged, 4 archived
public record StateBatch(long first, long last, byte state, short deliveries) {
    public static final byte AVAILABLE = 0;
    public static final byte ACKNOWLEDGED = 2;
    public static final byte ARCHIVED = 4;

    public StateBatch {
        if (first < 0 || last < first) {
            throw new IllegalArgumentException("offsets " + first + " to " + last);
        }
    }

    private StateBatch within(long from, long to) {
        return new StateBatch(from, to, state, deliveries);
    }

    private boolean continuesAs(StateBatch next) {
        return last + 1 == next.first && state == next.state && deliveries == next.deliveries;
    }

    /// `before`, overwritten by `after`, from `start` on; in order, no two of them overlap.
    static List<StateBatch> merge(List<StateBatch> before, List<StateBatch> after, long start) {
        var byFirst = new TreeMap<Long, StateBatch>();
        before.forEach(batch -> put(byFirst, batch));
        after.forEach(batch -> put(byFirst, batch));
        var merged = new ArrayList<StateBatch>();
        for (var batch : byFirst.values()) {
            if (batch.last < start) {
                continue;
            }
            var next = batch.first < start ? batch.within(start, batch.last) : batch;
            if (!merged.isEmpty() && merged.getLast().continuesAs(next)) {
                merged.set(merged.size() - 1, next.within(merged.getLast().first, next.last));
            } else {
                merged.add(next);
            }
        }
        return List.copyOf(merged);
    }

    private static void put(TreeMap<Long, StateBatch> byFirst, StateBatch batch) {
        var left = byFirst.lowerEntry(batch.first);
        if (left != null && left.getValue().last >= batch.first) {
            var old = left.getValue();
            byFirst.put(old.first, old.within(old.first, batch.first - 1));
            if (old.last > batch.last) {
                byFirst.put(batch.last + 1, old.within(batch.last + 1, old.last));
            }
        }
        for (var inside = byFirst.ceilingEntry(batch.first);
                inside != null && inside.getKey() <= batch.last;
                inside = byFirst.ceilingEntry(batch.first)) {
            var old = inside.getValue();
            byFirst.remove(old.first);
            if (old.last > batch.last) {
                byFirst.put(batch.last + 1, old.within(batch.last + 1, old.last));
            }
        }
        byFirst.put(batch.first, batch);
    }
}
