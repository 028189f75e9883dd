package io.moldau.storage;

import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The segments of one log, oldest first; the last one is written to. Changed under the log's monitor, read by anybody.
final class SegmentList {
    private final LogDirectory directory;
    private final Path path;
    private final BlocksAhead blocks;
    private final WriteBehind.Progress behind;
    private volatile List<Segment> all = List.of();
    /// What a checkpoint says of the log, as long as nobody asked for its files.
    private volatile Checkpoint.@Nullable Line rest;
    private volatile boolean namesChanged;
    /// Left the log unsynced: synced all the same, since recovery goes through them until a checkpoint forgets them.
    private final List<Segment> dropped = new ArrayList<>();
    private long jitterMs;
    private long rollClockMs;

    SegmentList(LogDirectory directory, Path path) {
        this.directory = directory;
        this.path = path;
        this.blocks = new BlocksAhead(directory);
        this.behind = directory.writeBehind().progress();
    }

    List<Segment> all() {
        return all;
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    Segment active() {
        return all.getLast();
    }

    private boolean isActive(Segment segment) {
        var known = all;
        return !known.isEmpty() && known.getLast() == segment;
    }

    void rest(Checkpoint.Line line) {
        rest = line;
    }

    Checkpoint.@Nullable Line resting() {
        return rest;
    }

    /// As they were found: no name changed.
    void awake(List<Segment> segments) {
        all = List.copyOf(segments);
        rest = null;
    }

    /// The largest timestamp in the oldest segment, -1 if that is not known without reading files.
    long oldestMs() {
        return all.isEmpty() ? -1 : all.getFirst().knownMaxTimestamp();
    }

    long sizeBytes() {
        var line = rest;
        if (line != null) {
            return line.sizeBytes();
        }
        long size = 0;
        for (var segment : all) {
            size += segment.sizeBytes();
        }
        return size;
    }

    void set(List<Segment> segments) {
        all = List.copyOf(segments);
        namesChanged = true;
    }

    void namesChanged() {
        namesChanged = true;
    }

    boolean takeNamesChanged() {
        boolean was = namesChanged;
        namesChanged = false;
        return was;
    }

    /// The segment to write to, a new one if the active one is full or too old.
    Segment activeFor(List<RecordBatch> batches, int size, LogSettings rules, long logEnd) throws IOException {
        if (all.isEmpty()) {
            return roll(batches.getFirst().baseOffset(), rules);
        }
        var active = all.getLast();
        boolean full = active.sizeBytes() > 0
                && ((long) active.sizeBytes() + size > rules.segmentBytes()
                        || batches.getLast().lastOffset() - active.baseOffset() > Integer.MAX_VALUE
                        || active.isIndexFull(rules.segmentIndexBytes(), batches.size())
                        || tooOld(active, batches.getLast().maxTimestamp(), rules));
        if (full) {
            return roll(logEnd, rules);
        }
        blocks.grows(active, rules.segmentBytes());
        if (rules.waitsForSync()) {
            behind.grows(active);
        }
        return active;
    }

    private boolean tooOld(Segment active, long newest, LogSettings rules) throws IOException {
        long most = rules.rollMs();
        if (most == Long.MAX_VALUE || newest < rollClockMs) {
            return false;
        }
        long first = active.firstTimestamp();
        long limit = most - jitterMs;
        rollClockMs = first + limit;
        return first >= 0 && newest - first > limit;
    }

    Segment roll(long baseOffset, LogSettings rules) throws IOException {
        var known = all;
        if (!known.isEmpty()) {
            // The next sync writes its index: who appends does not wait for that.
            known.getLast().touch();
        }
        var segment = Segment.create(directory.disk(), path, baseOffset, rules.indexIntervalBytes());
        var next = new ArrayList<>(known);
        next.add(segment);
        set(next);
        settingsChanged();
        long jitter = Math.min(rules.segmentJitterMs(), rules.rollMs());
        jitterMs = jitter <= 0 ? 0 : Math.floorMod(directory.randomness().nextLong(), jitter);
        return segment;
    }

    /// The age of the active segment is looked at again.
    void settingsChanged() {
        rollClockMs = 0;
    }

    /// Takes the segments wholly below an offset out of the log.
    List<Segment> dropBelow(long offset) {
        var known = all;
        int first = 0;
        while (first + 1 < known.size() && known.get(first + 1).baseOffset() <= offset) {
            first++;
        }
        var gone = known.subList(0, first);
        if (first > 0) {
            dropped.addAll(gone);
            all = List.copyOf(known.subList(first, known.size()));
        }
        return gone;
    }

    /// Puts one segment in the place of some neighbours.
    void replace(List<Segment> old, Segment by) {
        var next = new ArrayList<>(all);
        int at = next.indexOf(old.getFirst());
        next.subList(at, at + old.size()).clear();
        next.add(at, by);
        set(next);
    }

    /// Every segment with bytes that were not synced, those that left the log included; they count as synced now.
    List<Segment> takeDirty() {
        var dirty = new ArrayList<Segment>();
        dropped.addAll(all);
        for (var segment : dropped) {
            if (segment.takeDirty()) {
                dirty.add(segment);
            }
        }
        dropped.clear();
        return dirty;
    }

    /// What the segments know of aborted transactions and the disk does not.
    List<AbortedTransactions.Unsynced> unsyncedAborted() {
        var unsynced = new ArrayList<AbortedTransactions.Unsynced>();
        for (var segment : all) {
            var one = segment.aborted().unsynced();
            if (one != null) {
                unsynced.add(one);
            }
        }
        return unsynced;
    }

    /// Renames the files of segments that left the log a while ago, unless their names belong to somebody else by now;
    /// what there is to delete.
    List<Path> retire(List<Segment> old) throws IOException {
        var retired = new ArrayList<Path>();
        for (var segment : old) {
            if (!hasSegmentAt(segment.baseOffset())) {
                segment.retire(retired);
            }
        }
        return retired;
    }

    /// A full segment's index is written with its sync, and let go: of a node that writes much, the indexes of what it
    /// wrote would fill the memory.
    void synced(Segment segment) throws IOException {
        if (!isActive(segment)) {
            segment.writeIndex();
            segment.forgetIndex();
        }
    }

    /// That of the segment that is written to is written for a checkpoint only.
    void writeActiveIndex() throws IOException {
        var known = all;
        if (!known.isEmpty()) {
            known.getLast().writeIndex();
        }
    }

    private boolean hasSegmentAt(long baseOffset) {
        for (var segment : all) {
            if (segment.baseOffset() == baseOffset) {
                return true;
            }
        }
        return false;
    }

    /// Lets handles and indexes go that nobody used lately.
    void rest() {
        for (var segment : all) {
            if (segment != all.getLast()) {
                segment.rest();
            }
        }
    }
}
