package io.moldau.storage;

import io.moldau.environment.Environment;
import io.moldau.storage.LogDirectory.NewLog;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The log directories of a node. Each has its own lock, journal, flusher and checkpoint; when one fails, the others go
/// on.
public final class LogDirectories implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogDirectories.class);

    private static final int MOST_PREFERRED = 10_000;

    private final List<LogDirectory> all;
    /// Where logs are to be that do not exist yet. Guarded by itself.
    private final Map<PartitionId, LogDirectory> preferred = new LinkedHashMap<>();

    public LogDirectories(List<LogDirectory> all) {
        if (all.isEmpty()) {
            throw new IllegalArgumentException("no log directory");
        }
        this.all = List.copyOf(all);
    }

    /// Opens all of them. One that cannot be used counts as failed, unless it is the first, which the node cannot do
    /// without.
    public static LogDirectories open(Environment environment, List<Path> paths, LogDirectorySettings settings)
            throws IOException {
        check(paths);
        var opened = new ArrayList<LogDirectory>();
        try {
            for (var path : paths) {
                opened.add(openOne(environment, path, settings, opened.isEmpty()));
            }
            settleDoubles(opened);
            settleNotes(opened);
        } catch (IOException | RuntimeException failed) {
            for (var directory : opened) {
                close(directory);
            }
            throw failed;
        }
        return new LogDirectories(opened);
    }

    private static LogDirectory openOne(
            Environment environment, Path path, LogDirectorySettings settings, boolean needed) throws IOException {
        try {
            return LogDirectory.open(environment, path, settings);
        } catch (IOException failed) {
            if (needed) {
                throw failed;
            }
            var text = "the log directory " + path + " cannot be used: " + failed.getMessage()
                    + "; its partitions are offline until the node is started with it well again";
            LOG.error("{}", text, failed);
            return LogDirectory.unusable(environment, path, settings, text);
        }
    }

    private static void check(List<Path> paths) throws IOException {
        var normal =
                paths.stream().map(path -> path.toAbsolutePath().normalize()).toList();
        for (int i = 0; i < normal.size(); i++) {
            for (int j = 0; j < normal.size(); j++) {
                if (i < j && normal.get(i).equals(normal.get(j))) {
                    throw new IOException("log.dirs names " + normal.get(i) + " twice: each directory once");
                }
                if (i != j
                        && !normal.get(i).equals(normal.get(j))
                        && normal.get(j).startsWith(normal.get(i))) {
                    throw new IOException("log.dirs names " + normal.get(j) + ", which is inside " + normal.get(i)
                            + ": log directories must lie side by side");
                }
            }
        }
    }

    /// A partition in two places: the node was stopped when the log was moved and the old one not removed yet. If no
    /// move explains it, nobody can say which is the right one.
    private static void settleDoubles(List<LogDirectory> opened) throws IOException {
        Map<LogKey, PartitionLog> seen = new LinkedHashMap<>();
        for (var directory : opened) {
            for (var log : directory.logs()) {
                var other = seen.putIfAbsent(log.key(), log);
                if (other == null) {
                    continue;
                }
                if (other.moves() == log.moves()) {
                    throw new IOException("the partition " + log.id() + " is in two log directories, "
                            + other.directory().path() + " and " + directory.path()
                            + ": move one of its folders away");
                }
                var left = log.moves() < other.moves() ? log : other;
                var right = left == log ? other : log;
                seen.put(log.key(), right);
                LOG.info(
                        "Removing the log of {} from {}: it was moved to {}",
                        left.id(),
                        left.directory().path(),
                        right.directory().path());
                left.directory().delete(left);
                // Gone for good, also if the other directory is lost at the next start.
                if (!left.directory().flusher().flushNow() || !left.directory().checkpoint(false)) {
                    LOG.warn(
                            "{} does not forget the log of {} yet",
                            left.directory().path(),
                            left.id());
                }
            }
        }
    }

    /// A note may go when it is on disk that what it warns of is gone.
    private static void settleNotes(List<LogDirectory> opened) throws IOException {
        for (var directory : opened) {
            var notes = directory.moveNotes();
            boolean settled = !notes.isEmpty() && directory.flusher().flushNow() && directory.checkpoint(false);
            for (var note : notes) {
                note.settle(opened, settled);
            }
        }
    }

    public List<LogDirectory> all() {
        return all;
    }

    /// Those of the directories that are well.
    public List<PartitionLog> logs() {
        var logs = new ArrayList<PartitionLog>();
        for (var directory : all) {
            if (directory.failure().isEmpty()) {
                logs.addAll(directory.logs());
            }
        }
        return logs;
    }

    public Optional<PartitionLog> log(PartitionId id) {
        for (var directory : all) {
            var log = directory.log(id);
            if (log.isPresent()) {
                return log;
            }
        }
        return Optional.empty();
    }

    /// The directory of this path, as somebody may write it.
    public Optional<LogDirectory> at(String path) {
        Path wanted;
        try {
            wanted = Path.of(path);
        } catch (InvalidPathException no) {
            return Optional.empty();
        }
        return all.stream()
                .filter(it -> wanted.isAbsolute()
                        && it.path().toAbsolutePath().normalize().equals(wanted.normalize()))
                .findFirst();
    }

    /// The log of this partition, if it is ever made, is to be there; remembered for the latest of many, and until the
    /// node stops.
    public void prefer(PartitionId id, LogDirectory directory) {
        synchronized (preferred) {
            preferred.remove(id);
            preferred.put(id, directory);
            if (preferred.size() > MOST_PREFERRED) {
                var oldest = preferred.keySet().iterator();
                oldest.next();
                oldest.remove();
            }
        }
    }

    private int preferred(PartitionId id, List<LogDirectory> well) {
        synchronized (preferred) {
            var wanted = preferred.remove(id);
            return wanted == null ? -1 : well.indexOf(wanted);
        }
    }

    /// New logs, each where it is preferred, or where there are the fewest; in their order. While a directory has
    /// failed, a log that is not
    /// found may be in it: then `mayBeLost` are made there, by name only, offline.
    public List<PartitionLog> create(List<NewLog> wanted, boolean mayBeLost) {
        var failed = all.stream().filter(it -> it.failure().isPresent()).findFirst();
        var well = all.stream().filter(it -> it.failure().isEmpty()).toList();
        if (failed.isPresent() && (mayBeLost || well.isEmpty())) {
            return failed.get().create(wanted);
        }
        var sizes = new int[well.size()];
        var shares = new ArrayList<List<NewLog>>();
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = well.get(i).size();
            shares.add(new ArrayList<>());
        }
        for (var one : wanted) {
            int chosen = preferred(one.id(), well);
            if (chosen < 0) {
                chosen = least(sizes);
            }
            sizes[chosen]++;
            shares.get(chosen).add(one);
        }
        var created = new LinkedHashMap<PartitionId, PartitionLog>();
        for (int i = 0; i < sizes.length; i++) {
            for (var log : well.get(i).create(shares.get(i))) {
                created.put(log.id(), log);
            }
        }
        return wanted.stream()
                .map(one -> Optional.ofNullable(created.get(one.id())).orElseThrow())
                .toList();
    }

    private static int least(int[] sizes) {
        int least = 0;
        for (int i = 1; i < sizes.length; i++) {
            if (sizes[i] < sizes[least]) {
                least = i;
            }
        }
        return least;
    }

    /// See [LogDirectory#retain].
    public void retain() {
        all.stream().filter(it -> it.failure().isEmpty()).forEach(LogDirectory::retain);
    }

    private static void close(LogDirectory directory) {
        try {
            directory.close();
        } catch (IOException failed) {
            LOG.error("Closing {} failed; the next start will recover it", directory.path(), failed);
        }
    }

    /// Ends them all cleanly, as far as they are well.
    @Override
    public void close() {
        all.forEach(LogDirectories::close);
    }
}
