package io.moldau.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/// What node processes printed: deleted when a class' tests passed, kept and named when one failed. Registered for all
/// tests of this module.
public final class NodeLogs implements TestWatcher, AfterAllCallback {
    private static final List<Path> LOGS = new CopyOnWriteArrayList<>();

    private boolean failed;

    static Path create() throws IOException {
        var log = Files.createTempFile("moldau-node", ".log");
        LOGS.add(log);
        return log;
    }

    /// For the temporary files of programs that are killed; goes when this JVM ends.
    static Path temporaryDirectory() {
        try {
            var directory = Files.createTempDirectory("moldau-programs");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory)));
            return directory;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static void delete(Path directory) {
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | UncheckedIOException failure) {
            System.err.println("not deleted: " + directory + ": " + failure);
        }
    }

    @Override
    public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
        failed = true;
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        failed |= context.getExecutionException().isPresent();
        for (var log : LOGS) {
            if (failed) {
                System.err.println("a test failed; its node printed into " + log);
            } else {
                Files.deleteIfExists(log);
            }
        }
        LOGS.clear();
        failed = false;
    }
}
