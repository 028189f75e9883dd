package io.moldau.storage;

import io.moldau.environment.Clock;
import io.moldau.environment.Disk;
import io.moldau.environment.DiskFullException;
import io.moldau.environment.Environment;
import io.moldau.environment.Randomness;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A directory of partition logs, locked by this process, with the journal and the flusher they share.
public final class LogDirectory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogDirectory.class);
    static final String METADATA_FILE = "partition.metadata";
    static final String DELETED_SUFFIX = "-delete";

    /// A log that is to be.
    public record NewLog(PartitionId id, UuidBits topicId, LogSettings settings) {}

    private final Environment environment;
    private final Path path;
    private final LogDirectorySettings settings;
    private final DirectoryLock lock;
    private final OpenFiles files;
    private final DiskRoom room;
    private final Journal journal;
    private final Flusher flusher;
    private final Checkpoints checkpoints;
    private final Removals removals;
    private final TailCache tails;
    private final WriteBehind writeBehind;
    private final ConcurrentHashMap<PartitionId, PartitionLog> logs = new ConcurrentHashMap<>();
    private final List<Runnable> watchers = new CopyOnWriteArrayList<>();
    private List<MoveNote> moveNotes = List.of();
    private volatile @Nullable String failure;
    private volatile RecoveryReport recovery = new RecoveryReport(true, 0, 0, 0, List.of());

    private LogDirectory(
            Environment environment, Path path, LogDirectorySettings given, DirectoryLock lock, Checkpoint last)
            throws IOException {
        var disk = environment.disk();
        this.environment = environment;
        this.path = path;
        this.settings = given.onVolumeOf(disk.totalBytes(path), disk.mostOpenFiles());
        this.lock = lock;
        this.files = new OpenFiles(disk, settings.openFiles(), environment.clock(), this::checkpointSoon);
        this.room = new DiskRoom(disk, path, environment.clock(), settings.reserveBytes());
        this.removals = new Removals(environment, path);
        this.journal =
                new Journal(disk, path, settings.journalFirstBytes(), settings.journalBytes(), last.generation() + 1);
        this.checkpoints = new Checkpoints(this, journal, last);
        this.flusher =
                new Flusher(this, settings, journal, environment.threads().dedicated("moldau-flusher"));
        this.tails = new TailCache(settings.tailBytes());
        this.writeBehind = new WriteBehind(environment);
    }

    /// Locks the directory and recovers it. Every log has [LogSettings#DEFAULTS] until its settings are updated.
    public static LogDirectory open(Environment environment, Path directory, LogDirectorySettings settings)
            throws IOException {
        var disk = environment.disk();
        var lock = DirectoryLock.take(disk, directory);
        try {
            var last = CheckpointFile.read(disk, directory);
            var opened = new LogDirectory(environment, directory, settings, lock, last);
            var recovery = new DirectoryRecovery(opened, last);
            opened.recovery = recovery.run();
            opened.moveNotes = recovery.moveNotes();
            opened.checkpoints.begin(last, recovery.journalEnd(), recovery.unsynced());
            if (recovery.needsCheckpoint()) {
                opened.checkpoint(false);
            }
            var failed = opened.failure();
            if (failed.isPresent()) {
                throw new IOException(failed.get());
            }
            return opened;
        } catch (IOException | RuntimeException failed) {
            lock.release();
            throw failed;
        }
    }

    /// Stands for a directory that cannot be used: it has failed, and holds logs by name only.
    public static LogDirectory unusable(
            Environment environment, Path directory, LogDirectorySettings settings, String reason) {
        try {
            var stand = new LogDirectory(environment, directory, settings, DirectoryLock.NONE, Checkpoint.NONE);
            stand.failure = reason;
            return stand;
        } catch (IOException failed) {
            throw new UncheckedIOException("looking at " + directory, failed);
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

    Environment environment() {
        return environment;
    }

    Clock clock() {
        return environment.clock();
    }

    Randomness randomness() {
        return environment.randomness();
    }

    /// The disk, with a bound on open segment files: whoever renames or deletes segments does it here.
    Disk disk() {
        return files;
    }

    OpenFiles files() {
        return files;
    }

    DiskRoom room() {
        return room;
    }

    Checkpoints checkpoints() {
        return checkpoints;
    }

    Flusher flusher() {
        return flusher;
    }

    TailCache tails() {
        return tails;
    }

    WriteBehind writeBehind() {
        return writeBehind;
    }

    Removals removals() {
        return removals;
    }

    /// See [#create(List)].
    public PartitionLog create(PartitionId id, UuidBits topicId, LogSettings logSettings) {
        return create(List.of(new NewLog(id, topicId, logSettings))).getFirst();
    }

    /// New empty logs. A log is durable with the first record in it (the journal says so before), not before; its
    /// folder is made then, too.
    public List<PartitionLog> create(List<NewLog> wanted) {
        var created = new ArrayList<PartitionLog>(wanted.size());
        var items = new ArrayList<JournalItem>(wanted.size());
        for (var one : wanted) {
            var log = new PartitionLog(this, one.id, one.topicId, one.settings);
            if (logs.putIfAbsent(one.id, log) != null) {
                throw new IllegalStateException("there is a log " + one.id + " already");
            }
            created.add(log);
            items.add(new JournalItem.Create(one.topicId, one.id.partition(), one.id.topic()));
            checkpoints.note(log);
        }
        if (failure == null) {
            flusher.add(items);
        }
        return created;
    }

    void writeFolder(PartitionLog log) throws IOException {
        disk().createDirectories(log.path());
        PartitionMetadata.write(disk(), log.path(), log.topicId());
        log.namesChanged();
        checkpoints.namesChanged();
    }

    /// Takes in a log that is being moved here; a checkpoint knows it once it is noted.
    void reserve(PartitionLog log) throws IOException {
        if (logs.putIfAbsent(log.id(), log) != null) {
            throw new IOException("there is a log of " + log.id() + " in " + path + " already");
        }
    }

    /// Logs that were leaving when the process before ended.
    List<MoveNote> moveNotes() {
        return moveNotes;
    }

    /// Nobody may use this log before the next start; its files and its line in the checkpoint stay.
    void setAside(PartitionLog log) {
        logs.remove(log.id(), log);
    }

    void adopt(PartitionLog log) {
        logs.put(log.id(), log);
    }

    void namesChanged() {
        checkpoints.namesChanged();
    }

    void resumeJournal(Journal.Mark end, List<Journal.Mark> entries) {
        journal.resume(end, entries);
    }

    /// The next checkpoint knows this log no more.
    void forget(LogKey key) {
        checkpoints.removed(key);
    }

    /// The next checkpoint has something to say about this log.
    void note(PartitionLog log) {
        checkpoints.note(log);
    }

    public Optional<PartitionLog> log(PartitionId id) {
        return Optional.ofNullable(logs.get(id));
    }

    public Collection<PartitionLog> logs() {
        return List.copyOf(logs.values());
    }

    /// How many logs it holds.
    public int size() {
        return logs.size();
    }

    /// Removes a log: its folder is renamed now, and its files removed later.
    public void delete(PartitionLog log) throws IOException {
        if (!logs.remove(log.id(), log)) {
            return;
        }
        log.markDeleted();
        flusher.add(new JournalItem.Delete(log.topicId(), log.id().partition()));
        forget(log.key());
        var move = log.move();
        if (move != null) {
            move.sourceDeleted();
        }
        if (disk().exists(log.path())) {
            var gone =
                    path.resolve(log.id() + "." + Long.toHexString(randomness().nextLong()) + DELETED_SUFFIX);
            disk().rename(log.path(), gone);
            checkpoints.namesChanged();
            removals.later(log.settings().fileDeleteDelayMs(), () -> deleteFolder(gone));
        }
    }

    /// Files that belong to no log any more. Takes long, so nobody's monitor is held.
    void delete(List<Path> retired) {
        for (var file : retired) {
            removals.tryNow(() -> disk().deleteIfExists(file));
        }
        files.letGo();
    }

    void deleteFolder(Path folder) throws IOException {
        for (var name : disk().list(folder)) {
            disk().deleteIfExists(folder.resolve(name));
        }
        disk().deleteIfExists(folder);
    }

    /// Applies every log's retention now, brings to the disk what is only in the page cache, and closes files that
    /// nobody used since the last call. Takes the logs' locks for a moment each; call it where blocking is allowed.
    public void retain() {
        long now = clock().wallMs();
        for (var log : logs.values()) {
            try {
                log.retain(now);
            } catch (DiskFullException full) {
                ranOut(full);
            } catch (IOException failed) {
                fail("applying the retention of " + log.id(), failed);
            }
        }
        checkpoint(false);
        files.closeIdle();
    }

    /// Files that a checkpoint must forget before they go.
    void discard(PartitionLog log, List<Segment> segments, long delayMs) {
        checkpoints.discard(log, segments, delayMs);
        checkpointSoon();
    }

    public long usableBytes() throws IOException {
        return environment.disk().usableBytes(path);
    }

    /// Size of the volume.
    public long totalBytes() throws IOException {
        return environment.disk().totalBytes(path);
    }

    /// Why this directory takes no more appends, if so. A failed write ends it: what the disk has is not known then.
    public Optional<String> failure() {
        return Optional.ofNullable(failure);
    }

    /// Calls `watcher` (on a thread that may block) when the directory fails.
    public void onFailure(Runnable watcher) {
        watchers.add(watcher);
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
            LOG.error("The log directory {} is out of service: {}", path, text, cause);
            environment.threads().blocking().execute(() -> watchers.forEach(Runnable::run));
        }
    }

    /// A write that may be repeated failed for want of room.
    void ranOut(DiskFullException full) {
        room.ranOut();
        LOG.debug("{}", full.getMessage(), full);
    }

    void checkpointSoon() {
        checkpoints.soon();
    }

    void syncNames() throws IOException {
        checkpoints.syncNames();
    }

    /// False if it could not be written.
    boolean checkpoint(boolean clean) {
        return checkpoints.write(clean);
    }

    /// Ends cleanly: everything synced, a marker left, the lock released. The next open scans nothing.
    @Override
    public void close() throws IOException {
        if (failure == null) {
            flusher.flushNow();
        }
        checkpoint(true);
        if (checkpoints.end()) {
            flusher.close();
            journal.close();
            lock.release();
        }
    }
}
