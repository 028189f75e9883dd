package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.Environment;
import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Producers, readers and two cleaner threads at once, on a real disk.
class CompactionUnderLoadTest {
    private static final int PRODUCERS = 2;
    private static final int BATCHES = 4000;
    private static final LogSettings SETTINGS = LogSettings.of(it -> it.segmentBytes(8000)
            .indexIntervalBytes(500)
            .cleanupCompact(true)
            .retentionMs(3_600_000)
            .fileDeleteDelayMs(0)
            .minCleanableDirtyRatio(0.01));

    private final Environment environment = Environment.real();
    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final Map<String, String> latest = new HashMap<>();

    /// Until a good part of it went through compaction.
    private void produce(PartitionLog log, long seed) throws IOException {
        var random = new Random(seed);
        for (int i = 0; i < BATCHES || log.compactionStatus().cleanedBelow() < BATCHES; i++) {
            var builder = new BatchBuilder(Compression.NONE);
            var written = new HashMap<String, String>();
            for (int record = 1 + random.nextInt(3); record > 0; record--) {
                var key = "k" + random.nextInt(40);
                var value = seed + "/" + i + "/" + record;
                builder.append(environment.clock().wallMs(), Batches.text(key), Batches.text(value));
                written.put(key, value);
            }
            synchronized (latest) {
                var result = log.append(builder.build(), 0, AppendOrigin.CLIENT);
                assertThat(result).isInstanceOf(AppendResult.Appended.class);
                latest.putAll(written);
            }
        }
    }

    /// What a reader that begins at the start ends with.
    private static Map<String, String> read(PartitionLog log) throws IOException {
        var state = new HashMap<String, String>();
        long next = log.view().logStartOffset();
        long end = log.view().logEndOffset();
        for (var batch : Batches.readAsIs(log, next, end)) {
            assertThat(batch.checkCrc()).isTrue();
            assertThat(batch.baseOffset()).isGreaterThanOrEqualTo(next);
            next = batch.nextOffset();
            try (var records = batch.records()) {
                records.forEachRemaining(record -> state.put(
                        StandardCharsets.UTF_8
                                .decode(Objects.requireNonNull(record.key()))
                                .toString(),
                        StandardCharsets.UTF_8
                                .decode(Objects.requireNonNull(record.value()))
                                .toString()));
            }
        }
        // The last ones before `end` may be superseded and gone while this reader was on its way.
        assertThat(next).isLessThanOrEqualTo(end);
        return state;
    }

    private Thread start(String name, Attempt attempt) {
        return environment.threads().start(name, () -> {
            try {
                attempt.run();
            } catch (Throwable failed) {
                failures.add(failed);
            }
        });
    }

    private interface Attempt {
        void run() throws Exception;
    }

    @Test
    void nobodyNoticesThatSegmentsAreReplaced(@TempDir Path data) throws Exception {
        var directory = LogDirectory.open(environment, data, LogDirectorySettings.DEFAULTS);
        var log = directory.create(new PartitionId("t", 0), new UuidBits(1, 1), SETTINGS);
        var settings = new CleanerSettings(2, 1 << 20, Double.MAX_VALUE, 1, 4000);
        var cleaner = new Cleaner(environment, directory::logs, () -> settings, (id, what) -> {});
        cleaner.start();
        var writing = new AtomicBoolean(true);
        var produced = new CountDownLatch(PRODUCERS);
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < PRODUCERS; i++) {
            long seed = i;
            threads.add(start("producer-" + i, () -> {
                try {
                    produce(log, seed);
                } finally {
                    produced.countDown();
                }
            }));
        }
        for (var name : List.of("reader-0", "reader-1")) {
            threads.add(start(name, () -> {
                while (writing.get()) {
                    read(log);
                }
            }));
        }
        assertThat(produced.await(60, TimeUnit.SECONDS)).isTrue();
        writing.set(false);
        for (var thread : threads) {
            thread.join();
        }
        cleaner.close();
        assertThat(failures).isEmpty();
        assertThat(directory.failure()).isEmpty();
        var status = log.compactionStatus();
        assertThat(status.problem()).isEmpty();
        assertThat(status.cleanedBelow()).isGreaterThanOrEqualTo(BATCHES);
        assertThat(read(log)).isEqualTo(latest);
        directory.close();
        try (var again = LogDirectory.open(environment, data, LogDirectorySettings.DEFAULTS)) {
            assertThat(again.recovery().clean()).isTrue();
            assertThat(read(again.logs().iterator().next())).isEqualTo(latest);
        }
    }
}
