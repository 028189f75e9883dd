package io.moldau.programs.compare;

import io.moldau.programs.Checks;
import io.moldau.programs.Program;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// An Apache Kafka on one node, with the settings of its shipped `server.properties` and its data in `directory`.
final class Kafka implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private final int port;
    private final Program process;

    private Kafka(int port, Program process) {
        this.port = port;
        this.process = process;
    }

    static Kafka start(Path directory, int nodeId, List<String> settings) throws IOException, InterruptedException {
        int port = Program.freePort();
        int controller = Program.freePort();
        var listeners = "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controller;
        var file = directory.resolve("kafka.properties");
        var lines = new ArrayList<>(List.of(
                "process.roles=broker,controller",
                "node.id=" + nodeId,
                "controller.quorum.bootstrap.servers=127.0.0.1:" + controller,
                "listeners=" + listeners,
                "advertised.listeners=" + listeners,
                "inter.broker.listener.name=PLAINTEXT",
                "controller.listener.names=CONTROLLER",
                "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
                "log.dirs=" + directory.resolve("kafka"),
                "offsets.topic.replication.factor=1",
                "share.coordinator.state.topic.replication.factor=1",
                "share.coordinator.state.topic.min.isr=1",
                "transaction.state.log.replication.factor=1",
                "transaction.state.log.min.isr=1"));
        lines.addAll(settings);
        Files.write(file, lines);
        var log = directory.resolve("kafka.log");
        try (var format = Program.java(
                log,
                List.of(),
                "kafka.tools.StorageTool",
                "format",
                "--standalone",
                "-t",
                "4L6g3nShT-eMCtK--X86sw",
                "-c",
                file.toString())) {
            if (format.ended(PATIENCE) != 0) {
                throw new IOException("Kafka's storage was not formatted: " + format.output());
            }
        }
        var kafka = new Kafka(port, Program.java(log, List.of(), "kafka.Kafka", file.toString()));
        Checks.await("Kafka starts; see " + log, PATIENCE, () -> {
            if (!kafka.process.alive()) {
                throw new IllegalStateException("Kafka did not start: " + kafka.process.output());
            }
            try (var probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return probe.isConnected();
            }
        });
        return kafka;
    }

    int port() {
        return port;
    }

    @Override
    public void close() {
        process.close();
    }
}
