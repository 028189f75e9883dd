package io.moldau.environment;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LargePagesTest {
    private static final int SIZE = 2 * LargePages.PAGE_BYTES;

    @Test
    void everyByteOfItKeepsWhatIsWrittenThere() {
        var memory = Disk.largeBlocks(SIZE);
        assertThat(memory.capacity()).isEqualTo(SIZE);
        assertThat(memory.alignmentOffset(0, Disk.BLOCK_BYTES)).isZero();
        for (int at = 0; at < SIZE; at += Long.BYTES) {
            memory.putLong(at, at);
        }
        long wrong = 0;
        for (int at = 0; at < SIZE; at += Long.BYTES) {
            wrong += memory.getLong(at) == at ? 0 : 1;
        }
        assertThat(wrong).isZero();
    }

    @Test
    void itBeginsWithALargePage() {
        var memory = LargePages.allocate(SIZE);
        if (memory != null) {
            assertThat(memory.alignmentOffset(0, LargePages.PAGE_BYTES)).isZero();
        }
    }

    @Test
    void piecesOfItAreWrittenPastThePageCache(@TempDir Path data) throws IOException {
        var piece = Disk.largeBlocks(SIZE).slice(SIZE / 2, SIZE / 4);
        piece.putLong(0, 7).putLong(piece.capacity() - Long.BYTES, 8);
        var path = data.resolve("file");
        try (var file = Disk.real().openForBlocks(path)) {
            file.write(piece, Disk.BLOCK_BYTES);
        }
        try (var file = Disk.real().open(path)) {
            var read = ByteBuffer.allocate(SIZE / 4);
            assertThat(file.read(read, Disk.BLOCK_BYTES)).isEqualTo(SIZE / 4);
            assertThat(read.getLong(0)).isEqualTo(7);
            assertThat(read.getLong(SIZE / 4 - Long.BYTES)).isEqualTo(8);
        }
    }
}
