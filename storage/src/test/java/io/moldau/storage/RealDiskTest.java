package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.Disk;
import io.moldau.environment.DiskFile;
import io.moldau.environment.Environment;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RealDiskTest {
    /// The real disk with its syncs counted.
    private static Disk counting(AtomicInteger syncs) {
        var real = Disk.real();
        return (Disk) Proxy.newProxyInstance(
                Disk.class.getClassLoader(), new Class<?>[] {Disk.class}, (proxy, method, arguments) -> {
                    try {
                        var result = method.invoke(real, arguments);
                        return result instanceof DiskFile file ? counting(file, syncs) : result;
                    } catch (InvocationTargetException failed) {
                        throw failed.getCause();
                    }
                });
    }

    private static DiskFile counting(DiskFile file, AtomicInteger syncs) {
        return (DiskFile) Proxy.newProxyInstance(
                DiskFile.class.getClassLoader(), new Class<?>[] {DiskFile.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("sync")) {
                        syncs.incrementAndGet();
                    }
                    try {
                        return method.invoke(file, arguments);
                    } catch (InvocationTargetException failed) {
                        throw failed.getCause();
                    }
                });
    }

    @Test
    void blocksWrittenPastTheCacheAreReadThroughIt(@TempDir Path data) throws IOException {
        var disk = Disk.real();
        var path = data.resolve("blocks");
        try (var usual = disk.open(path);
                var blocks = disk.openForBlocks(path)) {
            var page = Disk.blocks(1);
            assertThat(page.capacity()).isEqualTo(Disk.BLOCK_BYTES);
            for (byte lap = 1; lap <= 3; lap++) {
                for (int at = 0; at < 4; at++) {
                    page.clear();
                    while (page.hasRemaining()) {
                        page.put((byte) (lap * 10 + at));
                    }
                    blocks.write(page.flip(), (long) at * Disk.BLOCK_BYTES);
                }
                blocks.sync();
                var read = ByteBuffer.allocate(4 * Disk.BLOCK_BYTES);
                assertThat(usual.read(read, 0)).isEqualTo(read.capacity());
                for (int at = 0; at < 4; at++) {
                    assertThat(read.get(at * Disk.BLOCK_BYTES)).isEqualTo((byte) (lap * 10 + at));
                    assertThat(read.get((at + 1) * Disk.BLOCK_BYTES - 1)).isEqualTo((byte) (lap * 10 + at));
                }
            }
        }
    }

    @Test
    void whatWasJustWrittenIsResidentAndWhatWasNeverTouchedIsNot(@TempDir Path data) throws IOException {
        try (var file = Disk.real().open(data.resolve("file"))) {
            file.write(ByteBuffer.allocate(100_000), 0);
            assertThat(file.isResident(5_000, 90_000)).isTrue();
            assertThat(file.isResident(0, 0)).isTrue();
            file.truncate(10 << 20);
            assertThat(file.isResident(8 << 20, 1 << 20)).isFalse();
            assertThat(file.isResident(0, 10 << 20)).isFalse();
        }
    }

    @Test
    void ofAFileThatHasAnotherNameNowItIsKnownToo(@TempDir Path data) throws IOException {
        try (var file = Disk.real().open(data.resolve("file"))) {
            file.write(ByteBuffer.allocate(100_000), 0);
            Files.move(data.resolve("file"), data.resolve("file.deleted"));
            assertThat(file.isResident(0, 100_000)).isTrue();
        }
    }

    @Test
    void partsAreWrittenOneBehindTheOtherWhereverTheyLieInMemory(@TempDir Path data) throws IOException {
        for (long seed = 0; seed < 40; seed++) {
            var random = new Random(seed);
            var path = data.resolve("file" + seed);
            var expected = new ByteArrayOutputStream();
            try (var file = Disk.real().open(path)) {
                int at = 0;
                for (int run = 0; run < 5; run++) {
                    var parts = new ByteBuffer[1 + random.nextInt(6)];
                    for (int i = 0; i < parts.length; i++) {
                        var bytes = new byte[random.nextInt(20_000)];
                        random.nextBytes(bytes);
                        boolean direct = random.nextBoolean();
                        parts[i] = (direct
                                        ? ByteBuffer.allocateDirect(bytes.length)
                                        : ByteBuffer.allocate(bytes.length))
                                .put(bytes)
                                .flip();
                        expected.writeBytes(bytes);
                    }
                    file.write(parts, at);
                    at = expected.size();
                }
            }
            assertThat(Files.readAllBytes(path)).as("seed %s", seed).isEqualTo(expected.toByteArray());
        }
    }

    @Test
    void whatIsLoadedIsResidentAndWhatLiesBehindItStaysWhereItIs(@TempDir Path data) throws IOException {
        try (var file = Disk.real().open(data.resolve("file"))) {
            file.write(ByteBuffer.allocate(1), (20 << 20) - 1);
            assertThat(file.isResident(4 << 20, 128 << 10)).isFalse();
            file.load(4 << 20, 128 << 10);
            assertThat(file.isResident(4 << 20, 128 << 10)).isTrue();
            assertThat(file.isResident((4 << 20) + (128 << 10), 128 << 10)).isFalse();
            file.load((20 << 20) - 10, 100);
            file.load(30 << 20, 100);
            assertThat(file.sizeBytes()).isEqualTo(20 << 20);
        }
    }

    @Test
    void oneSyncServesManyProducers(@TempDir Path data) throws Exception {
        int producers = 16;
        int rounds = 50;
        var syncs = new AtomicInteger();
        var real = Environment.real();
        var environment =
                new Environment(real.clock(), real.timers(), real.threads(), counting(syncs), real.randomness());
        var directory = LogDirectory.open(environment, data, LogDirectorySettings.DEFAULTS);
        var logs = new ArrayList<PartitionLog>();
        for (int i = 0; i < producers; i++) {
            logs.add(directory.create(new PartitionId("t", i), new UuidBits(1, 1), LogSettings.DEFAULTS));
        }
        var done = new CountDownLatch(producers);
        for (var log : logs) {
            var sent = new AtomicInteger();
            // Each producer sends its next batch when the last one is durable.
            DurableListener next = it -> {
                if (sent.incrementAndGet() <= rounds) {
                    it.append(Batches.plain(real.clock().wallMs(), "value"), 0, AppendOrigin.CLIENT);
                } else {
                    done.countDown();
                }
            };
            log.onDurable(next);
            real.threads().start("producer-" + log.id(), () -> next.durableAdvanced(log));
        }
        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(directory.failure()).isEmpty();
        for (var log : logs) {
            assertThat(log.view().durableEndOffset()).isEqualTo(rounds);
        }
        assertThat(syncs.get()).isLessThan(producers * rounds / 3);
        directory.close();
        var again = LogDirectory.open(environment, data, LogDirectorySettings.DEFAULTS);
        assertThat(again.recovery().clean()).isTrue();
        for (var log : again.logs()) {
            assertThat(Batches.read(log, 0, rounds, 1000)).hasSize(rounds);
        }
        again.close();
    }

    @Test
    void aLockedDirectoryIsRefused(@TempDir Path data) throws IOException {
        try (var first = LogDirectory.open(Environment.real(), data, LogDirectorySettings.DEFAULTS)) {
            assertThat(first.logs()).isEmpty();
            org.assertj.core.api.Assertions.assertThatThrownBy(
                            () -> LogDirectory.open(Environment.real(), data, LogDirectorySettings.DEFAULTS))
                    .hasMessageContaining("another process");
        }
    }
}
