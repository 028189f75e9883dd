package io.moldau.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;

/// The machine that the numbers are of.
final class Machine {
    private Machine() {}

    static void describe(PrintStream out, Path javaHome) throws IOException {
        var cpu = first("/proc/cpuinfo", "model name");
        var memory = first("/proc/meminfo", "MemTotal");
        var kernel = Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip();
        out.printf(
                "%d × %s; memory %s; Linux %s; %s %s%n",
                Runtime.getRuntime().availableProcessors(),
                cpu,
                memory,
                kernel,
                System.getProperty("java.vendor"),
                Runtime.version());
        out.println("JDK for both brokers: " + javaHome);
    }

    /// A line of `/proc/meminfo`.
    static long memoryKib(String name) throws IOException {
        return Long.parseLong(first("/proc/meminfo", name).replace(" kB", ""));
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
