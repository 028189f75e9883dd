package io.moldau.storage;

import io.moldau.records.BatchError;
import io.moldau.records.InvalidBatchException;
import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One compaction of one log, in small steps: between two of them anything may happen to the log.
///
/// First the new part is read for the latest offset of each key, until its end or until the memory for keys is full;
/// then every segment up to there is rewritten, from the log's first on, and swapped.
final class CompactionPass {
    private enum Phase {
        PREPARE,
        LEARN_FATES,
        MAP_KEYS,
        REWRITE,
        SWAP,
        FINISH,
        DONE
    }

    private final PartitionLog log;
    private final CompactionPlan plan;
    private final CleanerSettings settings;
    private final LogSettings rules;
    private final KeyOffsets keys;
    private final TransactionFates fates = new TransactionFates();
    private final long nowMs;
    private final long logEnd;
    private final BatchWalk dirty;
    private final int cuts;
    private Phase phase = Phase.PREPARE;
    private @Nullable BatchWalk fateWalk;
    private @Nullable RecordBatch waiting;
    private boolean fatesKnown;
    private long mappedEnd;
    private Map<Long, ProducerStates.Last> producers = Map.of();
    private @Nullable BatchCleaner cleaner;
    private final ArrayDeque<Segment> ahead = new ArrayDeque<>();
    private @Nullable SegmentRewrite rewrite;
    private boolean interrupted;
    private long mappedBytes;
    private long bytesToRewrite;
    private long bytesBefore;
    private long bytesAfter;
    private int segmentsAfter;

    CompactionPass(PartitionLog log, CompactionPlan plan, CleanerSettings settings, long nowMs) {
        this.log = log;
        this.plan = plan;
        this.settings = settings;
        this.rules = log.settings();
        this.nowMs = nowMs;
        this.cuts = log.compaction().cuts();
        this.logEnd = log.view().logEndOffset();
        this.dirty = new BatchWalk(log, plan.segments(), plan.firstDirty());
        this.mappedEnd = plan.firstDirty();
        var randomness = log.directory().randomness();
        this.keys = new KeyOffsets(
                settings.dedupeBufferBytes() / Math.max(1, settings.threads()),
                plan.end() - plan.firstDirty(),
                randomness.nextLong(),
                randomness.nextLong());
    }

    PartitionLog log() {
        return log;
    }

    boolean isDone() {
        return phase == Phase.DONE;
    }

    /// Works for about as many bytes as the settings say; how many it read and wrote.
    int step() throws IOException {
        try {
            int bytes = isCut() ? 0 : work();
            log.compaction().reached(progress());
            return bytes;
        } catch (InvalidBatchException damaged) {
            if (isCut()) {
                return 0;
            }
            throw damaged;
        }
    }

    private CompactionProgress progress() {
        return switch (phase) {
            case PREPARE, MAP_KEYS ->
                new CompactionProgress(CompactionProgress.Stage.READING_KEYS, mappedBytes, plan.dirtyBytes());
            case LEARN_FATES -> new CompactionProgress(CompactionProgress.Stage.FOLLOWING_TRANSACTIONS, 0, 0);
            case REWRITE, SWAP, FINISH, DONE -> {
                var current = rewrite;
                long rewritten = bytesBefore + (current == null ? 0 : current.readBytes());
                yield new CompactionProgress(CompactionProgress.Stage.REWRITING, rewritten, bytesToRewrite);
            }
        };
    }

    /// Bytes that were read are gone, and their offsets will be given out again.
    private boolean isCut() throws IOException {
        if (log.compaction().cuts() == cuts) {
            return false;
        }
        abandon();
        interrupted = true;
        return true;
    }

    private int work() throws IOException {
        int bytes = 0;
        while (bytes < settings.stepBytes() && phase != Phase.DONE) {
            var before = phase;
            bytes += switch (before) {
                case PREPARE -> prepare();
                case LEARN_FATES -> learnFates();
                case MAP_KEYS -> mapKeys();
                case REWRITE -> rewrite();
                case SWAP -> swap();
                case FINISH -> finish();
                case DONE -> 0;
            };
            if (phase != before) {
                break;
            }
        }
        return bytes;
    }

    /// What is compacted must be on disk, and below where a recovery would start to read: it knows segments by name.
    private int prepare() throws IOException {
        checkpointAbove(plan.end());
        producers = log.compaction().lastOfProducers(plan.end());
        phase = Phase.MAP_KEYS;
        return 0;
    }

