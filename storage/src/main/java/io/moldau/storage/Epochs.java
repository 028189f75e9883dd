package io.moldau.storage;

import java.util.ArrayList;
import java.util.List;

/// Where each leader epoch starts in a log (KIP-101). Immutable; both columns rise.
record Epochs(List<Epoch> starts) {
    record Epoch(int epoch, long startOffset) {}

    static final Epochs NONE = new Epochs(List.of());

    int latest() {
        return starts.isEmpty() ? -1 : starts.getLast().epoch();
    }

    Epochs assign(int epoch, long startOffset) {
        if (epoch <= latest()) {
            return this;
        }
        var next = new ArrayList<>(starts);
        next.removeIf(known -> known.startOffset() >= startOffset);
        next.add(new Epoch(epoch, startOffset));
        return new Epochs(List.copyOf(next));
    }

    Epochs truncateEnd(long endOffset) {
        return starts.isEmpty() || starts.getLast().startOffset() < endOffset
                ? this
                : new Epochs(starts.stream()
                        .filter(known -> known.startOffset() < endOffset)
                        .toList());
    }

    /// The epoch that holds the new start stays, and starts there.
    Epochs truncateStart(long startOffset) {
        int first = 0;
        while (first + 1 < starts.size() && starts.get(first + 1).startOffset() <= startOffset) {
            first++;
        }
        if (starts.isEmpty() || (first == 0 && starts.getFirst().startOffset() >= startOffset)) {
            return this;
        }
        var next = new ArrayList<>(starts.subList(first, starts.size()));
        next.set(
                0,
                new Epoch(
                        next.getFirst().epoch(),
                        Math.max(startOffset, next.getFirst().startOffset())));
        return new Epochs(List.copyOf(next));
    }

    EpochEnd end(int epoch, long logEndOffset) {
        if (epoch < 0 || starts.isEmpty()) {
            return EpochEnd.UNKNOWN;
        }
        if (epoch >= latest()) {
            return epoch == latest() ? new EpochEnd(epoch, logEndOffset) : EpochEnd.UNKNOWN;
        }
        var below = new EpochEnd(-1, -1);
        for (int i = 0; i < starts.size(); i++) {
            var known = starts.get(i);
            if (known.epoch() > epoch) {
                // An epoch older than the log: it ends where the log starts.
                return below.leaderEpoch() < 0 ? new EpochEnd(epoch, known.startOffset()) : below;
            }
            long end = i + 1 < starts.size() ? starts.get(i + 1).startOffset() : logEndOffset;
            below = new EpochEnd(known.epoch(), end);
        }
        return below;
    }

    int epochOf(long offset) {
        int epoch = -1;
        for (var known : starts) {
            if (known.startOffset() > offset) {
                break;
            }
            epoch = known.epoch();
        }
        return epoch;
    }
}
