package io.moldau.programs;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A program in a process of its own: can be killed, and started again as it was.
public final class Program implements AutoCloseable {
    private final List<String> command;
    private final Path output;
    private Process process;

    private Program(List<String> command, Path output, Process process) {
        this.command = command;
        this.output = output;
        this.process = process;
    }

    /// What it prints goes to the end of the file `output`.
    public static Program start(Path output, List<String> command) throws IOException {
        return new Program(List.copyOf(command), output, launch(command, output));
    }

    /// A Java program with the class path and the JVM of this one.
    public static Program java(Path output, List<String> options, String mainClass, String... arguments)
            throws IOException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> option.startsWith("--add-opens"))
                .forEach(command::add);
        // What a killed program leaves behind lies beside its output, and goes with it.
        command.add("-Djava.io.tmpdir=" + output.toAbsolutePath().getParent());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
        command.addAll(List.of(arguments));
        return start(output, command);
    }

    private static Process launch(List<String> command, Path output) throws IOException {
        var process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        return process;
    }

    public boolean alive() {
        return process.isAlive();
    }

    /// SIGKILL; returns when it is gone.
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /// SIGTERM, and SIGKILL if it takes too long; says whether it ended by itself.
    public boolean stop(Duration patience) throws InterruptedException {
        process.destroy();
        boolean ended = process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
        if (!ended) {
            kill();
        }
        return ended;
    }

    public void startAgain() throws IOException {
        process = launch(command, output);
    }

    /// The exit code, or -1 if it did not end in time.
    public int ended(Duration patience) throws InterruptedException {
        return process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS) ? process.exitValue() : -1;
    }

    /// Everything printed by all its starts.
    public String output() {
        try {
            return Files.readString(output, StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }

    /// A port of the loopback address that was free a moment ago.
    public static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
