package io.moldau.storage;

import io.moldau.environment.DiskFile;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What one log knows of its compaction. One pass at a time, by whoever [#begin] told true.
final class LogCompaction {
    private final PartitionLog log;
    private volatile @Nullable CleanedOffset cleaned;
    private volatile @Nullable String problem;
    private volatile boolean hopeless;
    private volatile boolean unfinished;
    private volatile int cuts;
    private volatile long checkpointedPoint = -1;
    private volatile @Nullable CompactionProgress progress;
    private boolean running;

    LogCompaction(PartitionLog log) {
        this.log = log;
    }

    /// Everything below was on disk at the last checkpoint.
    long checkpointedPoint() {
        return checkpointedPoint;
    }

    void checkpointed(long recoveryPoint) {
        checkpointedPoint = recoveryPoint;
    }

    /// For work that a deletion in between makes pointless.
    void checkPresent() throws IOException {
        if (log.isDeleted()) {
            throw new IOException(log.id() + " is deleted");
        }
    }

    /// How often the log was cut at its end.
    int cuts() {
        return cuts;
    }

    Map<Long, ProducerStates.Last> lastOfProducers(long below) {
        synchronized (log) {
            return log.producers.lasts(below);
        }
    }

    /// The file of a segment if it is part of the log: the names of others may belong to nobody.
    @Nullable
    DiskFile openFile(Segment segment) throws IOException {
        synchronized (log) {
            return log.segments().contains(segment) ? segment.file() : null;
        }
    }

    /// Puts a rewritten segment in its place while nobody else changes the log; false if it is not the same any more.
    boolean replace(SegmentRewrite rewrite, LogSync.Task<Boolean, IOException> files) throws IOException {
        synchronized (log) {
            if (!rewrite.isCurrent()) {
                return false;
            }
            for (var segment : rewrite.old()) {
                segment.pin();
            }
            files.run();
            log.segmentList().replace(rewrite.old(), rewrite.target());
            log.tail.forgetBelow(rewrite.end());
            log.note();
            return true;
        }
    }

    synchronized boolean begin() {
        boolean was = running;
        running = true;
        return !was;
    }

    synchronized void end() {
        running = false;
        progress = null;
    }

    void reached(CompactionProgress now) {
        progress = now;
    }

    Optional<CompactionProgress> progress() {
        return Optional.ofNullable(progress);
    }

    private CleanedOffset cleaned() throws IOException {
        var known = cleaned;
        if (known == null) {
            known = CleanedOffset.read(log.directory().disk(), log.path());
            cleaned = known;
        }
        return known;
    }

    CompactionPlan plan(long nowMs) throws IOException {
        var view = log.view();
        // What is not durable could be lost or cut, and with it what made older records superfluous.
        long bound = Math.min(view.lastStableOffset(), view.durableEndOffset());
        long firstDirty = Math.max(view.logStartOffset(), Math.min(cleaned().below(), view.logEndOffset()));
        return CompactionPlan.of(log.segments(), log.settings(), firstDirty, bound, nowMs);
    }

    /// A log that was not used since the start, and left clean, is not woken.
    private boolean isCleanAtRest() throws IOException {
        var line = log.segmentList().resting();
        return line != null
                && (line.segmentBase() <= line.logStart() || cleaned().below() >= line.segmentBase());
    }

    /// The plan if it is worth its cost now.
    Optional<CompactionPlan> due(long nowMs) throws IOException {
        var rules = log.settings();
        if (!rules.cleanupCompact()
                || hopeless
                || log.isDeleted()
                || isCleanAtRest()
                || log.segments().size() < 2) {
            return Optional.empty();
        }
        var plan = plan(nowMs);
        return plan.isDue(rules, unfinished) ? Optional.of(plan) : Optional.empty();
    }

    /// @param unfinished the memory for keys was full before everything was looked at
    void passed(CleanedOffset now, boolean unfinished) throws IOException {
        log.sync().exclusively(() -> {
            checkPresent();
            now.write(log.directory().disk(), log.path());
            cleaned = now;
            return true;
        });
        this.unfinished = unfinished;
        problem = null;
    }

    /// @param hopeless no further try before the next start
    void failed(String reason, boolean hopeless) {
        problem = reason;
        this.hopeless |= hopeless;
    }

    /// Called when the log was cut at its end, under its sync lock.
    @SuppressWarnings("NonAtomicVolatileUpdate") // under the log's monitor
    void cut(long end) throws IOException {
        cuts++;
        CleanedOffset.cut(log.directory().disk(), log.path(), end);
        cleaned = null;
    }

    CompactionStatus status() throws IOException {
        var known = cleaned();
        return new CompactionStatus(
                plan(log.directory().clock().wallMs()).dirtyRatio(),
                known.below(),
                known.passMs(),
                known.bytesBefore(),
                known.bytesAfter(),
                Optional.ofNullable(problem));
    }
}
