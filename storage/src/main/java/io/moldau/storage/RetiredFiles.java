package io.moldau.storage;

import io.moldau.environment.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// Files that leave their log: they get another name under its monitor, which takes no time, and are deleted without
/// it. Giving back the blocks of a large file may take a file system tens of milliseconds, and nobody who appends is to
/// wait for that (decision 41).
final class RetiredFiles {
    static final String SUFFIX = ".deleted";

    private RetiredFiles() {}

    /// The file's new name is added to `retired`; nothing happens if there is no such file.
    static void retire(Disk disk, Path file, List<Path> retired) throws IOException {
        if (disk.exists(file)) {
            var gone = file.resolveSibling(file.getFileName() + SUFFIX);
            disk.rename(file, gone);
            retired.add(gone);
        }
    }

    /// What a process that was killed did not come to delete.
    static boolean deleteLeft(Disk disk, Path folder, List<String> names) throws IOException {
        boolean any = false;
        for (var name : names) {
            if (name.endsWith(SUFFIX)) {
                disk.deleteIfExists(folder.resolve(name));
                any = true;
            }
        }
        return any;
    }
}
