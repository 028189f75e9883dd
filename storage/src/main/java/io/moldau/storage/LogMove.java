package io.moldau.storage;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One log on its way to another directory (KIP-113), step by step on the mover's thread:
/// waiting for a compaction under way -> copying -> handing over -> committing -> taking over -> moved.
/// What fails leads back: the log stays where it was.
final class LogMove {
    /// The next step comes when [LogMoves#resume] says so.
    static final long SUSPENDED = -1;

    static final long OVER = -2;

    private static final Logger LOG = LoggerFactory.getLogger(LogMove.class);
    private static final long LOOK_AGAIN_MS = 100;
    private static final long RETRY_MS = 1000;
    /// With so much left to copy a log is handed over that grows fast.
    private static final long LARGEST_TAIL_BYTES = 16 << 20;

    private enum Stage {
        WAITING,
        COPYING,
        HANDING_OVER,
        COMMITTING,
        TAKING_OVER,
        MOVED,
        BACK
    }

    private final LogMoves moves;
    private final PartitionLog source;
    private final LogDirectory target;
    private volatile Stage stage = Stage.WAITING;
    private volatile @Nullable FutureLog future;
    private @Nullable Succession succession;
    private boolean compactionRests;
    private long tailBytes;
    private String problem = "";
    // Guarded by this.
    private boolean cancelled;
    private boolean handingOver;
    private @Nullable PartitionLog next;
    private @Nullable LogDirectory then;

    LogMove(LogMoves moves, PartitionLog source, LogDirectory target) {
        this.moves = moves;
        this.source = source;
        this.target = target;
        this.tailBytes = moves.tailBytes();
        source.move(this);
    }

    PartitionLog source() {
        return source;
    }

    LogDirectory target() {
        return target;
    }

    /// Bytes that the copy has.
    long copiedBytes() {
        var copy = future;
        return copy == null ? 0 : copy.sizeBytes();
    }

    /// Records that the copy lacks.
    long offsetLag() {
        var copy = future;
        return Math.max(0, source.ends().end() - (copy == null ? source.ends().start() : copy.end()));
    }

    /// Whether the log will be there when all that was asked for is done.
    synchronized boolean isToward(LogDirectory directory) {
        return (then == null ? target : then) == directory;
    }

    /// False if it is too late: then what was asked for last comes afterwards.
    synchronized boolean cancel(LogDirectory instead) {
        if (handingOver) {
            then = instead;
            return false;
        }
        cancelled = true;
        return true;
    }

    synchronized boolean isCancelled() {
        return cancelled;
    }

    synchronized @Nullable LogDirectory then() {
        return then;
    }

    /// Nothing but this may decide now what the checkpoints say of the log.
    synchronized boolean isHandingOver() {
        return handingOver;
    }

    /// The partition's topic was deleted, and the log with it.
    void sourceDeleted() throws IOException {
        PartitionLog left;
        synchronized (this) {
            cancelled = true;
            left = next;
        }
        if (left != null) {
            target.delete(left);
        }
    }

    /// Does one step; how long to pause then, [#SUSPENDED] or [#OVER].
    long step() {
        try {
            return switch (stage) {
                case WAITING -> await();
                case COPYING -> copy();
                case HANDING_OVER -> handOver();
                case COMMITTING -> commit();
                case TAKING_OVER -> throw new IllegalStateException("a step while the owner works");
                case MOVED -> moved();
                case BACK -> back();
            };
        } catch (IOException | RuntimeException failed) {
            return failed(failed);
        }
    }

    private long await() throws IOException {
        if (isCancelled()) {
            return over();
        }
        if (!source.compaction().begin()) {
            return LOOK_AGAIN_MS;
        }
        compactionRests = true;
        stage = Stage.COPYING;
        future = new FutureLog(source, target, moves.scratch());
        return 0;
    }

    private FutureLog copyUnderWay() {
        var copy = future;
        if (copy == null) {
            throw new IllegalStateException("nothing was copied");
        }
        return copy;
    }

    private long copy() throws IOException {
        if (isCancelled()) {
            return abandon();
        }
        checkRoom();
        var copy = copyUnderWay();
        int bytes = copy.copy(moves.pieceBytes());
        if (copy.remainingBytes() > tailBytes) {
            return moves.pauseMs(bytes);
        }
        copy.sync();
        // The checkpoint for which the producers will wait shall not have to sync what others wrote.
        if (!target.checkpoint(false)) {
            throw new IOException("no checkpoint could be written in " + target.path());
        }
        if (copy.remainingBytes() > tailBytes) {
            tailBytes = Math.min(2 * tailBytes, LARGEST_TAIL_BYTES);
            return moves.pauseMs(bytes);
        }
        stage = Stage.HANDING_OVER;
        return moves.pauseMs(bytes);
    }

