package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.Disk;
import io.moldau.environment.Environment;
import io.moldau.environment.simulated.SimulatedWorld;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskFullTest {
    private static final Path DATA = Path.of("/data");
    private static final int SEEDS = Integer.getInteger("moldau.seeds", 2000) / 4;
    private static final LogDirectorySettings SMALL =
            new LogDirectorySettings(64 << 10, 8 << 10, 1 << 20, 16 << 10, 2048, 1_000_000);

    private final SimulatedWorld world = SimulatedWorld.of(1);

    private LogDirectory open(LogDirectorySettings settings) throws IOException {
        return LogDirectory.open(world.environment(), DATA, settings);
    }

    private PartitionLog create(LogDirectory directory, int partition) {
        return directory.create(new PartitionId("t", partition), new UuidBits(1, 1), LogSettings.DEFAULTS);
    }

    private AppendResult append(PartitionLog log, AppendOrigin origin, int size) {
        return log.append(Batches.plain(world.clock().wallMs(), "x".repeat(size)), 0, origin);
    }

    private void second() {
        world.timers().advance(1001);
    }

    @Test
    void producersAreRefusedBeforeTheDiskIsFullAndServedAgainWhenThereIsRoom() throws IOException {
        // Given
        var directory = open(SMALL.with(it -> it.reserveBytes(100_000)));
        var log = create(directory, 0);
        assertThat(append(log, AppendOrigin.CLIENT, 1000)).isInstanceOf(AppendResult.Appended.class);
        world.threads().runAll();
        // When
        world.disk().capacity(world.disk().usedBytes() + 99_000);
        second();
        // Then
        var refused = (AppendResult.Refused) append(log, AppendOrigin.CLIENT, 1000);
        assertThat(refused.error()).isEqualTo(AppendError.KAFKA_STORAGE_ERROR);
        assertThat(refused.reason()).contains("/data", "96 KiB are free", "log.dir.reserve.bytes", "make room");
        assertThat(directory.failure()).isEmpty();
        assertThat(append(log, AppendOrigin.COORDINATOR, 1000))
                .as("group commits go on")
                .isInstanceOf(AppendResult.Appended.class);
        world.threads().runAll();
        assertThat(log.view().durableEndOffset()).isEqualTo(2);
        assertThat(Batches.read(log, 0, 2, 100_000)).hasSize(2);
        world.disk().capacity(world.disk().usedBytes() + 200_000);
        assertThat(append(log, AppendOrigin.CLIENT, 1000)).isInstanceOf(AppendResult.Appended.class);
    }

    @Test
    void producersAtTheSameTimeAreNotTakenForAFullDisk(@TempDir Path data) throws Exception {
        var room = new DiskRoom(Disk.real(), data, Environment.real().clock(), 0);
        var refusals = new ConcurrentLinkedQueue<String>();
        var together = new CyclicBarrier(4);
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < together.getParties(); i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    together.await();
                } catch (Exception broken) {
                    refusals.add(broken.toString());
                }
                for (int many = 0; many < 100_000; many++) {
                    var refusal = room.refusal(5 << 20, AppendOrigin.CLIENT);
                    if (refusal != null) {
                        refusals.add(refusal);
                    }
                }
            }));
        }
        for (var thread : threads) {
            thread.join();
        }
        assertThat(refusals).isEmpty();
    }

    @Test
    void theReserveIsTheProducersLimitNotTheCoordinators() throws IOException {
        var directory = open(SMALL.with(it -> it.reserveBytes(100_000)));
        var log = create(directory, 0);
        world.disk().capacity(world.disk().usedBytes() + 20_000);
        second();
        assertThat(append(log, AppendOrigin.CLIENT, 10)).isInstanceOf(AppendResult.Refused.class);
        assertThat(append(log, AppendOrigin.COORDINATOR, 10))
                .as("the last quarter is for checkpoints and the metadata")
                .isInstanceOf(AppendResult.Refused.class);
    }

    @Test
    void aLogThatGrowsTakesRoomAheadOnlyWhileThereIsPlenty() throws IOException {
        // Given
        int reserve = 100_000;
        var directory = open(SMALL.with(it -> it.reserveBytes(reserve)));
        var growing = create(directory, 0);
        var other = create(directory, 1);
        grow(growing, 17);
        // When
        world.disk().capacity(world.disk().usedBytes() + reserve + 5 * BATCH_BYTES);
        second();
        // Then
        grow(growing, 1);
        second();
        grow(other, 1);
        assertThat(takenAhead(growing)).isZero();
        // When
        world.disk().capacity(world.disk().usedBytes() + (2L << 30));
        second();
        grow(growing, 4);
        // Then
        assertThat(takenAhead(growing)).isBetween(1L << 20, 8L << 20);
    }

    private static final int BATCH_BYTES = 500_000;

    private void grow(PartitionLog log, int batches) {
        for (int i = 0; i < batches; i++) {
            assertThat(append(log, AppendOrigin.CLIENT, BATCH_BYTES - 200)).isInstanceOf(AppendResult.Appended.class);
            world.threads().runAll();
        }
    }

    private long takenAhead(PartitionLog log) throws IOException {
        return world.disk().reservedBytes(log.segments().getLast().path(".log"));
    }

    /// Another program took the reserve: writes fail in all places.
    @Test
    void aWriteThatFailsForWantOfRoomIsTakenBackAndLaterOnesSucceed() {
        for (long seed = 0; seed < SEEDS; seed++) {
            try {
                life(seed);
            } catch (IOException | RuntimeException | AssertionError failure) {
                throw new AssertionError("seed " + seed + ": " + failure, failure);
            }
        }
    }

    private static void life(long seed) throws IOException {
        var world = SimulatedWorld.of(seed);
        var luck = world.randomness();
        var directory = LogDirectory.open(world.environment(), DATA, SMALL.with(it -> it.reserveBytes(0)));
        var logs = new ArrayList<PartitionLog>();
        var written = new ArrayList<List<String>>();
        for (int i = 0; i < 3; i++) {
            logs.add(directory.create(
                    new PartitionId("t", i),
                    new UuidBits(seed, i),
                    LogSettings.DEFAULTS.with(it -> it.segmentBytes(3000))));
            written.add(new ArrayList<>());
        }
        int refused = 0;
        for (int step = 0; step < 60; step++) {
            if (luck.oneIn(4)) {
                // Hardly any room, or plenty.
                long room = luck.oneIn(2) ? luck.nextInt(1500) : 1 << 20;
                world.disk().capacity(world.disk().usedBytes() + room);
                world.timers().advance(1001);
            }
            int partition = luck.nextInt(3);
            var log = logs.get(partition);
            var value = seed + "#" + step + "x".repeat(luck.nextInt(600));
            var batch = Batches.plain(world.clock().wallMs(), value);
            switch (log.append(batch, 0, AppendOrigin.CLIENT)) {
                case AppendResult.Appended appended -> {
                    assertThat(appended.baseOffset())
                            .isEqualTo(written.get(partition).size());
                    written.get(partition).add(value);
                }
                case AppendResult.Refused(var error, var reason) -> {
                    assertThat(error).isEqualTo(AppendError.KAFKA_STORAGE_ERROR);
                    refused++;
                }
                case AppendResult.Duplicate duplicate -> throw new AssertionError(duplicate);
            }
            if (luck.oneIn(3)) {
                world.threads().runAll();
            }
            if (luck.oneIn(10)) {
                directory.retain();
            }
            assertThat(directory.failure()).isEmpty();
        }
        world.disk().capacity(1L << 40);
        world.timers().advance(3000);
        world.threads().runAll();
        for (int i = 0; i < 3; i++) {
            assertThat(append(world, logs.get(i))).isInstanceOf(AppendResult.Appended.class);
            written.get(i).add("last");
        }
        world.threads().runAll();
        if (luck.oneIn(2)) {
            world.powerCut();
        } else {
            directory.close();
            world.kill();
        }
        var again = LogDirectory.open(world.environment(), DATA, SMALL);
        for (int i = 0; i < 3; i++) {
            var log = again.log(new PartitionId("t", i)).orElseThrow();
            var found = new ArrayList<String>();
            for (var read : Batches.read(log, 0, written.get(i).size(), 4000)) {
                found.addAll(Batches.values(read));
            }
            assertThat(found).as("after %s refusals", refused).isEqualTo(written.get(i));
        }
    }

    private static AppendResult append(SimulatedWorld world, PartitionLog log) {
        return log.append(Batches.plain(world.clock().wallMs(), "last"), 0, AppendOrigin.CLIENT);
    }
}
