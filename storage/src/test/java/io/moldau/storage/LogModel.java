package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.records.ControlRecord;
import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What one log must hold, kept as simply as can be: a list of all that was ever appended and not cut.
final class LogModel {
    record Entry(long offset, String key, @Nullable String value, long timestamp) {}

    /// @param producer -1 without one
    /// @param marker of a control batch
    record Batch(
            long base,
            long last,
            long producer,
            int producerEpoch,
            int sequence,
            boolean transactional,
            ControlRecord.@Nullable Type marker,
            long timestamp,
            List<Entry> entries) {
        Batch movedTo(long newBase) {
            long by = newBase - base;
            return by == 0
                    ? this
                    : new Batch(
                            newBase,
                            last + by,
                            producer,
                            producerEpoch,
                            sequence,
                            transactional,
                            marker,
                            timestamp,
                            entries.stream()
                                    .map(entry -> new Entry(entry.offset + by, entry.key, entry.value, entry.timestamp))
                                    .toList());
        }
    }

    enum Fate {
        VALID,
        ABORTED,
        OPEN
    }

    final PartitionId id;
    final UuidBits topicId;
    LogSettings settings;
    private final List<Batch> perhaps = new ArrayList<>();
    final List<Batch> batches = new ArrayList<>();
    long logStart;
    /// Deletions below it may have been taken back by a crash after compaction had passed.
    long deletedBelow;
    long end;
    long acknowledged;
    /// Markers below it count.
    long promised;
    int epoch;
    boolean everCompacted;
    /// The log knows of its transactions what the batches say that are left.
    boolean producersRead;
    long shortestDeleteRetentionMs = Long.MAX_VALUE;

    LogModel(PartitionId id, UuidBits topicId, LogSettings settings) {
        this.id = id;
        this.topicId = topicId;
        this.settings = settings;
        changed(settings);
    }

    void changed(LogSettings next) {
        settings = next;
        everCompacted |= next.cleanupCompact();
        shortestDeleteRetentionMs = Math.min(shortestDeleteRetentionMs, next.deleteRetentionMs());
    }

    void add(Batch batch) {
        perhaps.clear();
        batches.add(batch);
        end = batch.last + 1;
    }

    /// What was refused before has left no trace.
    void nothingElseIsThere() {
        perhaps.clear();
    }

    /// A batch that was refused while it was written, with others perhaps, to a disk that failed or is full.
    void mayBeThere(Batch batch) {
        long next = perhaps.isEmpty() ? end : perhaps.getLast().last() + 1;
        perhaps.add(batch.movedTo(next));
    }

    /// After a restart: what was refused is there up to an offset.
    void adopt(long logEnd) {
        for (var batch : List.copyOf(perhaps)) {
            if (batch.last < logEnd && batch.base == end) {
                add(batch);
            }
        }
        perhaps.clear();
    }

    void cut(long newEnd) {
        perhaps.clear();
        batches.removeIf(batch -> batch.last >= newEnd);
        end = newEnd;
    }

    /// The newest epoch of a producer.
    int producerEpoch(long producer) {
        return batches.stream()
                .filter(batch -> batch.producer == producer)
                .mapToInt(batch -> batch.producerEpoch)
                .max()
                .orElse(0);
    }

    int nextSequence(long producer) {
        int epoch = producerEpoch(producer);
        int next = 0;
        for (var batch : batches) {
            if (batch.producer == producer && batch.producerEpoch == epoch && batch.marker == null) {
                next = batch.sequence + batch.entries.size();
            }
        }
        return next;
    }

    Map<Batch, Fate> fates() {
        var fates = new LinkedHashMap<Batch, Fate>();
        for (int i = 0; i < batches.size(); i++) {
            var batch = batches.get(i);
            var fate = batch.transactional && batch.marker == null ? Fate.OPEN : Fate.VALID;
            for (int j = i + 1; j < batches.size() && fate == Fate.OPEN; j++) {
                var later = batches.get(j);
                if (later.producer == batch.producer && later.marker != null) {
                    fate = later.marker == ControlRecord.Type.ABORT ? Fate.ABORTED : Fate.VALID;
                    break;
                }
            }
            fates.put(batch, fate);
        }
        return fates;
    }

