package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.Disk;
import io.moldau.environment.Environment;
import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// The machine stops before each of the steps in which compaction puts new segments in the place of old ones, and the
/// disk keeps any part of the changes of names that were not synced.
class SegmentSwapTest {
    private static final Path DATA = Path.of("/data");
    private static final PartitionId ID = new PartitionId("prices", 0);
    private static final int SEEDS = Math.max(20, Integer.getInteger("moldau.seeds", 0) / 100);
    private static final int MOST_STEPS = 200;
    private static final Set<String> STEPS = Set.of("rename", "deleteIfExists", "syncDirectory", "open");
    private static final LogSettings SMALL = LogSettings.of(it -> it.segmentBytes(400)
            .indexIntervalBytes(100)
            .cleanupCompact(true)
            .cleanupDelete(false)
            .minCleanableDirtyRatio(0.01)
            .fileDeleteDelayMs(0));
    private static final CleanerSettings CLEANING = new CleanerSettings(1, 1 << 20, Double.MAX_VALUE, 1000, 200);

    /// A life up to the step at which the machine stops.
    private static final class Life {
        final SimulatedWorld world;
        final TreeMap<String, String> latest = new TreeMap<>();
        final StringBuilder steps = new StringBuilder();
        int stepsLeft;
        boolean begun;
        boolean stopped;

        Life(long seed, int stepsLeft) {
            this.world = SimulatedWorld.of(seed);
            this.stepsLeft = stepsLeft;
        }

        /// Counts from the first rename to a `.swap` file on.
        private Environment environment() {
            var disk = world.disk();
            var counting = (Disk) Proxy.newProxyInstance(
                    Disk.class.getClassLoader(), new Class<?>[] {Disk.class}, (proxy, method, arguments) -> {
                        begun |= method.getName().equals("rename")
                                && arguments[1].toString().endsWith(SegmentSwap.SWAP);
                        if (begun && STEPS.contains(method.getName())) {
                            steps.append(method.getName())
                                    .append(' ')
                                    .append(((Path) arguments[arguments.length - 1]).getFileName())
                                    .append("; ");
                            stopped |= stepsLeft-- == 0;
                        }
                        if (stopped) {
                            throw new IOException("the machine has stopped");
                        }
                        try {
                            return method.invoke(disk, arguments);
                        } catch (InvocationTargetException failed) {
                            throw failed.getCause();
                        }
                    });
            var real = world.environment();
            return new Environment(real.clock(), real.timers(), real.threads(), counting, real.randomness());
        }

        private void put(PartitionLog log, String key, String value) {
            var builder = new BatchBuilder(Compression.NONE);
            builder.append(world.clock().wallMs(), Batches.text(key), Batches.text(value));
            assertThat(log.append(builder.build(), 0, AppendOrigin.CLIENT)).isInstanceOf(AppendResult.Appended.class);
            latest.put(key, value);
        }

        private void compact(LogDirectory directory) {
            var cleaner = new Cleaner(world.environment(), directory::logs, () -> CLEANING, (id, what) -> {});
            cleaner.start();
            world.threads().runAll();
            world.timers().advance(1000);
            world.threads().runAll();
            cleaner.close();
        }

        /// True if the machine was stopped on the way.
        boolean run(boolean powerCut) throws IOException {
            var directory = LogDirectory.open(environment(), DATA, LogDirectorySettings.DEFAULTS);
            var log = directory.create(ID, new UuidBits(1, 2), SMALL);
            for (int i = 0; i < 40; i++) {
                put(log, "k" + i % 5, "v" + i);
            }
            for (int i = 0; i < 12; i++) {
                put(log, "filler", "x".repeat(40) + i);
            }
            directory.flusher().flushNow();
            long end = log.view().logEndOffset();
            assertThat(log.view().durableEndOffset()).isEqualTo(end);
            compact(directory);
            directory.checkpoint(false);
            world.threads().runAll();
            boolean was = stopped;
            stopped = false;
            stepsLeft = -1;
            if (powerCut) {
                world.powerCut();
            } else {
                world.kill();
            }
            var again = LogDirectory.open(world.environment(), DATA, LogDirectorySettings.DEFAULTS);
            var found = again.log(ID).orElseThrow();
            found.updateSettings(SMALL);
            assertThat(found.view().logEndOffset()).isEqualTo(end);
            check(found);
            put(found, "k1", "after");
            for (int i = 0; i < 12; i++) {
                put(found, "filler", "y".repeat(40) + i);
            }
            again.flusher().flushNow();
            compact(again);
            check(found);
            assertThat(found.compactionStatus().problem()).isEmpty();
            assertThat(world.disk().list(found.path()))
                    .noneMatch(name -> name.endsWith(SegmentSwap.SWAP) || name.endsWith(SegmentSwap.CLEANED));
            return was;
        }

        private void check(PartitionLog log) throws IOException {
            var found = new TreeMap<String, String>();
            long offset = -1;
            for (var batch : Batches.readAsIs(log, 0, log.view().logEndOffset())) {
                assertThat(batch.checkCrc()).isTrue();
                assertThat(batch.baseOffset()).isGreaterThan(offset);
                offset = batch.lastOffset();
                try (var records = batch.records()) {
                    while (records.hasNext()) {
                        var record = records.next();
                        found.put(
                                StandardCharsets.UTF_8
                                        .decode(Objects.requireNonNull(record.key()))
                                        .toString(),
                                StandardCharsets.UTF_8
                                        .decode(Objects.requireNonNull(record.value()))
                                        .toString());
                    }
                }
            }
            assertThat(found).isEqualTo(latest);
        }
    }

    @Test
    void aStopBeforeAnyStepOfASwapLeavesTheOldSegmentsOrTheNewOnes() {
        for (long seed = 0; seed < SEEDS; seed++) {
            boolean stopped = true;
            for (int step = 0; stopped; step++) {
                assertThat(step).isLessThan(MOST_STEPS);
                var life = new Life(seed, step);
                try {
                    stopped = life.run(seed % 4 != 3);
                } catch (IOException | RuntimeException | AssertionError failure) {
                    throw new AssertionError(
                            "seed " + seed + ", step " + step + " (" + life.steps + "): " + failure, failure);
                }
                if (!stopped) {
                    assertThat(life.begun).as("a swap was begun").isTrue();
                    assertThat(step).as("steps of a swap").isGreaterThan(10);
                }
            }
        }
    }
}
