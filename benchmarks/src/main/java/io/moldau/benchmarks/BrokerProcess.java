package io.moldau.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A broker in a process of its own, with what the kernel says of its CPU time and memory.
final class BrokerProcess implements AutoCloseable {
    /// Which broker.
    enum Kind {
        MOLDAU,
        KAFKA
    }

    private static final long TICK_MS = 10;
    private final Kind kind;
    private final Process process;
    private final int port;
    private final Path data;
    private final Path log;

    private BrokerProcess(Kind kind, Process process, int port, Path data, Path log) {
        this.kind = kind;
        this.process = process;
        this.port = port;
        this.data = data;
        this.log = log;
    }

    static BrokerProcess start(Kind kind, Places places, Path data) throws IOException, InterruptedException {
        return switch (kind) {
            case MOLDAU -> moldau(places, data, List.of());
            case KAFKA -> kafka(places, data);
        };
    }

    /// @param root the repository
    /// @param kafka the folder of Apache Kafka's jars
    /// @param javaHome the JDK for both
    /// @param work where logs and data go
    record Places(Path root, Path kafka, Path javaHome, Path work, int port) {}

    /// Moldau with settings of a broker, `name=value`.
    static BrokerProcess moldau(Places places, Path data, List<String> settings) throws IOException {
        var log = places.work().resolve("moldau.log");
        var command = new ArrayList<>(List.of(
                places.root().resolve("moldau").toString(),
                "start",
                "--data",
                data.toString(),
                "--port",
                String.valueOf(places.port())));
        for (var setting : settings) {
            command.addAll(List.of("--set", setting));
        }
        return launch(
                Kind.MOLDAU,
                command,
                Map.of("MOLDAU_JAVA_HOME", places.javaHome().toString()),
                places,
                data,
                log);
    }

    private static BrokerProcess kafka(Places places, Path data) throws IOException, InterruptedException {
        var log = places.work().resolve("kafka.log");
        var settings = places.work().resolve("kafka.properties");
        Files.writeString(settings, kafkaSettings(places.port(), data));
        var log4j = places.work().resolve("log4j2.properties");
        Files.writeString(log4j, """
                appender.out.type=Console
                appender.out.name=out
                appender.out.layout.type=PatternLayout
                appender.out.layout.pattern=[%d] %p %m (%c)%n
                rootLogger.level=WARN
                rootLogger.appenderRef.out.ref=out
                """);
        var classPath = places.kafka().resolve("*").toString();
        var java = places.javaHome().resolve("bin/java").toString();
        if (!Files.exists(data.resolve("meta.properties"))) {
            var format = new ProcessBuilder(
                            java,
                            "-cp",
                            classPath,
                            "kafka.tools.StorageTool",
                            "format",
                            "--standalone",
                            "-t",
                            "4L6g3nShT-eMCtK--X86sw",
                            "-c",
                            settings.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            if (format.waitFor() != 0) {
                throw new IOException("formatting Kafka's storage failed: " + Files.readString(log));
            }
        }
        // The options of Kafka's own start script, with a heap of 1 GB.
        var command = List.of(
                java,
                "-Xms1G",
                "-Xmx1G",
                "-server",
                "-XX:+UseG1GC",
                "-XX:MaxGCPauseMillis=20",
                "-XX:InitiatingHeapOccupancyPercent=35",
                "-XX:+ExplicitGCInvokesConcurrent",
                "-Djava.awt.headless=true",
                "-Dlog4j2.configurationFile=" + log4j,
                "-cp",
                classPath,
                "kafka.Kafka",
                settings.toString());
        return launch(Kind.KAFKA, command, Map.of(), places, data, log);
    }

    /// Kafka's shipped `server.properties` for a lone node, with other places and ports.
    private static String kafkaSettings(int port, Path data) {
        int controller = port + 1;
        return """
                process.roles=broker,controller
                node.id=1
                controller.quorum.bootstrap.servers=localhost:%2$d
                listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                inter.broker.listener.name=PLAINTEXT
                advertised.listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                controller.listener.names=CONTROLLER
                listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
                num.network.threads=3
                num.io.threads=8
                socket.send.buffer.bytes=102400
                socket.receive.buffer.bytes=102400
                socket.request.max.bytes=104857600
                log.dirs=%3$s
                num.partitions=1
                num.recovery.threads.per.data.dir=2
                offsets.topic.replication.factor=1
                share.coordinator.state.topic.replication.factor=1
                share.coordinator.state.topic.min.isr=1
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                log.retention.hours=168
                log.segment.bytes=1073741824
                log.retention.check.interval.ms=300000
                """.formatted(port, controller, data);
    }

    private static BrokerProcess launch(
            Kind kind, List<String> command, Map<String, String> environment, Places places, Path data, Path log)
            throws IOException {
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(new HashMap<>(environment));
        return new BrokerProcess(kind, builder.start(), places.port(), data, log);
    }

    Kind kind() {
        return kind;
    }

    int port() {
        return port;
    }

    Path data() {
        return data;
    }

    long pid() {
        return process.pid();
    }

    void checkAlive() throws IOException {
        if (!process.isAlive()) {
            throw new IOException(kind + " ended with " + process.exitValue() + ": " + Files.readString(log));
        }
    }

    /// User and system time used so far.
    long cpuMs() {
        var stat = read("/proc/" + pid() + "/stat");
        var words = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(words[11]) + Long.parseLong(words[12])) * TICK_MS;
    }

    /// Bytes that the process had read from the disk itself, its page cache left out.
    long diskReadBytes() {
        for (var line : read("/proc/" + pid() + "/io").lines().toList()) {
            if (line.startsWith("read_bytes:")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return -1;
    }

    long openFiles() throws IOException {
        try (var all = Files.list(Path.of("/proc/" + pid() + "/fd"))) {
            return all.count();
        }
    }

    /// Resident memory in KiB; `VmRSS` now, `VmHWM` the most there ever was.
    long memoryKib(String field) {
        for (var line : read("/proc/" + pid() + "/status").lines().toList()) {
            if (line.startsWith(field + ":")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return -1;
    }

    private static String read(String path) {
        try {
            return Files.readString(Path.of(path));
        } catch (IOException gone) {
            throw new IllegalStateException("the broker's process is gone", gone);
        }
    }

    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(120, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException(kind + " did not stop within 120 s");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
