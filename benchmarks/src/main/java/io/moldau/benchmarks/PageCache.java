package io.moldau.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The kernel's cache of files.
final class PageCache {
    private PageCache() {}

    /// Forgets all clean pages; needs root.
    static void drop() throws IOException {
        Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "1");
    }
}