    boolean hasOpen(long producer) {
        return fates().entrySet().stream()
                .anyMatch(it -> it.getKey().producer == producer && it.getValue() == Fate.OPEN);
    }

    /// Offset of the marker that decides about a batch, the end if there is none.
    private long decidedAt(Batch batch) {
        return batches.stream()
                .filter(it -> it.producer == batch.producer && it.marker != null && it.base > batch.base)
                .mapToLong(it -> it.base)
                .findFirst()
                .orElse(end);
    }

    /// First offset of the oldest transaction without a promised marker that has batches from an offset on, else the
    /// end.
    private long lastStable(long fromOffset) {
        return batches.stream()
                .filter(it -> it.transactional && it.marker == null && it.last >= fromOffset)
                .filter(it -> decidedAt(it) >= Math.min(promised, end))
                .mapToLong(it -> it.base)
                .min()
                .orElse(end);
    }

    /// Reads the log as a consumer would and compares.
    void compare(PartitionLog log, long nowMs) throws IOException {
        var view = log.view();
        long stable = Math.max(view.logStartOffset(), lastStable(0));
        if (producersRead) {
            assertThat(view.lastStableOffset()).isBetween(stable, Math.max(stable, lastStable(view.logStartOffset())));
        } else {
            assertThat(view.lastStableOffset()).isEqualTo(stable);
        }
        var fates = fates();
        var byBase = new HashMap<Long, Batch>();
        batches.forEach(batch -> byBase.put(batch.base, batch));
        var found = new HashMap<Long, Entry>();
        var markers = new HashSet<Long>();
        long next = -1;
        for (var batch : Batches.readAsIs(log, view.logStartOffset(), view.logEndOffset())) {
            assertThat(batch.checkCrc()).isTrue();
            assertThat(batch.baseOffset()).as("offsets of %s", log).isGreaterThanOrEqualTo(next);
            next = batch.nextOffset();
            var written = byBase.get(batch.baseOffset());
            if (written == null) {
                throw new AssertionError("a batch at " + batch.baseOffset() + " of " + log);
            }
            same(batch, written);
            if (batch.isControl()) {
                if (batch.recordCount() > 0) {
                    assertThat(batch.controlRecord().type()).isEqualTo(written.marker);
                    markers.add(batch.baseOffset());
                }
            } else {
                read(batch, written, found);
            }
        }
        checkCommitted(log, fates, found.keySet());
        checkMissing(log, fates, found, nowMs);
        checkMarkers(log, found.keySet(), markers, nowMs);
        assertThat(state(fates, found.keySet())).isEqualTo(state(fates, null));
        checkCompacted(log, fates, found);
    }

    /// Who reads committed records gets every one that is there, and nothing else.
    private void checkCommitted(PartitionLog log, Map<Batch, Fate> fates, Set<Long> found) throws IOException {
        var view = log.view();
        long from = view.logStartOffset() + (view.logEndOffset() - view.logStartOffset()) * (end % 3) / 3;
        var visible = new ArrayList<Long>();
        fates.forEach((batch, fate) -> {
            for (var entry : batch.entries) {
                if (fate == Fate.VALID
                        && batch.last < view.lastStableOffset()
                        && entry.offset >= from
                        && found.contains(entry.offset)) {
                    visible.add(entry.offset);
                }
            }
        });
        for (int mostBytes : new int[] {100, 700, 1 << 20}) {
            assertThat(CommittedReader.read(log, from, mostBytes))
                    .as("committed from %s on of %s", from, log)
                    .extracting(record -> record.offset())
                    .containsExactlyElementsOf(visible);
        }
    }

    private static void same(RecordBatch batch, Batch written) {
        assertThat(batch.lastOffset()).isEqualTo(written.last);
        assertThat(batch.producerId()).isEqualTo(written.producer);
        assertThat((int) batch.producerEpoch()).isEqualTo(written.producer < 0 ? -1 : written.producerEpoch);
        assertThat(batch.baseSequence()).isEqualTo(written.sequence);
        assertThat(batch.isTransactional()).isEqualTo(written.transactional);
        assertThat(batch.isControl()).isEqualTo(written.marker != null);
    }