    private void checkRoom() throws IOException {
        var failure = target.failure();
        if (failure.isPresent()) {
            throw new IOException(failure.get());
        }
        var noRoom = target.room().refusal(moves.pieceBytes(), AppendOrigin.REPLICATION);
        if (noRoom != null) {
            throw new IOException(noRoom);
        }
    }

    private long handOver() throws IOException {
        // What the directory's journal says of an earlier life of this log there must lie before its checkpoint.
        if (!target.flusher().flushNow()) {
            throw new IOException("the disk of " + target.path() + " is full");
        }
        PartitionLog heir;
        synchronized (this) {
            if (cancelled) {
                return abandon();
            }
            handingOver = true;
            heir = copyUnderWay().become();
            next = heir;
        }
        succession = new Succession(source, heir);
        moves.owner().execute(source, this::begin);
        return SUSPENDED;
    }

    private Succession successionUnderWay() {
        var both = succession;
        if (both == null) {
            throw new IllegalStateException("nothing is handed over");
        }
        return both;
    }

    /// On the partition's strand.
    private void begin() {
        try {
            successionUnderWay().begin(copyUnderWay());
            stage = Stage.COMMITTING;
        } catch (IOException | RuntimeException failed) {
            problem = String.valueOf(failed.getMessage());
            stage = Stage.BACK;
        }
        moves.resume(this, 0);
    }

    private long commit() throws IOException {
        successionUnderWay().commit();
        stage = Stage.TAKING_OVER;
        moves.owner().execute(source, this::takeOver);
        return SUSPENDED;
    }

    /// On the partition's strand.
    private void takeOver() {
        try {
            boolean done = successionUnderWay().finish(moves.owner());
            problem = done ? "" : "the partition does not take it";
            stage = done ? Stage.MOVED : Stage.BACK;
        } catch (IOException | RuntimeException failed) {
            problem = String.valueOf(failed.getMessage());
            stage = Stage.BACK;
        }
        moves.resume(this, 0);
    }

    private long moved() throws IOException {
        source.move(null);
        var from = source.directory();
        moves.tell(source.id(), "it was moved from " + from.path() + " to " + target.path());
        if (from.failure().isEmpty()) {
            from.delete(source);
            // A creation that was not journaled yet must not come back without the deletion.
            if (from.flusher().flushNow() && from.checkpoint(false)) {
                successionUnderWay().forget();
            }
        }
        return OVER;
    }

    private long back() throws IOException {
        var both = successionUnderWay();
        boolean stays = !source.isDeleted();
        if (stays && !both.fence()) {
            if (source.directory().failure().isEmpty()) {
                return RETRY_MS;
            }
            // Which of the two logs is the right one, the next start finds out.
            return over();
        }
        discardNext();
        if (stays) {
            both.release();
            tellOfFailure();
        }
        over();
        both.forget();
        return OVER;
    }

    /// Before anything is acknowledged again: were the old directory lost at the next start, this one must not answer.
    private void discardNext() {
        PartitionLog left;
        synchronized (this) {
            left = next;
        }
        if (left == null || target.failure().isPresent()) {
            return;
        }
        try {
            target.delete(left);
            if (!target.flusher().flushNow() || !target.checkpoint(false)) {
                LOG.warn("{} does not forget the copy of {} yet", target.path(), source.id());
            }
        } catch (IOException | RuntimeException failed) {
            LOG.warn("the copy of {} in {} goes at the next start: {}", source.id(), target.path(), failed.toString());
        }
    }

    private long failed(Exception failure) {
        LOG.debug("moving {} to {}", source.id(), target.path(), failure);
        if (stage == Stage.MOVED || stage == Stage.BACK) {
            LOG.warn(
                    "removing what is left of {} failed; it is tried again at the next start: {}",
                    source.id(),
                    failure.toString());
            return over();
        }
        problem = String.valueOf(failure.getMessage());
        if (succession != null) {
            stage = Stage.BACK;
            return 0;
        }
        if (!source.isDeleted() && !isCancelled()) {
            tellOfFailure();
        }
        return abandon();
    }

    private void tellOfFailure() {
        LOG.warn(
                "moving {} to {} failed: {}; it stays in {}",
                source.id(),
                target.path(),
                problem,
                source.directory().path());
        moves.tell(
                source.id(),
                "moving it to " + target.path() + " failed: " + problem + "; it stays in "
                        + source.directory().path());
    }

    /// Before anything was handed over.
    private long abandon() {
        var copy = future;
        if (copy != null) {
            try {
                copy.remove();
            } catch (IOException left) {
                LOG.warn(
                        "the copy of {} in {} goes at the next start: {}", source.id(), target.path(), left.toString());
            }
        }
        return over();
    }

    private long over() {
        if (compactionRests) {
            compactionRests = false;
            source.compaction().end();
        }
        if (source.move() == this) {
            source.move(null);
        }
        return OVER;
    }
}
