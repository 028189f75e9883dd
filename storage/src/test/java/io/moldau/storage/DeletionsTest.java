package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.Clock;
import io.moldau.environment.Disk;
import io.moldau.environment.Environment;
import io.moldau.environment.simulated.SimulatedWorld;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeletionsTest {
    private static final Path DATA = Path.of("/data");
    private static final long DELETION_MS = 10;

    private final SimulatedWorld world = SimulatedWorld.of(1);
    private long busyMs;
    private final List<Path> deleted = new ArrayList<>();
    private final DiskRoom room;
    private final Deletions deletions;

    DeletionsTest() throws IOException {
        var real = world.environment();
        var clock = new Clock() {
            @Override
            public long wallMs() {
                return real.clock().wallMs() + busyMs;
            }

            @Override
            public long nanos() {
                return real.clock().nanos() + busyMs * 1_000_000;
            }
        };
        var environment = new Environment(clock, real.timers(), real.threads(), slow(real.disk()), real.randomness());
        environment.disk().createDirectories(DATA);
        room = new DiskRoom(environment.disk(), DATA, clock, 0);
        deletions = new Deletions(environment, new OpenFiles(environment.disk(), 10, clock, () -> {}), room);
    }

    private Disk slow(Disk disk) {
        return (Disk) Proxy.newProxyInstance(
                Disk.class.getClassLoader(), new Class<?>[] {Disk.class}, (_, method, arguments) -> {
                    if (method.getName().equals("deleteIfExists")) {
                        busyMs += DELETION_MS;
                        deleted.add((Path) arguments[0]);
                    }
                    try {
                        return method.invoke(disk, arguments);
                    } catch (InvocationTargetException failed) {
                        throw failed.getCause();
                    }
                });
    }

    private List<Path> files(int count) throws IOException {
        var paths = new ArrayList<Path>();
        for (int i = 0; i < count; i++) {
            var path = DATA.resolve(i + ".log.deleted");
            try (var file = world.disk().open(path)) {
                file.write(ByteBuffer.allocate(1), 0);
            }
            paths.add(path);
        }
        return paths;
    }

    private void pass(long ms) {
        world.threads().runAll();
        for (long i = 0; i < ms; i++) {
            world.timers().advance(1);
            world.threads().runAll();
        }
    }

    @Test
    void theDiskHasPausesBetweenDeletions() throws IOException {
        var paths = files(5);
        deletions.add(paths);
        pass(0);
        assertThat(deleted).hasSize(1);
        pass(2 * DELETION_MS);
        assertThat(deleted).hasSize(1);
        pass(20 * DELETION_MS);
        assertThat(deleted).isEqualTo(paths);
        assertThat(world.disk().list(DATA)).isEmpty();
    }

    @Test
    void theMoreFilesWaitTheShorterThePauses() throws IOException {
        deletions.add(files(3000));
        pass(0);
        assertThat(deleted).hasSizeBetween(1900, 2100);
        pass(100_000);
        assertThat(deleted).hasSize(3000);
    }

    @Test
    void aFullDiskIsGivenRoomWithoutPauses() throws IOException {
        room.ranOut();
        assertThat(room.isOut()).isTrue();
        deletions.add(files(50));
        pass(0);
        assertThat(deleted).hasSize(50);
    }

    @Test
    void nothingIsDeletedAfterTheEnd() throws IOException {
        deletions.add(files(5));
        pass(0);
        deletions.end();
        pass(1000);
        assertThat(deleted).hasSize(1);
    }
}
