package io.moldau.storage;

import io.moldau.environment.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;

/// One process uses a log directory.
final class DirectoryLock {
    static final String FILE = ".lock";
    /// Of a directory that cannot be used.
    static final DirectoryLock NONE = new DirectoryLock(() -> {});

    private final AutoCloseable held;

    private DirectoryLock(AutoCloseable held) {
        this.held = held;
    }

    /// Makes the directory if there is none, and takes it.
    static DirectoryLock take(Disk disk, Path directory) throws IOException {
        createDurably(disk, directory);
        try {
            return new DirectoryLock(disk.lock(directory.resolve(FILE)));
        } catch (IOException held) {
            throw new IOException(
                    "the data directory " + directory + " cannot be used: " + held.getMessage()
                            + "; stop the other process or choose another directory",
                    held);
        }
    }

    private static void createDurably(Disk disk, Path directory) throws IOException {
        var missing = new ArrayList<Path>();
        for (Path at = directory.toAbsolutePath(); at != null && !disk.exists(at); at = at.getParent()) {
            missing.add(at);
        }
        disk.createDirectories(directory);
        for (var created : missing) {
            var parent = created.getParent();
            if (parent != null) {
                disk.syncDirectory(parent);
            }
        }
    }

    void release() throws IOException {
        try {
            held.close();
        } catch (IOException failed) {
            throw failed;
        } catch (Exception failed) {
            throw new IOException("releasing the directory's lock", failed);
        }
    }
}
