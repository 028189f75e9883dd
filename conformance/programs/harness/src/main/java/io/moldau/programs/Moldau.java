package io.moldau.programs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// A node as users start it, with its data in a temporary directory, which is deleted in the end.
public final class Moldau implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final String READY = "Moldau is ready.";

    private final Path directory;
    private final int port;
    private final Program process;
    private int starts = 1;

    private Moldau(Path directory, int port, Program process) {
        this.directory = directory;
        this.port = port;
        this.process = process;
    }

    public static Moldau start(String... settings) throws IOException {
        var directory = Files.createTempDirectory("moldau-programs-");
        int port = Program.freePort();
        var command = new ArrayList<>(List.of(
                "env",
                "MOLDAU_JAVA_OPTS=-Djava.io.tmpdir=" + directory,
                Path.of(System.getProperty("moldau.root"), "moldau").toString(),
                "start",
                "--data",
                directory.resolve("data").toString(),
                "--port",
                Integer.toString(port)));
        for (var setting : settings) {
            command.addAll(List.of("--set", setting));
        }
        var moldau = new Moldau(directory, port, Program.start(directory.resolve("node.log"), command));
        moldau.awaitReady();
        return moldau;
    }

    private void awaitReady() {
        Checks.await(
                "the node starts; see " + directory.resolve("node.log"),
                PATIENCE,
                () -> !process.alive() || process.output().split(READY, -1).length > starts);
        if (!process.alive()) {
            throw new IllegalStateException("the node did not start: " + process.output());
        }
    }

    public String bootstrap() {
        return "127.0.0.1:" + port;
    }

    /// Where the program may keep what it needs; goes when the node goes.
    public Path directory() {
        return directory;
    }

    /// SIGKILL in the middle of whatever is going on, a moment of silence, and a new start on the same data.
    public void killAndRestart(Duration silence) throws IOException, InterruptedException {
        process.kill();
        Checks.during(silence);
        starts++;
        process.startAgain();
        awaitReady();
    }

    public String output() {
        return process.output();
    }

    @Override
    public void close() {
        process.close();
        if (Boolean.getBoolean("moldau.keep")) {
            System.out.println("kept    " + directory);
            return;
        }
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException failure) {
            System.out.println("not deleted: " + directory + ": " + failure);
        }
    }
}
