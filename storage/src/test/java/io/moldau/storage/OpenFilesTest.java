package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moldau.environment.Clock;
import io.moldau.environment.Disk;
import io.moldau.environment.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenFilesTest {
    private static final int MIB = 1 << 20;

    private final AtomicLong nanos = new AtomicLong();
    private final Clock clock = new Clock() {
        @Override
        public long wallMs() {
            return nanos.get() / 1_000_000;
        }

        @Override
        public long nanos() {
            return nanos.get();
        }
    };

    /// A file with holes: it takes no room.
    private static DiskFile large(Disk files, Path path) throws IOException {
        var file = files.open(path);
        file.write(ByteBuffer.allocate(1), 400L * MIB - 1);
        file.sync();
        return file;
    }

    @Test
    void deletedFilesStayReadableButHoldTheirRoomOnlyUpToABound(@TempDir Path data) throws IOException {
        var files = new OpenFiles(Disk.real(), 100, clock, () -> {});
        var opened = new ArrayList<DiskFile>();
        for (int i = 0; i < 5; i++) {
            var path = data.resolve(i + ".log");
            opened.add(large(files, path));
            files.deleteIfExists(path);
            files.letGo();
        }
        assertThat(files.count()).isEqualTo(2);
        assertThat(opened.get(4).read(ByteBuffer.allocate(1), 400L * MIB - 1)).isEqualTo(1);
        assertThatThrownBy(() -> opened.get(0).read(ByteBuffer.allocate(1), 0))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("was deleted or replaced");
    }

    @Test
    void deletedFilesAreClosedWhenTheirTimeIsUp(@TempDir Path data) throws IOException {
        var files = new OpenFiles(Disk.real(), 100, clock, () -> {});
        var file = large(files, data.resolve("1.log"));
        var closedByItsOwner = large(files, data.resolve("2.log"));
        files.deleteIfExists(data.resolve("1.log"));
        files.deleteIfExists(data.resolve("2.log"));
        closedByItsOwner.close();
        files.closeIdle();
        assertThat(file.read(ByteBuffer.allocate(1), 0)).isEqualTo(1);
        nanos.addAndGet(61_000_000_000L);
        files.closeIdle();
        assertThat(files.count()).isZero();
    }

    @Test
    void filesThatWentAreNotLookedThroughWhenOthersGo(@TempDir Path data) throws IOException {
        var files = new OpenFiles(Disk.real(), 100, clock, () -> {});
        var folder = data.resolve("orders-0");
        files.createDirectories(folder);
        var held = new ArrayList<DiskFile>();
        for (int i = 0; i < 6; i++) {
            held.add(files.open(folder.resolve(i + ".log")));
        }
        files.deleteIfExists(folder.resolve("0.log"));
        files.rename(folder.resolve("1.log"), folder.resolve("1.log" + RetiredFiles.SUFFIX));
        held.get(2).close();
        files.rename(folder.resolve("3.log"), folder.resolve("4.log"));
        assertThat(files.named(folder)).isEqualTo(2);
        for (var name : files.list(folder)) {
            Disk.real().deleteIfExists(folder.resolve(name));
        }
        files.deleteIfExists(folder);
        assertThat(files.named(folder)).isZero();
        held.get(5).close();
    }
}
