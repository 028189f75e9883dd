package io.moldau.storage;

import io.moldau.environment.Environment;
import io.moldau.environment.Threads;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Moves logs between the directories of a node while they are written and read (KIP-113), at a bounded rate, on a
/// thread of its own. A move that was not finished when the node stopped is forgotten.
public final class LogMoves implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogMoves.class);
    /// Logs whose compaction rests and whose segments are open; the others wait for their turn.
    private static final int MOST_AT_ONCE = 8;
    private static final int PIECE_BYTES = 1 << 20;
    private static final long TAIL_BYTES = 256 << 10;

    /// Those to whom the logs belong.
    public interface Owner {
        /// The log of a partition of this node, if it may be moved.
        Optional<PartitionLog> log(PartitionId id);

        /// Runs `task` where the log's changes happen, or at once if nobody changes it any more.
        void execute(PartitionLog log, Runnable task);

        /// Within [#execute]: `next` is the partition's log from now on; false if it cannot be.
        boolean replace(PartitionLog log, PartitionLog next);
    }

    /// A log's copy that is being filled.
    ///
    /// @param offsetLag records that it lacks
    public record Copy(LogDirectory directory, long sizeBytes, long offsetLag) {}

    private final Environment environment;
    private final Owner owner;
    private final LongSupplier bytesPerSecond;
    private final BiConsumer<PartitionId, String> told;
    private final int pieceBytes;
    private final long tailBytes;
    private final Threads.Dedicated thread;
    private final CleanerThrottle throttle;
    /// Changed under this object's monitor.
    private final Map<PartitionId, LogMove> underWay = new ConcurrentHashMap<>();
    private final ArrayDeque<LogMove> waiting = new ArrayDeque<>();
    private int running;
    private @Nullable ByteBuffer scratch;
    private final ReentrantLock stepping = new ReentrantLock();
    private volatile boolean closed;

    /// @param bytesPerSecond most bytes copied, asked again and again
    /// @param told what became of a move
    public LogMoves(
            Environment environment, Owner owner, LongSupplier bytesPerSecond, BiConsumer<PartitionId, String> told) {
        this(environment, owner, bytesPerSecond, told, PIECE_BYTES, TAIL_BYTES);
    }

    /// @param pieceBytes copied in one go
    /// @param tailBytes with so little left to copy a log is handed over
    LogMoves(
            Environment environment,
            Owner owner,
            LongSupplier bytesPerSecond,
            BiConsumer<PartitionId, String> told,
            int pieceBytes,
            long tailBytes) {
        this.pieceBytes = pieceBytes;
        this.tailBytes = tailBytes;
        this.environment = environment;
        this.owner = owner;
        this.bytesPerSecond = bytesPerSecond;
        this.told = told;
        this.thread = environment.threads().dedicated("moldau-mover");
        this.throttle = new CleanerThrottle(environment.clock());
    }

    /// Has the partition's log moved to `target`, in place of where it was to go before. Naming the directory that
    /// it is in ends a move under way. Returns at once.
    public void move(PartitionId id, LogDirectory target) {
        LogMove begun;
        synchronized (this) {
            var present = underWay.get(id);
            if (present != null) {
                if (present.isToward(target) || !present.cancel(target)) {
                    return;
                }
                underWay.remove(id);
                tell(id, "moving it to " + present.target().path() + " was cancelled");
            }
            var log = owner.log(id);
            if (closed || log.isEmpty() || log.get().directory() == target) {
                return;
            }
            begun = new LogMove(this, log.get(), target);
            underWay.put(id, begun);
            waiting.add(begun);
        }
        tell(id, "it is to be moved from " + begun.source().directory().path() + " to " + target.path());
        startNext();
    }

    private void startNext() {
        LogMove first;
        synchronized (this) {
            first = running < MOST_AT_ONCE ? waiting.poll() : null;
            running += first == null ? 0 : 1;
        }
        if (first != null) {
            resume(first, 0);
        }
    }

    /// Memory for whoever works on the mover's thread.
    ByteBuffer scratch() {
        var known = scratch;
        if (known == null) {
            known = ByteBuffer.allocateDirect(pieceBytes);
            scratch = known;
        }
        return known;
    }

    /// The copy of this partition's log that is being filled, if one is.
    public Optional<Copy> copyOf(PartitionId id) {
        return Optional.ofNullable(underWay.get(id))
                .map(move -> new Copy(move.target(), move.copiedBytes(), move.offsetLag()));
    }

    Owner owner() {
        return owner;
    }

    int pieceBytes() {
        return pieceBytes;
    }

    long tailBytes() {
        return tailBytes;
    }

    long pauseMs(int bytes) {
        return throttle.delayMs(bytes, (double) bytesPerSecond.getAsLong());
    }

    void tell(PartitionId id, String what) {
        LOG.info("{}: {}", id, what);
        told.accept(id, what);
    }

    void resume(LogMove move, long delayMs) {
        if (closed) {
            return;
        }
        if (delayMs <= 0) {
            thread.execute(() -> work(move));
        } else {
            environment.timers().schedule(delayMs, () -> resume(move, 0));
        }
    }

    private void work(LogMove move) {
        stepping.lock();
        try {
            if (closed) {
                return;
            }
            long pause = move.step();
            if (pause == LogMove.OVER) {
                over(move);
            } else if (pause != LogMove.SUSPENDED) {
                resume(move, pause);
            }
        } finally {
            stepping.unlock();
        }
    }

    private void over(LogMove move) {
        var id = move.source().id();
        synchronized (this) {
            running--;
            underWay.remove(id, move);
            var then = move.then();
            if (then != null && !underWay.containsKey(id)) {
                move(id, then);
            }
        }
        startNext();
    }

    /// Waits for the step under way. Copies that are not finished are removed at the next start.
    @Override
    public void close() {
        closed = true;
        stepping.lock();
        try {
            thread.close();
        } finally {
            stepping.unlock();
        }
    }
}
