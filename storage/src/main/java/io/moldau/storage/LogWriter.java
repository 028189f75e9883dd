package io.moldau.storage;

import io.moldau.environment.DiskFullException;
import io.moldau.records.InvalidBatchException;
import io.moldau.records.RecordBatch;
import io.moldau.records.RecordBatches;
import io.moldau.records.TimestampType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes batches to the end of one log, and has everybody take note who must. Under the log's monitor.
final class LogWriter {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final PartitionLog log;
    private final LogDirectory directory;
    private final SegmentList segments;
    private final LogEnds ends;
    private final FlushIntervals flushes;
    private boolean unjournaledBytes;
    private boolean hasFolder;
    private @Nullable Succession succession;

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

    AppendResult append(ByteBuffer batches, int leaderEpoch, AppendOrigin origin) {
        var failure = directory.failure();
        if (failure.isPresent()) {
            return ProducedBatches.refused(AppendError.KAFKA_STORAGE_ERROR, failure.get());
        }
        var id = log.id();
        if (log.isDeleted()) {
            return ProducedBatches.refused(AppendError.KAFKA_STORAGE_ERROR, id + " is deleted");
        }
        int size = batches.remaining();
        if (!directory.flusher().hasRoomFor(size)) {
            return ProducedBatches.refused(
                    AppendError.REQUEST_TIMED_OUT, "too many bytes wait for the disk; try again");
        }
        var noRoom = directory.room().refusal(size, origin);
        if (noRoom != null) {
            return ProducedBatches.refused(AppendError.KAFKA_STORAGE_ERROR, noRoom);
        }
        try {
            log.wake();
            var settings = log.settings();
            var views = RecordBatches.splitTrusted(batches);
            var checks = new ProducedBatches(
                    settings,
                    log.producers,
                    ends.start(),
                    ends.end(),
                    directory.clock().wallMs());
            var answer = checks.check(views, size, origin);
            return answer != null ? answer : write(views, batches.slice(), leaderEpoch, origin, settings);
        } catch (InvalidBatchException invalid) {
            return ProducedBatches.refused(AppendError.of(invalid.error()), String.valueOf(invalid.getMessage()));
        } catch (DiskFullException full) {
            directory.ranOut(full);
            var text = String.valueOf(directory.room().refusal(size, origin));
            return ProducedBatches.refused(AppendError.KAFKA_STORAGE_ERROR, text);
        } catch (IOException failed) {
            directory.fail("writing to the log of " + id, failed);
            return ProducedBatches.refused(
                    AppendError.KAFKA_STORAGE_ERROR, "writing to the log of " + id + " failed: " + failed);
        }
    }

    private AppendResult write(
            List<RecordBatch> batches, ByteBuffer bytes, int leaderEpoch, AppendOrigin origin, LogSettings settings)
            throws IOException {
        boolean replicated = origin == AppendOrigin.REPLICATION;
        long appendTime = !replicated && settings.timestampType() == TimestampType.LOG_APPEND_TIME
                ? directory.clock().wallMs()
                : -1;
        if (!replicated) {
            long next = ends.end();
            for (var batch : batches) {
                if (appendTime >= 0) {
                    batch.stampLogAppendTime(appendTime);
                }
                batch.stamp(next, leaderEpoch);
                next = batch.nextOffset();
            }
        }
        log.note();
        makeFolder();
        put(batches, bytes.remaining(), settings);
        for (var batch : batches) {
            directory.tails().add(log.tail, batch);
        }
        publish(batches.getLast().nextOffset());
        if (settings.waitsForSync()) {
            directory.flusher().add(log, bytes, ends.end(), unjournaledBytes);
            unjournaledBytes = false;
        } else {
            unjournaledBytes = true;
            ends.allDurable();
            flushes.appended(batches.getLast().nextOffset() - batches.getFirst().baseOffset(), settings);
        }
        var next = succession;
        if (next != null) {
            next.follow(batches, bytes.remaining());
        }
        return new AppendResult.Appended(
                batches.getFirst().baseOffset(), batches.getLast().lastOffset(), appendTime, ends.start());
    }

    /// Batches with their offsets go into the active segment; all of them or, where the disk is full, none. Nobody
    /// sees them before [#publish].
    private void put(List<RecordBatch> batches, int size, LogSettings settings) throws IOException {
        var active = segments.activeFor(batches, size, settings, ends.end());
        var before = active.end();
        try {
            for (var batch : batches) {
                active.append(batch);
            }
        } catch (DiskFullException full) {
            active.backTo(before);
            throw full;
        }
        // From here on the batches are in the log.
        for (var batch : batches) {
            observe(active, batch);
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
            directory.flusher().add(log, NOTHING, ends.end(), true);
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
        active.append(batch);
        restore(active, batch, false);
    }
}
