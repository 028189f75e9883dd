package io.moldau.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/// A node in a process of its own, as a user starts it; it can be killed and started again on the same data and port.
final class NodeProcess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Path TEMPORARY = NodeLogs.temporaryDirectory();

    private final String data;
    private final int port;
    private final Path output;
    private Process process;

    private NodeProcess(String data, int port, Path output, Process process) {
        this.data = data;
        this.port = port;
        this.output = output;
        this.process = process;
    }

    static NodeProcess start(Path data) throws IOException {
        return start(List.of(data));
    }

    /// With several data directories.
    static NodeProcess start(List<Path> directories) throws IOException {
        var data = directories.stream().map(Path::toString).collect(Collectors.joining(","));
        int port;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        var output = NodeLogs.create();
        return new NodeProcess(data, port, output, launch(data, port, output));
    }

    private static Process launch(String data, int port, Path output) throws IOException {
        var process = new ProcessBuilder(command("start", "--data", data, "--port", Integer.toString(port)))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> !process.isAlive() || Files.readString(output).contains("Moldau is ready."));
        if (!process.isAlive()) {
            throw new IOException("the node did not start: " + Files.readString(output));
        }
        return process;
    }

    /// The command line of the moldau command with these arguments.
    static List<String> command(String... arguments) {
        var command = new ArrayList<String>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx256m",
                // Native libraries of a program that is killed stay where it put them.
                "-Djava.io.tmpdir=" + TEMPORARY,
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                "io.moldau.cli.Moldau"));
        command.addAll(List.of(arguments));
        return command;
    }

    String bootstrap() {
        return "127.0.0.1:" + port;
    }

    long pid() {
        return process.pid();
    }

    /// What the node printed since its last start.
    String output() {
        try {
            return Files.readString(output, UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// SIGKILL, and a new process on the same data.
    void killAndRestart() throws IOException, InterruptedException {
        kill();
        process = launch(data, port, output);
    }

    /// SIGKILL; returns when the process is gone.
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /// SIGTERM; how long the process took to end.
    Duration stop() throws InterruptedException {
        long before = System.nanoTime();
        process.destroy();
        process.waitFor();
        return Duration.ofNanos(System.nanoTime() - before);
    }

    void startAgain() throws IOException {
        process = launch(data, port, output);
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
