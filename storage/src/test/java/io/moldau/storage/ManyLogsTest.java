package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.Disk;
import io.moldau.environment.DiskFile;
import io.moldau.environment.Environment;
import io.moldau.environment.simulated.SimulatedWorld;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/// What a log that nobody uses costs.
class ManyLogsTest {
    private static final Path DATA = Path.of("/data");
    private static final int LOGS = 200;

    private final SimulatedWorld world = SimulatedWorld.of(1);
    private final Map<String, Integer> calls = new ConcurrentHashMap<>();

    /// The same world, the disk's calls counted by name.
    private Environment counted() {
        var disk = world.disk();
        var counting = (Disk) Proxy.newProxyInstance(
                Disk.class.getClassLoader(), new Class<?>[] {Disk.class}, (proxy, method, arguments) -> {
                    calls.merge(method.getName(), 1, Integer::sum);
                    try {
                        return method.invoke(disk, arguments);
                    } catch (InvocationTargetException failed) {
                        throw failed.getCause();
                    }
                });
        var real = world.environment();
        return new Environment(real.clock(), real.timers(), real.threads(), counting, real.randomness());
    }

    private LogDirectory open(LogDirectorySettings settings) throws IOException {
        var directory = LogDirectory.open(counted(), DATA, settings);
        world.threads().runAll();
        return directory;
    }

    private List<PartitionLog> create(LogDirectory directory) {
        var wanted = new ArrayList<LogDirectory.NewLog>();
        for (int i = 0; i < LOGS; i++) {
            wanted.add(new LogDirectory.NewLog(new PartitionId("t", i), new UuidBits(1, 1), LogSettings.DEFAULTS));
        }
        return directory.create(wanted);
    }

    private void write(PartitionLog log) {
        var result = log.append(Batches.plain(world.clock().wallMs(), "v" + log.id()), 0, AppendOrigin.CLIENT);
        assertThat(result).isInstanceOf(AppendResult.Appended.class);
    }

    private int calls(String... names) {
        int sum = 0;
        for (var name : names) {
            sum += calls.getOrDefault(name, 0);
        }
        return sum;
    }

    @Test
    void creatingLogsTouchesNoFileOfTheirs() throws IOException {
        var directory = open(LogDirectorySettings.DEFAULTS);
        calls.clear();
        int syncs = world.disk().syncs();
        create(directory);
        world.threads().runAll();
        directory.checkpoint(false);
        assertThat(calls("createDirectories", "list", "exists", "sizeBytes", "sizeIfExists"))
                .isZero();
        assertThat(calls("open", "rename", "syncDirectory")).isLessThan(10);
        assertThat(world.disk().syncs() - syncs).isLessThan(10);
    }

    @Test
    void aCheckpointCostsWhatChangedNotWhatThereIs() throws IOException {
        var directory = open(LogDirectorySettings.DEFAULTS);
        var logs = create(directory);
        world.threads().runAll();
        directory.checkpoint(false);
        long before = world.disk().sizeBytes(DATA.resolve("checkpoint"));
        write(logs.get(7));
        world.threads().runAll();
        directory.checkpoint(false);
        long grown = world.disk().sizeBytes(DATA.resolve("checkpoint")) - before;
        assertThat(grown).isBetween(50L, 400L);
        calls.clear();
        directory.retain();
        assertThat(calls).as("nothing changed").doesNotContainKeys("open", "list", "syncDirectory", "rename");
    }

    @Test
    void theCheckpointFileIsWrittenAnewBeforeItOutgrowsWhatItSays() throws IOException {
        var directory = open(LogDirectorySettings.DEFAULTS);
        var log = create(directory).getFirst();
        for (int i = 0; i < 3000; i++) {
            write(log);
            world.threads().runAll();
            directory.checkpoint(false);
        }
        assertThat(world.disk().sizeBytes(DATA.resolve("checkpoint"))).isLessThan(200_000);
        world.kill();
        assertThat(open(LogDirectorySettings.DEFAULTS)
                        .log(log.id())
                        .orElseThrow()
                        .view()
                        .logEndOffset())
                .isEqualTo(3000);
    }

    @Test
    void afterACleanStopNoLogIsLookedAtBeforeItIsUsed() throws IOException {
        var directory = open(LogDirectorySettings.DEFAULTS);
        create(directory).forEach(this::write);
        world.threads().runAll();
        directory.close();
        world.kill();
        calls.clear();
        var again = open(LogDirectorySettings.DEFAULTS);
        assertThat(calls("list")).as("the directory itself").isEqualTo(1);
        assertThat(calls("open", "sizeBytes", "sizeIfExists")).isLessThan(10);
        again.retain();
        assertThat(calls("list")).isEqualTo(1);
        var log = again.log(new PartitionId("t", 150)).orElseThrow();
        assertThat(log.view().logEndOffset()).isEqualTo(1);
        assertThat(log.sizeBytes()).isPositive();
        assertThat(Batches.values(Batches.read(log, 0, 1, 1000).getFirst())).containsExactly("vt-150");
        write(log);
        assertThat(log.view().logEndOffset()).isEqualTo(2);
    }

