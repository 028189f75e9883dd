package io.moldau.storage;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/// The transactions of a log that are not over: open ones, and those whose marker is not promised yet, since a
/// power cut may take it back. Who reads committed records sees nothing from the first of them on.
///
/// Changed under the log's monitor; [#isOpen] and [#isNone] are for anybody.
final class OpenTransactions {
    private static final long NONE = Long.MAX_VALUE;

    private record Open(short epoch, long firstOffset) {}

    private record Ended(long firstOffset, long markerOffset) {}

    private final Map<Long, Open> open = new ConcurrentHashMap<>();
    private final TreeSet<Long> openStarts = new TreeSet<>();
    /// In the markers' order.
    private final ArrayDeque<Ended> ended = new ArrayDeque<>();
    private final TreeSet<Long> endedStarts = new TreeSet<>();
    /// Until somebody says what is promised, a marker counts at once.
    private volatile long promised = NONE;
    private volatile long nextMarker = NONE;
    private long firstUndecided = NONE;

    boolean isOpen(long producerId, short epoch) {
        var known = open.get(producerId);
        return known != null && known.epoch == epoch;
    }

    boolean isNone() {
        return open.isEmpty();
    }

    /// A batch of a transaction is in the log; its first one opens it.
    void wrote(long producerId, short epoch, long firstOffset) {
        var known = open.get(producerId);
        if (known == null) {
            openStarts.add(firstOffset);
            open.put(producerId, new Open(epoch, firstOffset));
            changed();
        } else if (known.epoch != epoch) {
            open.put(producerId, new Open(epoch, known.firstOffset));
        }
    }

    void end(long producerId, long markerOffset) {
        var known = open.remove(producerId);
        if (known == null) {
            return;
        }
        openStarts.remove(known.firstOffset);
        boolean seen = !ended.isEmpty() && ended.getLast().markerOffset >= markerOffset;
        if (markerOffset >= promised && !seen) {
            ended.add(new Ended(known.firstOffset, markerOffset));
            endedStarts.add(known.firstOffset);
        }
        changed();
    }

    /// Where the oldest transaction begins that has no marker, or `otherwise`.
    long firstOpen(long otherwise) {
        return openStarts.isEmpty() ? otherwise : openStarts.first();
    }

    /// Where the oldest transaction begins that is not over, or `logEnd`.
    long stableBelow(long logEnd) {
        return Math.min(firstUndecided, logEnd);
    }

    /// Everything below an offset is promised. Called by the owner of the log; true if that decides transactions, which
    /// is then to be told to [#decide].
    boolean promised(long offset) {
        promised = offset;
        return nextMarker < offset;
    }

    void decide() {
        for (var first = ended.peek(); first != null && first.markerOffset < promised; first = ended.peek()) {
            ended.poll();
            endedStarts.remove(first.firstOffset);
        }
        changed();
    }

    /// What is ended and not decided is as in another log of this partition.
    void takeOver(OpenTransactions other) {
        promised = other.promised;
        ended.clear();
        ended.addAll(other.ended);
        endedStarts.clear();
        endedStarts.addAll(other.endedStarts);
        changed();
    }

    /// The log was cut at its end.
    void cut(long logEnd) {
        while (!ended.isEmpty() && ended.getLast().markerOffset >= logEnd) {
            endedStarts.remove(ended.removeLast().firstOffset);
        }
        changed();
    }

    /// Nobody has a transaction open, as far as is known now.
    void forgetOpen() {
        open.clear();
        openStarts.clear();
        changed();
    }

    private void changed() {
        long first = firstOpen(NONE);
        firstUndecided = endedStarts.isEmpty() ? first : Math.min(first, endedStarts.first());
        var next = ended.peek();
        nextMarker = next == null ? NONE : next.markerOffset;
    }
}
