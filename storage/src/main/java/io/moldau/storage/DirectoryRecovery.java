package io.moldau.storage;

import io.moldau.records.RecordBatches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Opens what an earlier process left in a log directory.
///
/// After a clean stop the checkpoint is believed. Else: each log is scanned from its recovery point and cut at the
/// first bad batch; then the journal's entries are replayed in order, each batch going where the log ends.
final class DirectoryRecovery {
    private record Key(UuidBits topicId, int partition) {}

    private final LogDirectory directory;
    private final Checkpoint last;
    private final Map<Key, LogRecovery> recovered = new LinkedHashMap<>();
    private final Set<PartitionId> nameless = new HashSet<>();
    private final Map<Key, Long> starts = new HashMap<>();
    private int segmentsScanned;
    private long replayedBytes;

    DirectoryRecovery(LogDirectory directory, Checkpoint last) {
        this.directory = directory;
        this.last = last;
    }

    RecoveryReport run() throws IOException {
        var disk = directory.disk();
        boolean clean = last.clean();
        for (var name : disk.list(directory.path())) {
            if (name.endsWith(LogDirectory.DELETED_SUFFIX)) {
                directory.deleteFolder(directory.path().resolve(name));
                continue;
            }
            var id = partitionOf(name);
            if (id.isPresent()) {
                clean &= open(id.get());
            }
        }
        if (!last.clean()) {
            Journal.replay(
                    disk,
                    directory.path(),
                    last.generation(),
                    new Journal.Mark(last.journalPosition(), last.journalSequence()),
                    this::replay);
        }
        for (var id : nameless) {
            // Created a moment before the crash: nobody was told that it exists or has records.
            directory.deleteFolder(directory.path().resolve(id.toString()));
        }
        var parts = new ArrayList<RecoveryReport.Partition>();
        for (var entry : recovered.entrySet()) {
            var log = entry.getValue();
            log.finish(starts.getOrDefault(entry.getKey(), 0L));
            directory.adopt(log.log());
            segmentsScanned += log.segmentsScanned();
            log.report().ifPresent(parts::add);
        }
        return new RecoveryReport(clean, recovered.size(), segmentsScanned, replayedBytes, List.copyOf(parts));
    }

    private static Optional<PartitionId> partitionOf(String name) {
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

    /// True if the checkpoint described the log as it is.
    private boolean open(PartitionId id) throws IOException {
        var folder = directory.path().resolve(id.toString());
        var line = last.logs().get(id);
        var topicId = PartitionMetadata.read(directory.disk(), folder);
        if (topicId.isEmpty() && line != null) {
            topicId = Optional.of(line.topicId());
            PartitionMetadata.write(directory.disk(), folder, line.topicId());
        }
        if (topicId.isEmpty()) {
            nameless.add(id);
            return true;
        }
        if (line != null && !line.topicId().equals(topicId.get())) {
            // Deleted and created again since.
            line = null;
        }
        var log = new PartitionLog(directory, id, topicId.get(), LogSettings.DEFAULTS);
        var recovery = new LogRecovery(log, line, last.generation() > 0);
        recovered.put(new Key(topicId.get(), id.partition()), recovery);
        return recovery.open(last.clean());
    }

    private void replay(ByteBuffer payload) throws IOException {
        while (payload.hasRemaining()) {
            var item = JournalItem.read(payload);
            var key = new Key(item.topicId(), item.partition());
            switch (item) {
                case JournalItem.Create create ->
                    replayCreate(key, new PartitionId(create.topic(), create.partition()));
                case JournalItem.Delete delete -> {
                    var gone = recovered.remove(key);
                    if (gone != null) {
                        directory.deleteFolder(gone.log().path());
                        directory.namesChanged();
                    }
                }
                case JournalItem.LogStart start -> starts.merge(key, start.offset(), Math::max);
                case JournalItem.Append append -> {
                    var log = recovered.get(key);
                    if (log != null) {
                        for (var batch : RecordBatches.splitTrusted(append.batches())) {
                            if (log.replay(batch)) {
                                replayedBytes += batch.sizeBytes();
                            }
                        }
                    }
                }
            }
        }
    }

    private void replayCreate(Key key, PartitionId id) throws IOException {
        if (recovered.containsKey(key)) {
            return;
        }
        for (var other : recovered.values()) {
            if (other.log().id().equals(id)) {
                // This name has a newer log already: the deletion of the one in the journal got through.
                return;
            }
        }
        nameless.remove(id);
        var log = new PartitionLog(directory, id, key.topicId(), LogSettings.DEFAULTS);
        directory.writeFolder(log);
        var recovery = new LogRecovery(log, null, true);
        recovered.put(key, recovery);
        recovery.open(false);
    }
}
