package io.moldau.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The machine that the numbers are of.
final class Machine {
    // Of the line "cpu" of /proc/stat, after its name.
    private static final int USER = 0;
    private static final int NICE = 1;
    private static final int SYSTEM = 2;
    private static final int INTERRUPTS = 5;
    private static final int SOFT_INTERRUPTS = 6;
    private static final int TICK_MS = 10;

    private Machine() {}

    static void describe(PrintStream out, Path javaHome) throws IOException {
        var cpu = first("/proc/cpuinfo", "model name");
        var memory = first("/proc/meminfo", "MemTotal");
        var kernel = Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip();
        var congestion = Path.of("/proc/sys/net/ipv4/tcp_congestion_control");
        out.printf(
                "%d × %s; memory %s; Linux %s, TCP congestion control %s; %s %s%n",
                Runtime.getRuntime().availableProcessors(),
                cpu,
                memory,
                kernel,
                Files.isReadable(congestion) ? Files.readString(congestion).strip() : "?",
                System.getProperty("java.vendor"),
                Runtime.version());
        out.println("JDK for both brokers: " + javaHome);
    }

    /// A line of `/proc/meminfo`.
    static long memoryKib(String name) throws IOException {
        return Long.parseLong(first("/proc/meminfo", name).replace(" kB", ""));
    }

    /// CPU time of all that ran since the machine's start, to a hundredth of a second a core.
    static long busyMs() {
        try {
            var fields = first("/proc/stat", "cpu ")
                    .substring("cpu".length())
                    .strip()
                    .split(" +", -1);
            long ticks = 0;
            for (int kind : List.of(USER, NICE, SYSTEM, INTERRUPTS, SOFT_INTERRUPTS)) {
                ticks += Long.parseLong(fields[kind]);
            }
            return ticks * TICK_MS;
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }

    private static String first(String file, String name) throws IOException {
        for (var line : Files.readString(Path.of(file)).lines().toList()) {
            if (line.startsWith(name)) {
                return line.substring(line.indexOf(':') + 1).strip();
            }
        }
        return "?";
    }
}
