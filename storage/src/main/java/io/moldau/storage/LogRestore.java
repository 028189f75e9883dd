package io.moldau.storage;

import java.util.List;

/// How a log gets to know what was there before: from a checkpoint, from its files, from another directory. Before
/// anybody else sees the log, or under its monitor.
final class LogRestore {
    private LogRestore() {}

    /// As a checkpoint says; its files are looked at when somebody needs them.
    static void atRest(PartitionLog log, Checkpoint.Line line, boolean hasFolder) {
        log.compaction().checkpointed(line.recoveryPoint());
        from(log, List.of(), line, hasFolder);
        if (hasFolder) {
            log.ends().stable(line.lastStable());
            log.segmentList().rest(line);
        }
    }

    /// As a checkpoint says, with the segments that were found.
    static void from(PartitionLog log, List<Segment> found, Checkpoint.Line line, boolean hasFolder) {
        log.writer().hasFolder(hasFolder);
        log.segmentList().awake(found);
        log.epochs(line.epochs());
        log.moves(line.moves());
        log.ends().start(line.logStart());
        publish(log, line.recoveryPoint());
        log.ends().allDurable();
    }

    /// A copy of another directory's log, up to `end`. Names of files changed.
    static void copied(PartitionLog log, List<Segment> found, PartitionLog from, long end) {
        log.writer().hasFolder(true);
        log.segmentList().set(found);
        log.moves(from.moves() + 1);
        log.ends().start(Math.min(from.ends().start(), end));
        log.ends().end(end, end);
    }

    private static void publish(PartitionLog log, long end) {
        log.ends().end(end, log.producers.transactions().stableBelow(end));
    }

    /// The journal or the checkpoint knows that the log starts here.
    static void start(PartitionLog log, long start) {
        log.trim().moveTo(Math.min(start, log.ends().end()));
        if (log.segmentList().resting() == null) {
            // At rest nothing is known of the producers but what the checkpoint said.
            log.publishStable();
        }
    }

    /// The files were cut.
    static void truncated(PartitionLog log, List<Segment> left, long end) {
        log.segmentList().set(left);
        log.tail.clear();
        log.epochs(log.epochs().truncateEnd(end));
        log.ends().start(Math.min(log.ends().start(), end));
        publish(log, end);
        log.ends().cutDurable();
    }
}
