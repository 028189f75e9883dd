package io.moldau.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The kernel's cache of files.
final class PageCache {
    private static final int FILES_AT_ONCE = 200;

    private PageCache() {}

    /// Forgets the pages of all segments whose folder begins with a topic's name. Needs no root: `dd` asks for it
    /// (posix_fadvise, DONTNEED) after it has synced the file, of which it changes nothing.
    static void drop(Path data, String topic) throws IOException, InterruptedException {
        List<Path> files;
        try (var all = Files.walk(data)) {
            files = all.filter(path -> path.toString().endsWith(".log")
                            && String.valueOf(path.getParent()).contains("/" + topic + "-"))
                    .toList();
        }
        if (files.isEmpty()) {
            throw new IOException("no segments of " + topic + " in " + data);
        }
        for (int from = 0; from < files.size(); from += FILES_AT_ONCE) {
            var script =
                    "for f; do dd of=\"$f\" oflag=nocache conv=notrunc,fdatasync count=0 status=none || exit 1; done";
            var command = new ArrayList<>(List.of("sh", "-c", script, "sh"));
            files.subList(from, Math.min(files.size(), from + FILES_AT_ONCE))
                    .forEach(file -> command.add(file.toString()));
            if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
                throw new IOException("dd could not drop the cached pages of " + topic);
            }
        }
    }
}
