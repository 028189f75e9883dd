package io.moldau.storage;

import io.moldau.records.RecordBatches;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/// Opens what an earlier process left in a log directory.
///
/// After a clean stop the checkpoint is believed, and no log is looked at before somebody uses it. Else: a log whose
/// files end where the checkpoint says is believed too (two look-ups of a size, no file opened); the others are scanned
/// from their recovery point and cut at the first bad batch; then the journal's entries are replayed in order, each
/// batch going where the log ends.
final class DirectoryRecovery {
    /// Logs looked at side by side: a disk that was just switched on answers many questions as fast as one.
    private static final int AT_ONCE = 8;

    /// A line of the checkpoint, and what became of it.
    private static final class Opening {
        final Checkpoint.Line line;
        final boolean hasFolder;

        @Nullable
        Found found;

        boolean asWritten;

        Opening(Checkpoint.Line line, boolean hasFolder) {
            this.line = line;
            this.hasFolder = hasFolder;
        }
    }

    private static final class Found {
        final PartitionLog log;
        final Checkpoint.@Nullable Line line;

        @Nullable
        LogRecovery recovery;

        Found(PartitionLog log, Checkpoint.@Nullable Line line) {
            this.log = log;
            this.line = line;
        }
    }

    private final LogDirectory directory;
    private final Checkpoint last;
    private final boolean checkpointed;
    private final Map<LogKey, Found> logs = new LinkedHashMap<>();
    private final Map<PartitionId, LogKey> names = new HashMap<>();
    private final Set<PartitionId> nameless = new HashSet<>();
    private final Map<LogKey, Long> starts = new HashMap<>();
    private final List<MoveNote> notes = new ArrayList<>();
    private Journal.Mark journalEnd = new Journal.Mark(0, 1);
    private int segmentsScanned;
    private long replayedBytes;
    private boolean believed = true;
    private boolean outrun;

    DirectoryRecovery(LogDirectory directory, Checkpoint last) {
        this.directory = directory;
        this.last = last;
        this.checkpointed = last.generation() > 0;
    }

    RecoveryReport run() throws IOException {
        var folders = folders();
        openKnown(folders);
        for (var id : folders) {
            openUnknown(id);
        }
        if (!last.clean()) {
            var live = new ArrayList<Journal.Mark>();
            for (var start : last.journal()) {
                journalEnd = Journal.replay(
                        directory.disk(),
                        directory.path(),
                        start.generation(),
                        new Journal.Mark(start.position(), start.sequence()),
                        live,
                        this::replay);
            }
            Journal.syncFile(directory.disk(), directory.path());
            directory.resumeJournal(journalEnd, live);
        }
        for (var id : nameless) {
            // Created a moment before the crash: nobody was told that it exists or has records.
            directory.deleteFolder(directory.path().resolve(id.toString()));
            directory.namesChanged();
        }
        var parts = new ArrayList<RecoveryReport.Partition>();
        for (var entry : logs.entrySet()) {
            var found = entry.getValue();
            var start = starts.get(entry.getKey());
            if (start != null) {
                outrun |= start > found.log.view().logEndOffset();
                if (start > found.log.view().logStartOffset()) {
                    LogRestore.start(found.log, start);
                }
            }
            directory.adopt(found.log);
            var recovery = found.recovery;
            if (recovery != null) {
                segmentsScanned += recovery.segmentsScanned();
                recovery.report().ifPresent(parts::add);
            }
        }
        return new RecoveryReport(
                last.clean() && believed, logs.size(), segmentsScanned, replayedBytes, List.copyOf(parts));
    }

    /// Where the journal of the process before ended.
    Journal.Mark journalEnd() {
        return journalEnd;
    }

    /// Logs with bytes that no journal has and that may be in the page cache only, or with a tail that was cut.
    List<PartitionLog> unsynced() {
        var unsynced = new ArrayList<PartitionLog>();
        for (var found : logs.values()) {
            var recovery = found.recovery;
            if (recovery != null && recovery.mustSync()) {
                unsynced.add(found.log);
            }
        }
        return unsynced;
    }

    /// What says of logs that they were leaving.
    List<MoveNote> moveNotes() {
        return List.copyOf(notes);
    }