    private static void read(RecordBatch batch, Batch written, Map<Long, Entry> found) {
        try (var records = batch.records()) {
            while (records.hasNext()) {
                var record = records.next();
                var entry = new Entry(
                        record.offset(), String.valueOf(text(record.key())), text(record.value()), record.timestamp());
                assertThat(entry).isEqualTo(written.entries.get((int) (record.offset() - written.base)));
                found.put(record.offset(), entry);
            }
        }
    }

    private static @Nullable String text(@Nullable ByteBuffer bytes) {
        return bytes == null ? null : StandardCharsets.UTF_8.decode(bytes).toString();
    }

    /// A record may be missing for three reasons only.
    private void checkMissing(PartitionLog log, Map<Batch, Fate> fates, Map<Long, Entry> found, long nowMs)
            throws IOException {
        var latest = new HashMap<String, Long>();
        fates.forEach((batch, fate) -> {
            if (fate == Fate.VALID) {
                batch.entries.forEach(entry -> latest.put(entry.key, entry.offset));
            }
        });
        long active = log.segments().isEmpty() ? 0 : log.segments().getLast().baseOffset();
        fates.forEach((batch, fate) -> {
            for (var entry : batch.entries) {
                if (entry.offset < Math.max(deletedBelow, log.view().logStartOffset())
                        || found.containsKey(entry.offset)) {
                    continue;
                }
                boolean superseded = latest.getOrDefault(entry.key, -1L) > entry.offset;
                boolean expired = entry.value == null && nowMs - entry.timestamp >= shortestDeleteRetentionMs;
                assertThat(everCompacted
                                && entry.offset < active
                                && fate != Fate.OPEN
                                && (superseded || expired || fate == Fate.ABORTED))
                        .as("%s of %s (%s) is missing", entry, log, fate)
                        .isTrue();
            }
        });
    }

    /// A marker stays as long as its transaction's data, and then for a while.
    private void checkMarkers(PartitionLog log, Set<Long> found, Set<Long> markers, long nowMs) {
        var withData = new HashSet<Long>();
        for (var batch : batches) {
            if (batch.last < Math.max(deletedBelow, log.view().logStartOffset()) || !batch.transactional) {
                continue;
            }
            if (batch.marker == null) {
                batch.entries.stream()
                        .filter(entry -> found.contains(entry.offset))
                        .forEach(entry -> withData.add(batch.producer));
            } else if (withData.remove(batch.producer) || nowMs - batch.timestamp < shortestDeleteRetentionMs) {
                assertThat(markers).as("marker of %s", log).contains(batch.base);
            }
        }
    }

    /// What a reader of committed records ends with: the latest value of each key.
    private Map<String, String> state(Map<Batch, Fate> fates, @Nullable Set<Long> present) {
        var state = new TreeMap<String, String>();
        fates.forEach((batch, fate) -> {
            for (var entry : batch.entries) {
                if (fate != Fate.VALID
                        || entry.offset < Math.max(deletedBelow, logStart)
                        || (present != null && !present.contains(entry.offset))) {
                    continue;
                }
                if (entry.value == null) {
                    state.remove(entry.key);
                } else {
                    state.put(entry.key, entry.value);
                }
            }
        });
        return state;
    }

    /// Below the point where compaction says that it is, each key is there at most once, and nothing aborted.
    private void checkCompacted(PartitionLog log, Map<Batch, Fate> fates, Map<Long, Entry> found) throws IOException {
        if (log.isDeleted()) {
            return;
        }
        long cleaned = log.compactionStatus().cleanedBelow();
        var keys = new HashSet<String>();
        fates.forEach((batch, fate) -> {
            for (var entry : batch.entries) {
                if (batch.last < cleaned && batch.base >= logStart && found.containsKey(entry.offset)) {
                    assertThat(fate).as("%s of %s", entry, log).isEqualTo(Fate.VALID);
                    assertThat(keys.add(entry.key))
                            .as("%s of %s, cleaned below %s, is not the only one of its key", entry, log, cleaned)
                            .isTrue();
                }
            }
        });
    }
}
