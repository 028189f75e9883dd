package io.moldau.shares;

import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/// Every offset from `start` to `end`, each in one [Range]; neighbours that are alike are one.
final class Ranges {
    private final TreeMap<Long, Range> byFirst = new TreeMap<>();
    private long start;
    private long end;

    Ranges(long start) {
        this.start = start;
        this.end = start;
    }

    long start() {
        return start;
    }

    /// The offset after the last one.
    long end() {
        return end;
    }

    Collection<Range> all() {
        return byFirst.values();
    }

    /// Continues at the end.
    void add(Range range) {
        if (range.first() != end) {
            throw new IllegalStateException("offsets " + range.first() + " to " + range.last() + " after " + end);
        }
        byFirst.put(range.first(), range);
        end = range.last() + 1;
        join(range.first());
    }

    /// The ranges with offsets from `first` to `last`, cut there.
    List<Range> between(long first, long last) {
        if (first > last) {
            return List.of();
        }
        cut(first);
        cut(last + 1);
        return List.copyOf(byFirst.subMap(first, true, last, true).values());
    }

    private void cut(long at) {
        var entry = byFirst.lowerEntry(at);
        if (entry != null && entry.getValue().last() >= at) {
            var range = entry.getValue();
            byFirst.put(range.first(), range.within(range.first(), at - 1));
            byFirst.put(at, range.within(at, range.last()));
        }
    }

    /// Changes offsets from `first` to `last`, range by range.
    void change(long first, long last, UnaryOperator<Range> change) {
        if (first > last) {
            return;
        }
        for (var range : between(first, last)) {
            byFirst.put(range.first(), change.apply(range));
        }
        for (var key : List.copyOf(byFirst.subMap(first, true, last + 1, true).keySet())) {
            join(key);
        }
    }

    /// Changes all.
    void change(UnaryOperator<Range> change) {
        byFirst.replaceAll((first, range) -> change.apply(range));
        for (var key : List.copyOf(byFirst.keySet())) {
            join(key);
        }
    }

    private void join(long first) {
        var range = byFirst.get(first);
        var before = byFirst.lowerEntry(first);
        if (range != null && before != null && before.getValue().continuesAs(range)) {
            byFirst.remove(first);
            byFirst.put(before.getKey(), before.getValue().within(before.getKey(), range.last()));
        }
    }

    /// Forgets all that is done at the beginning.
    void forgetDone() {
        while (!byFirst.isEmpty() && byFirst.firstEntry().getValue().isDone()) {
            start = byFirst.pollFirstEntry().getValue().last() + 1;
        }
    }

    /// Forgets all below `offset`, which may be beyond the end.
    void forgetBelow(long offset) {
        if (offset <= start) {
            return;
        }
        cut(offset);
        byFirst.headMap(offset, false).clear();
        start = offset;
        end = Math.max(end, offset);
    }
}