    /// The journal may not be read a second time: it moves the start of a log beyond its end (records that were not
    /// promised to survive are gone), and would do so again when the log has grown.
    boolean needsCheckpoint() {
        return outrun;
    }

    private Set<PartitionId> folders() throws IOException {
        var folders = new HashSet<PartitionId>();
        for (var name : directory.disk().list(directory.path())) {
            // A copy that was not finished is as good as none.
            if (name.endsWith(LogDirectory.DELETED_SUFFIX) || name.endsWith(FutureLog.SUFFIX)) {
                var gone = directory.path().resolve(name);
                directory.removals().later(0, () -> directory.deleteFolder(gone));
            } else if (MoveNote.isNote(name)) {
                notes.add(new MoveNote(directory, name));
            } else {
                partitionOf(name).ifPresent(folders::add);
            }
        }
        return folders;
    }

    static Optional<PartitionId> partitionOf(String name) {
        int dash = name.lastIndexOf('-');
        if (dash <= 0 || dash == name.length() - 1 || name.length() - dash > 10) {
            return Optional.empty();
        }
        for (int i = dash + 1; i < name.length(); i++) {
            if (name.charAt(i) < '0' || name.charAt(i) > '9') {
                return Optional.empty();
            }
        }
        return Optional.of(new PartitionId(name.substring(0, dash), Integer.parseInt(name.substring(dash + 1))));
    }

    private void openKnown(Set<PartitionId> folders) throws IOException {
        var openings = new ArrayList<Opening>(last.logs().size());
        for (var line : last.logs().values()) {
            openings.add(new Opening(line, folders.remove(line.id())));
        }
        var failures = new ConcurrentLinkedQueue<Exception>();
        // After a clean stop there is nothing to wait for.
        directory.environment().threads().each(last.clean() ? 0 : AT_ONCE, openings, opening -> {
            try {
                if (failures.isEmpty()) {
                    opening.asWritten = isAsWritten(opening.line, opening.hasFolder);
                    opening.found = open(opening.line, opening.hasFolder, opening.asWritten);
                }
            } catch (IOException | RuntimeException failed) {
                failures.add(failed);
            }
        });
        var failure = failures.peek();
        if (failure != null) {
            throw failure instanceof IOException known ? known : new IOException("opening a log: " + failure, failure);
        }
        for (var opening : openings) {
            believed &= opening.asWritten;
            put(Objects.requireNonNull(opening.found));
        }
    }

    /// Nothing here but the log itself is changed: others are opened at the same time.
    private Found open(Checkpoint.Line line, boolean hasFolder, boolean asWritten) throws IOException {
        if (asWritten) {
            var log = new PartitionLog(directory, line.id(), line.topicId(), LogSettings.DEFAULTS);
            LogRestore.atRest(log, line, hasFolder);
            return new Found(log, line);
        }
        if (!hasFolder) {
            return recovered(line.id(), line.topicId(), line);
        }
        var folder = directory.path().resolve(line.id().toString());
        var topicId = PartitionMetadata.read(directory.disk(), folder);
        if (topicId.isEmpty()) {
            PartitionMetadata.write(directory.disk(), folder, line.topicId());
        }
        // Another id: deleted and created again since.
        boolean same = topicId.isEmpty() || topicId.get().equals(line.topicId());
        if (!same) {
            directory.forget(line.key());
        }
        return recovered(line.id(), topicId.orElse(line.topicId()), same ? line : null);
    }

    /// The active segment of then has not grown or shrunk, and none follows it.
    private boolean isAsWritten(Checkpoint.Line line, boolean hasFolder) throws IOException {
        if (!hasFolder) {
            return line.sizeBytes() == 0;
        }
        if (last.clean()) {
            return true;
        }
        if (line.position() == 0) {
            return false;
        }
        var disk = directory.disk();
        var folder = directory.path().resolve(line.id().toString());
        // A segment behind lost bytes is found when the log wakes: see LogRecovery#wake.
        return disk.sizeIfExists(folder.resolve(Segment.fileName(line.segmentBase(), ".log"))) == line.position()
                && (line.recoveryPoint() == line.segmentBase()
                        || disk.sizeIfExists(folder.resolve(Segment.fileName(line.recoveryPoint(), ".log"))) < 0);
    }