    @Test
    void afterAKillOnlyWhatChangedSinceTheCheckpointIsOpenedAndNothingIsSynced() throws IOException {
        var directory = open(LogDirectorySettings.DEFAULTS);
        var logs = create(directory);
        logs.forEach(this::write);
        world.threads().runAll();
        directory.checkpoint(false);
        write(logs.get(3));
        write(logs.get(4));
        world.threads().runAll();
        world.kill();
        calls.clear();
        int syncs = world.disk().syncs();
        var again = LogDirectory.open(counted(), DATA, LogDirectorySettings.DEFAULTS);
        assertThat(again.recovery().clean()).isFalse();
        assertThat(again.recovery().segmentsScanned()).isEqualTo(2);
        assertThat(calls("sizeIfExists")).isBetween(LOGS, 3 * LOGS);
        assertThat(calls("list")).isLessThan(20);
        assertThat(calls("open")).isLessThan(20);
        assertThat(world.disk().syncs() - syncs).as("the checkpoint's own").isLessThan(4);
        assertThat(again.log(logs.get(3).id()).orElseThrow().view().logEndOffset())
                .isEqualTo(2);
    }

    @Test
    void twoKillsInARowLoseNothingThoughTheFirstStartSyncedNothing() throws IOException {
        var directory = open(LogDirectorySettings.DEFAULTS);
        var logs = create(directory);
        write(logs.get(3));
        world.threads().runAll();
        world.kill();
        for (int round = 0; round < 3; round++) {
            var again = LogDirectory.open(world.environment(), DATA, LogDirectorySettings.DEFAULTS);
            var log = again.log(logs.get(3).id()).orElseThrow();
            write(log);
            again.flusher().flushNow();
            assertThat(log.view().durableEndOffset()).isEqualTo(round + 2);
            // The first thing that runs in the background would be a checkpoint: it does not come to that.
            world.powerCut();
        }
        var last = LogDirectory.open(world.environment(), DATA, LogDirectorySettings.DEFAULTS);
        assertThat(Batches.read(last.log(logs.get(3).id()).orElseThrow(), 0, 4, 1000))
                .hasSize(4);
    }

    @Test
    void onlySoManySegmentFilesAreOpenAndIdleOnesAreClosed() throws IOException {
        var directory = open(LogDirectorySettings.DEFAULTS.with(it -> it.openFiles(20)));
        var logs = create(directory);
        for (var log : logs) {
            write(log);
            world.threads().runAll();
        }
        directory.checkpoint(false);
        for (var log : logs) {
            // Not from memory.
            log.tail.clear();
            assertThat(Batches.read(log, 0, 1, 1000)).hasSize(1);
        }
        assertThat(directory.files().count()).isBetween(15, 40);
        directory.retain();
        directory.retain();
        assertThat(directory.files().count()).isZero();
        write(logs.get(5));
        assertThat(directory.files().count()).isEqualTo(1);
    }

    @Test
    void writingToManyLogsBeforeACheckpointComesOpensNoMoreThanTwiceTheLimit() throws IOException {
        var directory = open(LogDirectorySettings.DEFAULTS.with(it -> it.openFiles(20)));
        int most = 0;
        for (var log : create(directory)) {
            write(log);
            most = Math.max(most, directory.files().count());
        }
        assertThat(most).isEqualTo(40);
        world.threads().runAll();
        assertThat(directory.files().count()).as("after the checkpoint").isLessThanOrEqualTo(20);
    }

    @Test
    void aStartThatMustWriteToManyLogsLosesNothingWhenItIsCutShort() throws IOException {
        var few = LogDirectorySettings.DEFAULTS.with(it -> it.openFiles(20));
        var directory = open(few);
        var logs = create(directory);
        logs.forEach(this::write);
        directory.flusher().flushNow();
        world.powerCut();
        for (int round = 0; round < 3; round++) {
            LogDirectory.open(world.environment(), DATA, few);
            // What the crowd of open files asked for runs now; the machine stops before anything else does.
            world.threads().runOne();
            world.powerCut();
        }
        var last = open(few);
        assertThat(logs)
                .allSatisfy(log -> assertThat(
                                last.log(log.id()).orElseThrow().view().logEndOffset())
                        .isEqualTo(1));
    }

    @Test
    void whatIsBeingReadStaysReadableWhenItsFileIsClosedOrItsTopicDeleted() throws IOException {
        var directory = open(LogDirectorySettings.DEFAULTS.with(it -> it.openFiles(20)));
        var logs = create(directory);
        logs.forEach(this::write);
        world.threads().runAll();
        directory.checkpoint(false);
        var log = logs.getFirst();
        log.tail.clear();
        var slice = (LogSlice) log.read(0, 1000, 1, true);
        directory.retain();
        directory.retain();
        assertThat(directory.files().count()).isZero();
        assertThat(slice.buffer().remaining()).isEqualTo(slice.sizeBytes());
        directory.delete(log);
        assertThat(slice.buffer().remaining()).isEqualTo(slice.sizeBytes());
        world.timers().advance(100_000);
        world.threads().runAll();
        assertThat(slice.buffer().remaining())
                .as("the folder is gone, the file is open")
                .isEqualTo(slice.sizeBytes());
    }

    @Test
    void aLogThatIsDeletedAndCreatedAnewUnderItsNameIsAnotherOne() throws IOException {
        var directory = open(LogDirectorySettings.DEFAULTS);
        var id = new PartitionId("t", 0);
        var old = directory.create(id, new UuidBits(1, 1), LogSettings.DEFAULTS);
        write(old);
        world.threads().runAll();
        directory.checkpoint(false);
        directory.delete(old);
        write(directory.create(id, new UuidBits(1, 2), LogSettings.DEFAULTS));
        world.threads().runAll();
        world.kill();
        var again = open(LogDirectorySettings.DEFAULTS).log(id).orElseThrow();
        assertThat(again.topicId()).isEqualTo(new UuidBits(1, 2));
        assertThat(again.view().logEndOffset()).isEqualTo(1);
        DiskFile file = world.disk().open(DATA.resolve("t-0").resolve("00000000000000000000.log"));
        assertThat(file.sizeBytes()).isEqualTo(again.sizeBytes());
    }
}
