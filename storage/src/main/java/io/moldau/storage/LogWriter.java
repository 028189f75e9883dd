package io.moldau.storage;

import io.moldau.environment.DiskFullException;
import io.moldau.records.InvalidBatchException;
import io.moldau.records.RecordBatch;
import io.moldau.records.RecordBatches;
import io.moldau.records.TimestampType;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes batches to the end of one log, and has everybody take note who must. Under the log's monitor.
final class LogWriter {
    private final PartitionLog log;
    private final LogDirectory directory;
    private final SegmentList segments;
    private final LogEnds ends;
    private final FlushIntervals flushes;
    private boolean unjournaledBytes;
    private boolean hasFolder;
    private @Nullable Succession succession;
    private final AppendRun run = new AppendRun();
    /// So many of the run's first batches are known to the producers' states already.
    private int ahead;
    /// When the appends came that are being taken.
    private long nowMs;

    LogWriter(PartitionLog log) {
        this.log = log;
        this.directory = log.directory();
        this.segments = log.segmentList();
        this.ends = log.ends();
        this.flushes = new FlushIntervals(log);
    }

    /// Whether the log's folder exists.
    void hasFolder(boolean exists) {
        hasFolder = exists;
    }

    /// Who hears of each batch, if somebody does: the log is about to have another place.
    void succession(@Nullable Succession next) {
        succession = next;
    }

    /// Appends one after the other what came together, each as if it had come alone; writes with as few calls as it
    /// can.
    List<AppendResult> append(List<Append> appends, int leaderEpoch, AppendOrigin origin) {
        var results = new AppendResult[appends.size()];
        nowMs = directory.clock().wallMs();
        try {
            for (int slot = 0; slot < results.length; slot++) {
                boolean more = slot + 1 < results.length;
                var answer = take(slot, appends.get(slot), leaderEpoch, origin, more, results);
                if (answer != null) {
                    results[slot] = answer;
                }
            }
            write(origin, results);
        } finally {
            endRun();
        }
        return Arrays.asList(results);
    }

    /// The run begins anew. What did not get into the log is as if it never came.
    private void endRun() {
        log.producers.takeBackAhead();
        ahead = 0;
        run.clear();
    }

    /// Adds an append to the run, or says why not.
    ///
    /// @param more will come, and be checked against this one
    private @Nullable AppendResult take(
            int slot, Append append, int leaderEpoch, AppendOrigin origin, boolean more, AppendResult[] results) {
        var bytes = append.batches();
        int size = bytes.remaining();
        try {
            var settings = log.settings();
            var batches = RecordBatches.splitTrusted(bytes);
            boolean alone = origin == AppendOrigin.REPLICATION
                    || batches.size() != 1
                    || batches.getFirst().isTransactional()
                    || batches.getFirst().isControl();
            if (alone || !run.hasRoomFor(size, settings)) {
                write(origin, results);
            }
            var refusal = refusal(run.sizeBytes() + size, origin);
            if (refusal != null) {
                return refusal;
            }
            log.wake();
            var answer = check(batches, size, origin, settings);
            if (answer instanceof AppendResult.Duplicate(long _, long last, long _, long _) && last >= ends.end()) {
                // Of what is not written yet, and may not be.
                write(origin, results);
                return take(slot, append, leaderEpoch, origin, more, results);
            }
            if (answer != null) {
                return answer;
            }
            long appendTime = stamp(batches, leaderEpoch, origin, settings);
            var loan = batches.size() == 1 ? append.loan() : null;
            run.add(new AppendRun.Part(slot, batches, bytes.slice(), loan, appendTime));
            if (alone) {
                write(origin, results);
            } else if (more) {
                log.producers.updateAhead(batches.getFirst());
                ahead++;
            }
            return null;
        } catch (InvalidBatchException invalid) {
            return ProducedBatches.refused(AppendError.of(invalid.error()), String.valueOf(invalid.getMessage()));
        } catch (IOException failed) {
            return failed(failed);
        }
    }

    private @Nullable AppendResult refusal(int bytes, AppendOrigin origin) {
        var failure = directory.failure();
        if (failure.isPresent()) {
            return ProducedBatches.refused(AppendError.KAFKA_STORAGE_ERROR, failure.get());
        }
        if (log.isDeleted()) {
            return ProducedBatches.refused(AppendError.KAFKA_STORAGE_ERROR, log.id() + " is deleted");
        }
        if (!directory.flusher().hasRoomFor(bytes)) {
            return ProducedBatches.refused(
                    AppendError.REQUEST_TIMED_OUT, "too many bytes wait for the disk; try again");
        }
        var noRoom = directory.room().refusal(bytes, origin);
        return noRoom == null ? null : ProducedBatches.refused(AppendError.KAFKA_STORAGE_ERROR, noRoom);
    }

    private AppendResult failed(IOException failure) {
        directory.fail("writing to the log of " + log.id(), failure);
        return ProducedBatches.refused(
                AppendError.KAFKA_STORAGE_ERROR, "writing to the log of " + log.id() + " failed: " + failure);
    }

    private @Nullable AppendResult check(
            List<RecordBatch> batches, int size, AppendOrigin origin, LogSettings settings) {
        long end = run.endOr(ends.end());
        return new ProducedBatches(settings, log.producers, ends.start(), end, nowMs).check(batches, size, origin);
    }

