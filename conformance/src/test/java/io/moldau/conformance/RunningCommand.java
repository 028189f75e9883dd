package io.moldau.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The `moldau` command in a process of its own that goes on until it is ended.
record RunningCommand(Process process, Path output) implements AutoCloseable {
    /// What it prints, errors too, goes into the file.
    static RunningCommand start(Path output, String... arguments) throws IOException {
        var process = new ProcessBuilder(NodeProcess.command(arguments))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        return new RunningCommand(process, output);
    }

    List<String> lines() {
        try {
            return Files.readAllLines(output, UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// SIGKILL; returns when it is gone.
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /// SIGTERM; the exit code.
    int stop() throws InterruptedException {
        process.destroy();
        return process.waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