    private void openUnknown(PartitionId id) throws IOException {
        var topicId = PartitionMetadata.read(directory.disk(), directory.path().resolve(id.toString()));
        if (topicId.isEmpty()) {
            nameless.add(id);
        } else {
            believed = false;
            recover(id, topicId.get(), null);
        }
    }

    private void recover(PartitionId id, UuidBits topicId, Checkpoint.@Nullable Line line) throws IOException {
        put(recovered(id, topicId, line));
    }

    private Found recovered(PartitionId id, UuidBits topicId, Checkpoint.@Nullable Line line) throws IOException {
        var found = new Found(new PartitionLog(directory, id, topicId, LogSettings.DEFAULTS), line);
        recovery(found);
        return found;
    }

    private void put(Found found) {
        var key = new LogKey(found.log.topicId(), found.log.id().partition());
        logs.put(key, found);
        names.put(found.log.id(), key);
    }

    private LogRecovery recovery(Found found) throws IOException {
        var known = found.recovery;
        if (known == null) {
            known = new LogRecovery(found.log, found.line, checkpointed);
            found.recovery = known;
            known.open();
        }
        return known;
    }

    private void replay(JournalEntry entry) throws IOException {
        for (var item : entry.items()) {
            var key = new LogKey(item.topicId(), item.partition());
            switch (item) {
                case JournalItem.Create create ->
                    replayCreate(key, new PartitionId(create.topic(), create.partition()));
                case JournalItem.Delete delete -> replayDelete(key);
                case JournalItem.LogStart start -> starts.merge(key, start.offset(), Math::max);
                case JournalItem.Append append -> {
                    var found = logs.get(key);
                    if (found != null) {
                        for (var batch : RecordBatches.splitTrusted(append.batches())) {
                            if (found.recovery == null
                                    && batch.lastOffset() < found.log.view().logEndOffset()) {
                                continue;
                            }
                            if (isGivenAway(key, found)) {
                                break;
                            }
                            if (recovery(found).replay(batch)) {
                                replayedBytes += batch.sizeBytes();
                            }
                        }
                    }
                }
            }
        }
    }

    /// The folder of a log that was believed was not looked at: it may be that of one that was created under its name
    /// since, and happens to have its size.
    private boolean isGivenAway(LogKey key, Found found) throws IOException {
        var folder = directory.path().resolve(found.log.id().toString());
        if (found.recovery != null || !directory.disk().exists(folder)) {
            return false;
        }
        var owner = PartitionMetadata.read(directory.disk(), folder);
        if (owner.isEmpty() || owner.get().equals(key.topicId())) {
            return false;
        }
        logs.remove(key);
        names.remove(found.log.id(), key);
        directory.forget(key);
        recover(found.log.id(), owner.get(), null);
        return true;
    }

    private void replayCreate(LogKey key, PartitionId id) throws IOException {
        // A name that is taken has a newer log already: the deletion of the one in the journal got through.
        if (logs.containsKey(key) || names.containsKey(id)) {
            return;
        }
        var log = new PartitionLog(directory, id, key.topicId(), LogSettings.DEFAULTS);
        var found = new Found(log, null);
        put(found);
        if (nameless.remove(id)) {
            directory.writeFolder(log);
            recovery(found);
        } else {
            directory.note(log);
        }
    }

    private void replayDelete(LogKey key) throws IOException {
        var gone = logs.remove(key);
        if (gone == null) {
            return;
        }
        gone.log.markDeleted();
        directory.forget(key);
        var id = gone.log.id();
        names.remove(id, key);
        var folder = directory.path().resolve(id.toString());
        if (!directory.disk().exists(folder)) {
            return;
        }
        var owner = PartitionMetadata.read(directory.disk(), folder);
        if (owner.isPresent() && !owner.get().equals(key.topicId())) {
            // The folder is of the log that was created under this name after the deletion.
            recover(id, owner.get(), null);
        } else {
            directory.deleteFolder(folder);
            directory.namesChanged();
        }
    }
}
