package io.moldau.storage;

import io.moldau.environment.Clock;
import io.moldau.environment.Disk;
import io.moldau.environment.Environment;
import io.moldau.environment.Randomness;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A directory of partition logs, locked by this process, with the journal and the flusher they share.
public final class LogDirectory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogDirectory.class);
    static final String LOCK_FILE = ".lock";
    static final String METADATA_FILE = "partition.metadata";
    static final String DELETED_SUFFIX = "-delete";

    private record Discarded(PartitionLog log, List<Segment> segments, long delayMs) {}

    private final Environment environment;
    private final Path path;
    private final LogDirectorySettings settings;
    private final AutoCloseable lock;
    private final Journal journal;
    private final Flusher flusher;
    private final TailCache tails;
    private final ConcurrentHashMap<PartitionId, PartitionLog> logs = new ConcurrentHashMap<>();
    private volatile @Nullable String failure;
    private final ReentrantLock checkpointLock = new ReentrantLock();
    private final AtomicBoolean checkpointScheduled = new AtomicBoolean();
    private final AtomicBoolean namesChanged = new AtomicBoolean();
    private List<Discarded> discarded = new ArrayList<>();
    private volatile RecoveryReport recovery = new RecoveryReport(true, 0, 0, 0, List.of());
    private boolean closed;

    private LogDirectory(
            Environment environment, Path path, LogDirectorySettings settings, AutoCloseable lock, long generation) {
        this.environment = environment;
        this.path = path;
        this.settings = settings;
        this.lock = lock;
        this.journal = new Journal(
                environment.disk(), path, settings.journalFirstBytes(), settings.journalBytes(), generation);
        this.flusher =
                new Flusher(this, settings, journal, environment.threads().dedicated("moldau-flusher"));
        this.tails = new TailCache(settings.tailBytes());
    }

    /// Locks the directory and recovers it. Every log has [LogSettings#DEFAULTS] until its settings are updated.
    public static LogDirectory open(Environment environment, Path directory, LogDirectorySettings settings)
            throws IOException {
        var disk = environment.disk();
        createDurably(disk, directory);
        AutoCloseable lock;
        try {
            lock = disk.lock(directory.resolve(LOCK_FILE));
        } catch (IOException held) {
            throw new IOException(
                    "the data directory " + directory + " cannot be used: " + held.getMessage()
                            + "; stop the other process or choose another directory",
                    held);
        }
        try {
            var last = Checkpoint.read(disk, directory);
            var opened = new LogDirectory(environment, directory, settings, lock, last.generation() + 1);
            opened.recovery = new DirectoryRecovery(opened, last).run();
            opened.checkpoint(false);
            var failed = opened.failure();
            if (failed.isPresent()) {
                throw new IOException(failed.get());
            }
            return opened;
        } catch (IOException | RuntimeException failed) {
            release(lock);
            throw failed;
        }
    }

    private static void createDurably(Disk disk, Path directory) throws IOException {
        var missing = new ArrayList<Path>();
        for (Path at = directory.toAbsolutePath(); at != null && !disk.exists(at); at = at.getParent()) {
            missing.add(at);
        }
        disk.createDirectories(directory);
        for (var created : missing) {
            var parent = created.getParent();
            if (parent != null) {
                disk.syncDirectory(parent);
            }
        }
    }

    private static void release(AutoCloseable lock) throws IOException {
        try {
            lock.close();
        } catch (IOException failed) {
            throw failed;
        } catch (Exception failed) {
            throw new IOException("releasing the directory's lock", failed);
        }
    }

    /// What opening found and did.
    public RecoveryReport recovery() {
        return recovery;
    }

    public Path path() {
        return path;
    }

    LogDirectorySettings settings() {
        return settings;
    }

    Clock clock() {
        return environment.clock();
    }

    Randomness randomness() {
        return environment.randomness();
    }

    Disk disk() {
        return environment.disk();
    }

    Flusher flusher() {
        return flusher;
    }

    TailCache tails() {
        return tails;
    }

    /// A new empty log. It is durable with the first record in it (the journal says so before), not before.
    public PartitionLog create(PartitionId id, UuidBits topicId, LogSettings logSettings) throws IOException {
        var log = new PartitionLog(this, id, topicId, logSettings);
        if (logs.putIfAbsent(id, log) != null) {
            throw new IllegalStateException("there is a log " + id + " already");
        }
        try {
            writeFolder(log);
        } catch (IOException failed) {
            logs.remove(id);
            throw failed;
        }
        flusher.add(new JournalItem.Create(topicId, id.partition(), id.topic()));
        return log;
    }

    void writeFolder(PartitionLog log) throws IOException {
        disk().createDirectories(log.path());
        PartitionMetadata.write(disk(), log.path(), log.topicId());
        log.namesChanged();
        namesChanged.set(true);
    }

    void adopt(PartitionLog log) {
        logs.put(log.id(), log);
    }

    void namesChanged() {
        namesChanged.set(true);
    }

    public Optional<PartitionLog> log(PartitionId id) {
        return Optional.ofNullable(logs.get(id));
    }

    public Collection<PartitionLog> logs() {
        return List.copyOf(logs.values());
    }

    /// Removes a log: its folder is renamed now, and its files removed later.
    public void delete(PartitionLog log) throws IOException {
        if (!logs.remove(log.id(), log)) {
            return;
        }
        log.markDeleted();
        flusher.add(new JournalItem.Delete(log.topicId(), log.id().partition()));
        var gone = path.resolve(log.id() + "." + Long.toHexString(randomness().nextLong()) + DELETED_SUFFIX);
        disk().rename(log.path(), gone);
        namesChanged.set(true);
        later(log.settings().fileDeleteDelayMs(), () -> deleteFolder(gone));
    }

    /// Runs a clean-up that may fail without harm: what is left is removed at the next start.
    private void later(long delayMs, CleanUp task) {
        environment
                .timers()
                .schedule(
                        delayMs,
                        () -> environment.threads().blocking().execute(() -> {
                            try {
                                task.run();
                            } catch (IOException failed) {
                                LOG.warn("removing old files in {}: {}", path, failed.toString());
                            }
                        }));
    }

    private interface CleanUp {
        void run() throws IOException;
    }

    void deleteFolder(Path folder) throws IOException {
        for (var name : disk().list(folder)) {
            disk().deleteIfExists(folder.resolve(name));
        }
        disk().deleteIfExists(folder);
    }

    /// Applies every log's retention now, and brings to the disk what is only in the page cache. Takes the logs' locks
    /// for a moment each; call it where blocking is allowed.
    public void retain() {
        long now = clock().wallMs();
        for (var log : logs.values()) {
            try {
                log.retain(now);
            } catch (IOException failed) {
                fail("applying the retention of " + log.id(), failed);
            }
        }
        checkpoint(false);
    }

    /// Files that a checkpoint must forget before they go.
    void discard(PartitionLog log, List<Segment> segments, long delayMs) {
        synchronized (this) {
            discarded.add(new Discarded(log, List.copyOf(segments), delayMs));
        }
        checkpointSoon();
    }

    public long usableBytes() throws IOException {
        return disk().usableBytes(path);
    }

    /// Why this directory takes no more appends, if so. A failed write ends it: what the disk has is not known then.
    public Optional<String> failure() {
        return Optional.ofNullable(failure);
    }

    void fail(String doing, Throwable cause) {
        var text = doing + " in " + path + " failed: " + cause + "; restart the node when the disk is well again";
        boolean first;
        synchronized (this) {
            first = failure == null;
            if (first) {
                failure = text;
            }
        }
        if (first) {
            LOG.error("the data directory is out of service: {}", text, cause);
        }
    }

    void checkpointSoon() {
        if (checkpointScheduled.compareAndSet(false, true)) {
            environment.threads().blocking().execute(() -> checkpoint(false));
        }
    }

    void syncNames() throws IOException {
        if (namesChanged.getAndSet(false)) {
            disk().syncDirectory(path);
        }
    }

    /// Syncs every segment that has unsynced bytes and writes down how far that is; the journal before it is free then.
    void checkpoint(boolean clean) {
        checkpointLock.lock();
        try {
            checkpointScheduled.set(false);
            if (closed || failure().isPresent()) {
                return;
            }
            // 1. Where the journal is. 2. Sync what was appended before that. 3. Write it down. 4. Free the journal.
            var mark = journal.head();
            List<Discarded> going;
            synchronized (this) {
                going = discarded;
                discarded = new ArrayList<>();
            }
            var lines = new LinkedHashMap<PartitionId, Checkpoint.Line>();
            for (var log : logs.values()) {
                lines.put(log.id(), log.syncDirty());
            }
            syncNames();
            new Checkpoint(clean, journal.generation(), mark.position(), mark.sequence(), lines).write(disk(), path);
            journal.release(mark);
            for (var log : logs.values()) {
                var line = lines.get(log.id());
                if (line != null) {
                    log.forgetSnapshots(line.recoveryPoint());
                }
            }
            for (var files : going) {
                later(files.delayMs, () -> files.log.deleteFiles(files.segments));
            }
        } catch (IOException | RuntimeException failed) {
            fail("a checkpoint", failed);
        } finally {
            checkpointLock.unlock();
        }
    }

    /// Ends cleanly: everything synced, a marker left, the lock released. The next open scans nothing.
    @Override
    public void close() throws IOException {
        flusher.flushNow();
        checkpoint(true);
        checkpointLock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            flusher.close();
            journal.close();
        } finally {
            checkpointLock.unlock();
        }
        release(lock);
    }
}