    private int mapKeys() throws IOException {
        var known = waiting;
        var batch = known == null ? dirty.next() : known;
        waiting = null;
        if (batch == null) {
            mappedEnd = plan.end();
            startRewriting();
            return 0;
        }
        if (batch.isTransactional() && !fatesKnown) {
            waiting = batch;
            fateWalk = new BatchWalk(log, log.segments(), batch.baseOffset());
            phase = Phase.LEARN_FATES;
            return 0;
        }
        if (!batch.isControl() && !fates.isAborted(batch)) {
            if (!keys.hasRoomFor(Math.min(batch.recordCount(), batch.nextOffset() - plan.firstDirty()))) {
                if (keys.size() == 0) {
                    throw new InvalidBatchException(
                            BatchError.INVALID_RECORD,
                            "a batch of " + batch.recordCount() + " records at offset " + batch.baseOffset()
                                    + " needs more memory for keys than log.cleaner.dedupe.buffer.size allows");
                }
                startRewriting();
                return 0;
            }
            try (var records = batch.records()) {
                while (records.hasNext()) {
                    var record = records.next();
                    var key = record.key();
                    if (key != null && record.offset() >= plan.firstDirty()) {
                        keys.put(key, record.offset());
                    }
                }
            }
        }
        mappedEnd = batch.nextOffset();
        mappedBytes += batch.sizeBytes();
        return batch.sizeBytes();
    }

    private void checkpointAbove(long offset) throws IOException {
        if (log.compaction().checkpointedPoint() <= offset) {
            log.directory().checkpoint(false);
            if (log.compaction().checkpointedPoint() <= offset) {
                throw new IOException("no checkpoint could be written");
            }
        }
    }

    /// Reads on from the first transactional batch until each transaction that began in the plan's part has ended. The
    /// markers may lie above the last stable offset, where another transaction is open.
    private int learnFates() throws IOException {
        var walk = fateWalk;
        var batch = walk == null ? null : walk.next();
        if (batch == null || batch.baseOffset() >= logEnd || (batch.baseOffset() >= plan.end() && !fates.anyOpen())) {
            // A marker that a power cut can take back decides nothing.
            checkpointAbove(fates.lastMarker());
            fatesKnown = true;
            phase = Phase.MAP_KEYS;
            return 0;
        }
        fates.learn(batch, batch.baseOffset() < plan.end());
        return batch.sizeBytes();
    }

    private void startRewriting() throws IOException {
        for (var segment : plan.segments()) {
            if (segment.baseOffset() < mappedEnd) {
                ahead.add(segment);
                bytesToRewrite += segment.sizeBytes();
            }
        }
        cleaner = new BatchCleaner(
                keys, fates, producers, mappedEnd, log.view().logStartOffset(), nowMs, rules.deleteRetentionMs());
        phase = Phase.REWRITE;
    }

    private int rewrite() throws IOException {
        var current = rewrite;
        var judge = cleaner;
        if (current == null) {
            var first = ahead.poll();
            if (first == null || judge == null) {
                phase = Phase.FINISH;
                return 0;
            }
            rewrite = new SegmentRewrite(log, first, plan.endOf(first), judge);
            return 0;
        }
        int bytes = current.step();
        if (bytes >= 0) {
            return bytes;
        }
        var next = ahead.peek();
        if (next != null && current.extend(next, plan.endOf(next), rules)) {
            ahead.poll();
        } else {
            current.sync();
            phase = Phase.SWAP;
        }
        return 0;
    }

    private int swap() throws IOException {
        var current = rewrite;
        rewrite = null;
        phase = Phase.REWRITE;
        if (current == null) {
            return 0;
        }
        if (!current.hasChanged()) {
            current.discard();
        } else if (!SegmentSwap.swap(log, current)) {
            // Retention took some of them. What is left must be cleaned all the same before it counts as clean.
            var left = new ArrayList<>(current.old());
            left.retainAll(log.segments());
            left.reversed().forEach(ahead::addFirst);
            return 0;
        }
        for (var segment : current.old()) {
            bytesBefore += segment.sizeBytes();
        }
        bytesAfter += current.target().sizeBytes();
        segmentsAfter++;
        return 0;
    }

    private int finish() throws IOException {
        log.compaction()
                .passed(
                        new CleanedOffset(mappedEnd, log.directory().clock().wallMs(), bytesBefore, bytesAfter),
                        mappedEnd < plan.end());
        phase = Phase.DONE;
        return 0;
    }

    /// Takes back what was not swapped yet.
    void abandon() throws IOException {
        var current = rewrite;
        rewrite = null;
        phase = Phase.DONE;
        if (current != null) {
            current.discard();
        }
    }

    /// One line for the log.
    String summary() {
        if (interrupted) {
            return "compaction of " + log.id() + " starts over: the log was cut meanwhile";
        }
        var judge = cleaner;
        return String.format(
                Locale.ROOT,
                "compacted %s: offsets %d..%d, %d new keys, %d segments with %d bytes became %d with %d bytes,"
                        + " %d records kept, %d removed, dirty ratio was %.2f%s",
                log.id(),
                log.view().logStartOffset(),
                mappedEnd - 1,
                keys.size(),
                plan.segments().size(),
                bytesBefore,
                segmentsAfter,
                bytesAfter,
                judge == null ? 0 : judge.kept(),
                judge == null ? 0 : judge.removed(),
                plan.dirtyRatio(),
                mappedEnd < plan.end() ? "; the memory for keys was full, another pass follows" : "");
    }
}
