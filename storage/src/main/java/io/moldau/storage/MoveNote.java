package io.moldau.storage;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Says in the directory that a log is leaving that another one may answer for it from now on: a file
/// `topic-partition.<hex>-moving` with the path of that one. Were it lost at the next start, nobody could say which of
/// the two logs is right, so the one that is left is not used either.
///
/// @param name of the file
record MoveNote(LogDirectory directory, String name) {
    static final String SUFFIX = "-moving";
    private static final Logger LOG = LoggerFactory.getLogger(MoveNote.class);

    /// Durable when it returns.
    static MoveNote write(PartitionLog leaving, LogDirectory target) throws IOException {
        var from = leaving.directory();
        var note = new MoveNote(
                from, leaving.id() + "." + Long.toHexString(from.randomness().nextLong()) + SUFFIX);
        AtomicFile.write(from.disk(), note.file(), text(target.path()).getBytes(StandardCharsets.UTF_8));
        return note;
    }

    static boolean isNote(String name) {
        return name.endsWith(SUFFIX) || name.endsWith(SUFFIX + ".tmp");
    }

    private static String text(Path directory) {
        return directory.toAbsolutePath().normalize().toString();
    }

    private Path file() {
        return directory.path().resolve(name);
    }

    private Optional<PartitionId> partition() {
        int dot = name.lastIndexOf('.');
        return name.endsWith(SUFFIX) && dot > 0
                ? DirectoryRecovery.partitionOf(name.substring(0, dot))
                : Optional.empty();
    }

    void remove() throws IOException {
        directory.disk().deleteIfExists(file());
    }

    /// At a start, when it is settled of which of two logs more is known: notes that matter no more go.
    ///
    /// @param all the directories, lost ones among them
    /// @param mayGo it is on disk which logs of this directory were deleted
    void settle(List<LogDirectory> all, boolean mayGo) throws IOException {
        var text = new String(AtomicFile.read(directory.disk(), file()), StandardCharsets.UTF_8);
        var lost = all.stream()
                .filter(it -> it.failure().isPresent() && text(it.path()).equals(text))
                .findFirst();
        var log = partition().flatMap(directory::log);
        if (lost.isEmpty() || log.isEmpty()) {
            if (mayGo) {
                remove();
            }
            return;
        }
        LOG.error(
                "{} was being moved from {} to {} when the node was killed: it is offline until that directory is back",
                log.get().id(),
                directory.path(),
                text);
        directory.setAside(log.get());
    }
}
