package io.moldau.storage;

import io.moldau.records.ControlRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What a partition must hold.
final class PartitionModel {
    /// @param marker of the transactional producer, whose records have sequence numbers of their own
    record Written(
            long baseOffset,
            long lastOffset,
            int sequence,
            boolean transactional,
            ControlRecord.@Nullable Type marker,
            List<String> values) {}

    final PartitionId id;
    final UuidBits topicId;
    LogSettings settings;
    final List<Written> batches = new ArrayList<>();
    long logStart;
    long end;
    long acknowledged;
    int nextSequence;
    int epoch;
    boolean cut;

    PartitionModel(PartitionId id, UuidBits topicId, LogSettings settings) {
        this.id = id;
        this.topicId = topicId;
        this.settings = settings;
    }

    /// What is at or behind an offset is gone.
    void cutTo(long offset) {
        batches.removeIf(batch -> batch.lastOffset >= offset);
        end = offset;
        nextSequence = batches.stream()
                .filter(batch -> batch.sequence >= 0 && !batch.transactional)
                .mapToInt(batch -> batch.sequence + batch.values.size())
                .max()
                .orElse(0);
    }

    /// What was written by the transactional producer and is not decided.
    List<Written> open() {
        var open = new ArrayList<Written>();
        for (var batch : batches) {
            if (batch.marker != null) {
                open.clear();
            } else if (batch.transactional) {
                open.add(batch);
            }
        }
        return open;
    }

    /// Where the open transaction begins as far as it lies at or above an offset, at least the log's start.
    long stable(long fromOffset, long logStart) {
        return open().stream()
                .filter(batch -> batch.lastOffset >= fromOffset)
                .mapToLong(batch -> Math.max(batch.baseOffset, logStart))
                .findFirst()
                .orElse(end);
    }

    int nextTransactionalSequence() {
        int next = 0;
        for (var batch : batches) {
            if (batch.transactional && batch.marker == null) {
                next = batch.sequence + batch.values.size();
            }
        }
        return next;
    }

    /// What a reader of committed records must get below an offset.
    List<String> committed(long below) {
        var visible = new TreeMap<Long, String>();
        var open = new TreeMap<Long, String>();
        for (var batch : batches) {
            if (batch.marker == ControlRecord.Type.COMMIT) {
                visible.putAll(open);
            }
            if (batch.marker != null) {
                open.clear();
            }
            for (int i = 0; i < batch.values.size(); i++) {
                (batch.transactional ? open : visible).put(batch.baseOffset + i, batch.values.get(i));
            }
        }
        return List.copyOf(visible.subMap(logStart, Math.max(logStart, below)).values());
    }
}
