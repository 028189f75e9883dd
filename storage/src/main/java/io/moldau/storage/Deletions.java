package io.moldau.storage;

import io.moldau.environment.Environment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Deletes what belongs to no log any more, one file after the other, with pauses (decision 43).
///
/// A file system may tell its disk of every block that becomes free (`discard`), and the disk does nothing else
/// meanwhile: a sync that producers wait for takes its turn in the pauses. These last some times as long as the work
/// before them, less when many files wait, and there is none when many more do or when the disk is full.
///
/// What could not be deleted is tried again; what is left at the end goes when its log's folder is looked at again.
final class Deletions {
    private static final Logger LOG = LoggerFactory.getLogger(Deletions.class);
    /// Small files go together.
    private static final long LEAST_TURN_NANOS = 2_000_000;
    private static final int PAUSES_FOR_WORK = 4;
    private static final int MOST_WAITING = 1024;
    private static final long LONGEST_PAUSE_MS = 1000;
    private static final long AGAIN_MS = 60_000;

    private final Environment environment;
    private final OpenFiles files;
    private final DiskRoom room;
    private final ArrayDeque<Path> waiting = new ArrayDeque<>();
    private boolean running;
    private boolean ended;

    Deletions(Environment environment, OpenFiles files, DiskRoom room) {
        this.environment = environment;
        this.files = files;
        this.room = room;
    }

    /// These files, in this order.
    synchronized void add(List<Path> paths) {
        if (ended) {
            return;
        }
        waiting.addAll(paths);
        if (!running && !waiting.isEmpty()) {
            running = true;
            environment.threads().blocking().execute(this::turn);
        }
    }

    /// Deletes no more.
    synchronized void end() {
        ended = true;
        waiting.clear();
    }

    private void turn() {
        long began = environment.clock().nanos();
        long worked = 0;
        for (var next = next(); next != null; next = next()) {
            delete(next);
            worked = environment.clock().nanos() - began;
            if (worked >= LEAST_TURN_NANOS) {
                break;
            }
        }
        long pauseMs = pauseMs(worked);
        synchronized (this) {
            if (waiting.isEmpty()) {
                running = false;
                return;
            }
        }
        if (pauseMs == 0) {
            environment.threads().blocking().execute(this::turn);
        } else {
            environment
                    .timers()
                    .schedule(pauseMs, () -> environment.threads().blocking().execute(this::turn));
        }
    }

    private synchronized @Nullable Path next() {
        return waiting.poll();
    }

    private synchronized long pauseMs(long workedNanos) {
        if (room.isOut()) {
            return 0;
        }
        long few = Math.max(0, MOST_WAITING - waiting.size());
        return Math.min(LONGEST_PAUSE_MS, workedNanos * PAUSES_FOR_WORK / 1_000_000 * few / MOST_WAITING);
    }

    private void delete(Path file) {
        try {
            files.deleteIfExists(file);
            files.letGo();
        } catch (IOException failed) {
            LOG.warn("Deleting {} failed, to be tried again in a minute: {}", file, failed.toString());
            environment.timers().schedule(AGAIN_MS, () -> add(List.of(file)));
        }
    }
}
