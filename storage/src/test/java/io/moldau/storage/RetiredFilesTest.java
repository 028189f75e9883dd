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
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What takes a file system long when files go is done while nobody is kept from appending or from opening files.
class RetiredFilesTest {
    private static final Path DATA = Path.of("/data");
    private static final PartitionId ID = new PartitionId("orders", 0);
    private static final LogSettings SMALL =
            LogSettings.of(it -> it.segmentBytes(400).indexIntervalBytes(100).fileDeleteDelayMs(0));
    private static final Set<String> SLOW = Set.of("deleteIfExists", "close");
    private static final long PATIENCE_MS = 10_000;

    private final SimulatedWorld world = SimulatedWorld.of(1);
    private final List<String> slow = new ArrayList<>();
    private final List<String> inTheWay = new ArrayList<>();
    private boolean watching;
    private boolean failing;
    private String looksAt = "";
    private LogDirectory directory;
    private PartitionLog log;

    RetiredFilesTest() throws IOException {
        var real = world.environment();
        var disk = watched(Disk.class, world.disk(), "");
        directory = LogDirectory.open(
                new Environment(real.clock(), real.timers(), real.threads(), disk, real.randomness()),
                DATA,
                LogDirectorySettings.DEFAULTS);
        log = directory.create(ID, new UuidBits(1, 2), SMALL);
    }

    /// @param of what is closed here
    private <T> T watched(Class<T> type, T target, String of) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (_, method, arguments) -> {
                    if (watching && SLOW.contains(method.getName())) {
                        watching = false;
                        var name = method.getName() + " " + nameIn(arguments, of);
                        slow.add(name);
                        if (name.contains(looksAt)) {
                            lookForLocks(name);
                        }
                        watching = true;
                        if (failing && name.contains(".log")) {
                            throw new IOException("the disk does not want to");
                        }
                    }
                    try {
                        var result = method.invoke(target, arguments);
                        return result instanceof DiskFile file
                                ? watched(DiskFile.class, file, nameIn(arguments, of))
                                : result;
                    } catch (InvocationTargetException failed) {
                        throw failed.getCause();
                    }
                }));
    }

    private static String nameIn(Object @Nullable [] arguments, String otherwise) {
        return arguments == null ? otherwise : String.valueOf(((Path) arguments[0]).getFileName());
    }

    /// Somebody else appends and opens a file meanwhile.
    private void lookForLocks(String name) throws InterruptedException {
        var other = new Thread(() -> {
            append();
            directory.files().count();
        });
        other.setDaemon(true);
        other.start();
        other.join(PATIENCE_MS);
        if (other.isAlive()) {
            inTheWay.add(name);
        }
    }

    private void append() {
        log.append(Batches.plain(world.clock().wallMs(), "x".repeat(40)), 0, AppendOrigin.CLIENT);
    }

    private void fill() {
        for (int i = 0; i < 40; i++) {
            append();
        }
        world.threads().runAll();
    }

    private void settle() {
        world.timers().advance(100_000);
        world.threads().runAll();
    }

    private List<String> retired() throws IOException {
        return world.disk().list(log.path()).stream()
                .filter(name -> name.endsWith(RetiredFiles.SUFFIX))
                .toList();
    }

    @Test
    void appendsGoOnWhileRetentionDeletesFiles() throws IOException {
        fill();
        log.updateSettings(SMALL.with(it -> it.retentionBytes(0)));
        watching = true;
        directory.retain();
        settle();
        directory.retain();
        settle();
        assertThat(slow).anyMatch(name -> name.startsWith("deleteIfExists 00000000000000000000.log"));
        assertThat(slow).contains("close 00000000000000000000.log");
        assertThat(inTheWay).isEmpty();
        assertThat(retired()).isEmpty();
        assertThat(log.view().logStartOffset()).isPositive();
    }

    @Test
    void appendsGoOnWhileATruncationDeletesFiles() throws IOException {
        fill();
        // The index of the segment that is cut is deleted at once: two small files.
        looksAt = ".log";
        watching = true;
        log.truncateTo(10);
        settle();
        assertThat(slow).anyMatch(name -> name.endsWith(".log" + RetiredFiles.SUFFIX));
        assertThat(inTheWay).isEmpty();
        assertThat(retired()).isEmpty();
    }

    @Test
    void filesThatCouldNotBeDeletedAreTriedAgainAndAFailedCloseHurtsNobody() throws IOException {
        fill();
        log.updateSettings(SMALL.with(it -> it.retentionBytes(0)));
        watching = true;
        failing = true;
        directory.retain();
        settle();
        directory.retain();
        settle();
        assertThat(slow).contains("close 00000000000000000000.log");
        assertThat(retired()).isNotEmpty();
        failing = false;
        settle();
        assertThat(retired()).isEmpty();
        assertThat(directory.failure()).isEmpty();
        append();
    }

    @Test
    void filesThatAKilledProcessDidNotComeToDeleteGoWhenTheLogIsUsed() throws IOException {
        fill();
        long end = log.view().logEndOffset();
        directory.checkpoint(false);
        RetiredFiles.retire(world.disk(), log.path().resolve(Segment.fileName(0, ".index")), new ArrayList<>());
        assertThat(retired()).hasSize(1);
        world.kill();
        directory = LogDirectory.open(world.environment(), DATA, LogDirectorySettings.DEFAULTS);
        log = directory.log(ID).orElseThrow();
        append();
        assertThat(retired()).isEmpty();
        assertThat(log.view().logEndOffset()).isEqualTo(end + 1);
    }
}
