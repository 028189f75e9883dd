package io.moldau.programs.connect;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/// The file that a source reads, while lines are added.
final class GrowingFile {
    private static final int AT_ONCE = 20;

    private final Path path;
    private final List<String> lines = new ArrayList<>();

    GrowingFile(Path path) throws IOException {
        this.path = Files.createFile(path);
    }

    Path path() {
        return path;
    }

    List<String> lines() {
        return List.copyOf(lines);
    }

    long size() throws IOException {
        return Files.size(path);
    }

    void add(int count) throws IOException {
        var more = new ArrayList<String>();
        for (int i = 0; i < count; i++) {
            more.add("line " + (lines.size() + i) + " of " + path.getFileName());
        }
        Files.write(path, more, StandardCharsets.UTF_8, StandardOpenOption.APPEND);
        lines.addAll(more);
    }

    /// Adds lines on a thread of its own, so that whatever is killed meanwhile is killed at work.
    CompletableFuture<Void> addSlowly(int count, long pauseMs) {
        return CompletableFuture.runAsync(() -> {
            try {
                for (int i = 0; i < count; i += AT_ONCE) {
                    add(AT_ONCE);
                    LockSupport.parkNanos(pauseMs * 1_000_000);
                }
            } catch (IOException failure) {
                throw new IllegalStateException(failure);
            }
        });
    }
}
