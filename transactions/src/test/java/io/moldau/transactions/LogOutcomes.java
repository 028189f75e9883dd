package io.moldau.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.records.ControlRecord;
import io.moldau.records.RecordBatch;
import io.moldau.records.RecordBatches;
import io.moldau.replication.Fetched;
import io.moldau.replication.Partition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// What a log's markers decided about the records before them, read without any state of the broker.
final class LogOutcomes {
    final List<String> committed = new ArrayList<>();
    final List<String> aborted = new ArrayList<>();
    private final Map<Long, List<String>> open = new HashMap<>();

    private LogOutcomes() {}

    static LogOutcomes of(Partition partition) {
        var outcomes = new LogOutcomes();
        long offset = partition.logStartOffset();
        while (offset < partition.highWatermark()) {
            if (!(partition.read(offset, 1 << 20, false, -1, true) instanceof Fetched.Read read)) {
                throw new AssertionError("the log cannot be read at " + offset);
            }
            try {
                for (var batch :
                        RecordBatches.splitTrusted(read.slice().orElseThrow().buffer())) {
                    if (batch.lastOffset() >= offset) {
                        outcomes.take(batch);
                    }
                    offset = batch.lastOffset() + 1;
                }
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
        return outcomes;
    }

    private void take(RecordBatch batch) {
        if (batch.isControl()) {
            var ended = open.remove(batch.producerId());
            if (ended != null) {
                (batch.controlRecord().type() == ControlRecord.Type.COMMIT ? committed : aborted).addAll(ended);
            }
            return;
        }
        batch.records()
                .forEachRemaining(record -> open.computeIfAbsent(batch.producerId(), id -> new ArrayList<>())
                        .add(StandardCharsets.UTF_8
                                .decode(Objects.requireNonNull(record.value()))
                                .toString()));
    }

    void assertNothingOpen() {
        assertThat(open).as("transactions without an end").isEmpty();
    }
}