    /// Gives the batches their offsets; the append time, -1 if they keep their own.
    private long stamp(List<RecordBatch> batches, int leaderEpoch, AppendOrigin origin, LogSettings settings) {
        if (origin == AppendOrigin.REPLICATION) {
            return -1;
        }
        long appendTime = settings.timestampType() == TimestampType.LOG_APPEND_TIME ? nowMs : -1;
        long next = run.endOr(ends.end());
        for (var batch : batches) {
            if (appendTime >= 0) {
                batch.stampLogAppendTime(appendTime);
            }
            batch.stamp(next, leaderEpoch);
            next = batch.nextOffset();
        }
        return appendTime;
    }

    /// Writes the run: all of it or nothing.
    private void write(AppendOrigin origin, AppendResult[] results) {
        if (run.isEmpty()) {
            return;
        }
        AppendResult refusal = null;
        try {
            var settings = log.settings();
            log.note();
            makeFolder();
            put(run.batches(), run.sizeBytes(), settings);
            written(settings, results);
        } catch (DiskFullException full) {
            directory.ranOut(full);
            var text = String.valueOf(directory.room().refusal(run.sizeBytes(), origin));
            refusal = ProducedBatches.refused(AppendError.KAFKA_STORAGE_ERROR, text);
        } catch (IOException failure) {
            refusal = failed(failure);
        }
        if (refusal != null) {
            for (var part : run.parts()) {
                results[part.slot()] = refusal;
            }
        }
        endRun();
    }

    /// The run is in the segment: whoever must know of it is told.
    private void written(LogSettings settings, AppendResult[] results) {
        for (var batch : run.batches()) {
            directory.tails().add(log.tail, batch);
        }
        publish(run.batches().getLast().nextOffset());
        for (var part : run.parts()) {
            if (settings.waitsForSync()) {
                directory.flusher().add(log, part.bytes(), part.loan(), part.endOffset(), unjournaledBytes);
                unjournaledBytes = false;
            }
            results[part.slot()] = new AppendResult.Appended(
                    part.baseOffset(), part.endOffset() - 1, part.appendTimeMs(), ends.start());
        }
        if (!settings.waitsForSync()) {
            unjournaledBytes = true;
            ends.allDurable();
            directory.checkpoints().unsynced(run.sizeBytes());
            flushes.appended(run.endOr(0) - run.parts().getFirst().baseOffset(), settings);
        }
        var next = succession;
        if (next != null) {
            next.follow(run.batches(), run.sizeBytes());
        }
    }

    /// Batches with their offsets go into the active segment; all of them or, where the disk is full, none. Nobody
    /// sees them before [#publish].
    private void put(List<RecordBatch> batches, int size, LogSettings settings) throws IOException {
        var active = segments.activeFor(batches, size, settings, ends.end());
        var before = active.end();
        try {
            active.append(batches);
        } catch (DiskFullException full) {
            active.backTo(before);
            // Some may be whole. After a power cut they must not stand where others were acknowledged since.
            active.sync();
            throw full;
        }
        // From here on the batches are in the log.
        log.producers.confirmAhead();
        int index = 0;
        for (var batch : batches) {
            if (index++ < ahead) {
                log.epochs(log.epochs().assign(batch.partitionLeaderEpoch(), batch.baseOffset()));
            } else {
                observe(active, batch);
            }
        }
    }

    private void makeFolder() throws IOException {
        if (!hasFolder) {
            directory.writeFolder(log);
            hasFolder = true;
        }
    }

    private void observe(Segment segment, RecordBatch batch) throws IOException {
        log.epochs(log.epochs().assign(batch.partitionLeaderEpoch(), batch.baseOffset()));
        var aborted = log.producers.update(batch);
        if (aborted != null) {
            segment.aborted().add(aborted);
        }
    }

    private void publish(long end) {
        ends.end(end, log.producers.transactions().stableBelow(end));
    }

    /// Appends what another log of this partition appended: it answers for them as yet.
    void follow(List<RecordBatch> batches, int size) throws IOException {
        log.note();
        put(batches, size, log.settings());
        publish(batches.getLast().nextOffset());
    }

    /// From now on this log answers for everything in it, of which `durableEnd` is on disk.
    void settle(long durableEnd) {
        if (log.settings().waitsForSync()) {
            directory.flusher().addSegments(log, ends.end());
        } else {
            unjournaledBytes = true;
            ends.allDurable();
        }
        ends.flushed(durableEnd, true);
    }

    /// Takes note of a batch that recovery found in a segment.
    ///
    /// @param producersKnow the snapshot was taken behind it
    void restore(Segment segment, RecordBatch batch, boolean producersKnow) throws IOException {
        if (producersKnow) {
            log.epochs(log.epochs().assign(batch.partitionLeaderEpoch(), batch.baseOffset()));
        } else {
            observe(segment, batch);
        }
        publish(batch.nextOffset());
        ends.allDurable();
    }

    /// Appends a batch that the journal has and the segments lack.
    void replay(RecordBatch batch) throws IOException {
        log.note();
        makeFolder();
        var active = segments.activeFor(List.of(batch), batch.sizeBytes(), log.settings(), ends.end());
        active.append(List.of(batch));
        restore(active, batch, false);
    }
}
