package io.moldau.environment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinuxFilesTest {
    private static final Set<String> RESERVING = Set.of("ext4", "xfs", "btrfs", "tmpfs");

    private final Disk disk = Disk.real();

    private static long blocksOf(Path file) throws IOException, InterruptedException {
        var stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
        var text = new String(stat.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(stat.waitFor()).isZero();
        return Long.parseLong(text.trim());
    }

    @Test
    void reservedBlocksAreThereAndTheFileIsAsLongAsBefore(@TempDir Path folder) throws Exception {
        assumeTrue(RESERVING.contains(Files.getFileStore(folder).type()), "the file system cannot reserve");
        var file = folder.resolve("00000000000000000000.log");
        try (var open = disk.open(file)) {
            open.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 0);
            disk.reserve(file, 3, 4 << 20);
            assertThat(open.sizeBytes()).isEqualTo(3);
            assertThat(blocksOf(file)).isGreaterThanOrEqualTo((4 << 20) / 512);
            open.write(ByteBuffer.wrap(new byte[] {4}), 3);
            assertThat(Files.readAllBytes(file)).containsExactly(1, 2, 3, 4);
        }
    }

    @Test
    void whatIsWrittenBackIsWhatWasWritten(@TempDir Path folder) throws Exception {
        var file = folder.resolve("00000000000000000000.log");
        try (var open = disk.open(file)) {
            open.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 0);
            disk.writeBack(file, 0, 3);
        }
        assertThat(Files.readAllBytes(file)).containsExactly(1, 2, 3);
    }

    @Test
    void aFileThatIsGoneIsNotMadeByHints(@TempDir Path folder) {
        var file = folder.resolve("gone");
        disk.reserve(file, 0, 1 << 20);
        disk.writeBack(file, 0, 1 << 20);
        assertThat(file).doesNotExist();
    }
}
