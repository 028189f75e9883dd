package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import io.moldau.records.RecordBatch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A log that is compacted in a simulated world, and what tests do to it.
abstract class WithCompactedLog {
    static final Path DATA = Path.of("/data");
    static final PartitionId ID = new PartitionId("prices", 0);
    static final LogSettings SMALL = LogSettings.of(it -> it.segmentBytes(400)
            .indexIntervalBytes(100)
            .cleanupCompact(true)
            .cleanupDelete(false)
            .minCleanableDirtyRatio(0.01)
            .deleteRetentionMs(100_000));
    static final long BACKOFF_MS = 1000;

    final SimulatedWorld world = SimulatedWorld.of(1);
    LogDirectory directory;
    PartitionLog log;
    Cleaner cleaner;
    final List<String> told = new ArrayList<>();
    CleanerSettings settings = new CleanerSettings(1, 1 << 20, Double.MAX_VALUE, BACKOFF_MS, 200);

    WithCompactedLog() throws IOException {
        directory = LogDirectory.open(world.environment(), DATA, LogDirectorySettings.DEFAULTS);
        log = directory.create(ID, new UuidBits(1, 2), SMALL);
        cleaner = clean();
    }

    final Cleaner clean() {
        var fresh = new Cleaner(
                world.environment(), () -> directory.logs(), () -> settings, (of, what) -> told.add(of + ": " + what));
        fresh.start();
        return fresh;
    }

    final void reopen() throws IOException {
        directory = LogDirectory.open(world.environment(), DATA, LogDirectorySettings.DEFAULTS);
        log = directory.log(ID).orElseThrow();
        log.updateSettings(SMALL);
        cleaner = clean();
    }

    final long now() {
        return world.clock().wallMs();
    }

    final void compact() {
        world.threads().runAll();
        world.timers().advance(BACKOFF_MS);
        world.threads().runAll();
    }

    final long put(String key, @Nullable String value) {
        return append(new BatchBuilder(Compression.NONE), key, value);
    }

    final long append(BatchBuilder builder, String key, @Nullable String value) {
        builder.append(now(), Batches.text(key), value == null ? null : Batches.text(value));
        var result = log.append(builder.build(), 0, AppendOrigin.CLIENT);
        assertThat(result).isInstanceOf(AppendResult.Appended.class);
        return ((AppendResult.Appended) result).baseOffset();
    }

    /// So many records of other keys that everything before lies in full segments.
    final void fill() {
        for (int i = 0; i < 12; i++) {
            put("filler", "x".repeat(40));
        }
    }

    final List<RecordBatch> batches() throws IOException {
        return Batches.readAsIs(log, log.view().logStartOffset(), log.view().logEndOffset());
    }

    final List<String> records() throws IOException {
        var all = new ArrayList<String>();
        for (var batch : batches()) {
            assertThat(batch.checkCrc()).isTrue();
            if (batch.isControl()) {
                if (batch.recordCount() > 0) {
                    all.add(batch.baseOffset() + " " + batch.controlRecord().type());
                }
                continue;
            }
            try (var records = batch.records()) {
                while (records.hasNext()) {
                    var record = records.next();
                    var key = StandardCharsets.UTF_8.decode(Objects.requireNonNull(record.key()));
                    var value = record.value();
                    if (!key.toString().equals("filler")) {
                        all.add(record.offset() + " " + key + "="
                                + (value == null ? "-" : StandardCharsets.UTF_8.decode(value)));
                    }
                }
            }
        }
        return all;
    }
}
