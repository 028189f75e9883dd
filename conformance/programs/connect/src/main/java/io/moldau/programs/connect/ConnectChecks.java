package io.moldau.programs.connect;

import io.moldau.programs.Checks;
import io.moldau.programs.Moldau;
import io.moldau.programs.Program;
import io.moldau.programs.Topics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.cli.ConnectDistributed;
import org.apache.kafka.connect.cli.ConnectStandalone;

/// Lines of a file become records of a topic become lines of a file, although workers and node are killed.
public final class ConnectChecks {
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private final Checks checks;

    private ConnectChecks(Checks checks) {
        this.checks = checks;
    }

    public static void main(String[] names) {
        var parts = new LinkedHashMap<String, Checks.Part>();
        parts.put("standalone", checks -> new ConnectChecks(checks).standalone());
        parts.put("distributed", checks -> new ConnectChecks(checks).distributed());
        Checks.main(parts, names);
    }

    private void standalone() throws Exception {
        try (var node = Moldau.start()) {
            var file = new GrowingFile(node.directory().resolve("standalone.in"));
            var sink = node.directory().resolve("standalone.out");
            file.add(1000);
            int port = Program.freePort();
            var worker = worker(node, port);
            worker.put(
                    "offset.storage.file.filename",
                    node.directory().resolve("offsets").toString());
            // Off by default in Connect; on, a node's death leaves no record twice.
            worker.put("producer.enable.idempotence", "true");
            try (var program = Program.java(
                    node.directory().resolve("standalone.log"),
                    List.of(),
                    ConnectStandalone.class.getName(),
                    properties(node, "standalone.properties", worker),
                    properties(node, "source.properties", named("source", source(file, "alone"))),
                    properties(node, "sink.properties", named("sink", sink(sink, "alone"))))) {
                var rest = new Rest(port);
                awaitLines("the sink has the first lines", sink, file);
                checks.equal("standalone: source to sink", file.lines(), Files.readAllLines(sink));
                checks.that(rest.is("source", "RUNNING") && rest.is("sink", "RUNNING"), "standalone: both run");
                checks.that(program.stop(Duration.ofSeconds(60)), "standalone: the worker ends when asked to");
                file.add(1000);
                program.startAgain();
                awaitLines("the sink has the lines of the second start", sink, file);
                checks.equal("standalone: offsets survive a restart", file.lines(), Files.readAllLines(sink));
                var adding = file.addSlowly(2000, 50);
                Checks.during(Duration.ofSeconds(2));
                node.killAndRestart(Duration.ofSeconds(1));
                adding.get();
                awaitLines("the sink has the lines that came when the node was killed", sink, file);
                checks.equal(
                        "standalone: the topic has every line once and in order", file.lines(), values(node, "alone"));
                checks.equal(
                        "standalone: the sink has every line, in order",
                        file.lines(),
                        List.copyOf(new LinkedHashSet<>(Files.readAllLines(sink))));
            }
        }
    }

    private void distributed() throws Exception {
        try (var node = Moldau.start()) {
            int firstPort = Program.freePort();
            int secondPort = Program.freePort();
            try (var first = distributedWorker(node, "first", firstPort)) {
                var rest = new Rest(firstPort);
                Checks.await(
                        "the first worker answers",
                        PATIENCE,
                        () -> rest.call("GET", "/connectors", null).status() == 200);
                try (var second = distributedWorker(node, "second", secondPort)) {
                    var other = new Rest(secondPort);
                    Checks.await(
                            "the second worker answers",
                            PATIENCE,
                            () -> other.call("GET", "/connectors", null).status() == 200);
                    kills(node, first, rest, second, other);
                    operate(node, other);
                    checks.that(
                            second.stop(Duration.ofSeconds(60)), "distributed: the second worker ends when asked to");
                }
                checks.that(first.stop(Duration.ofSeconds(60)), "distributed: the first worker ends when asked to");
            }
        }
    }

    /// Exactly once from the file into the topic, whoever dies.
    private void kills(Moldau node, Program first, Rest rest, Program second, Rest other) throws Exception {
        var file = new GrowingFile(node.directory().resolve("distributed.in"));
        var sink = node.directory().resolve("distributed.out");
        file.add(500);
        rest.create("source", source(file, "distributed"));
        other.create("sink", sink(sink, "distributed"));
        rest.await("source", "RUNNING");
        rest.await("sink", "RUNNING");
        awaitLines("the sink has the first lines", sink, file);
        checks.equal("distributed: source to sink", file.lines(), Files.readAllLines(sink));
        var adding = file.addSlowly(20_000, 40);
        Checks.during(Duration.ofSeconds(4));
        first.kill();
        first.startAgain();
        Checks.during(Duration.ofSeconds(10));
        node.killAndRestart(Duration.ofSeconds(1));
        Checks.during(Duration.ofSeconds(6));
        second.kill();
        Checks.during(Duration.ofSeconds(2));
        second.startAgain();
        Checks.during(Duration.ofSeconds(6));
        node.killAndRestart(Duration.ofMillis(1));
        adding.get();
        awaitLines("the sink has all lines", sink, file);
        checks.equal(
                "distributed, exactly-once source: the topic has every line once and in order",
                file.lines(),
                values(node, "distributed"));
        checks.equal(
                "distributed: the sink has every line, in order",
                file.lines(),
                List.copyOf(new LinkedHashSet<>(Files.readAllLines(sink))));
        other.await("source", "RUNNING");
        other.await("sink", "RUNNING");
        other.insist("DELETE", "/connectors/source", null, 204);
        other.insist("DELETE", "/connectors/sink", null, 204);
    }

    /// What an operator does by REST.
    private void operate(Moldau node, Rest rest) throws Exception {
        var file = new GrowingFile(node.directory().resolve("operated.in"));
        var sink = node.directory().resolve("operated.out");
        file.add(300);
        rest.create("operated", source(file, "operated"));
        rest.create("written", sink(sink, "operated"));
        rest.await("operated", "RUNNING");
        rest.await("written", "RUNNING");
        awaitLines("the sink has the first lines", sink, file);
        rest.insist("PUT", "/connectors/operated/pause", null, 202);
        rest.await("operated", "PAUSED");
        file.add(100);
        Checks.during(Duration.ofSeconds(2));
        checks.equal(
                "REST: a paused source reads nothing",
                300,
                values(node, "operated").size());
        rest.insist("PUT", "/connectors/operated/resume", null, 202);
        rest.await("operated", "RUNNING");
        awaitLines("the sink has the lines after the pause", sink, file);
        checks.equal("REST: a resumed source goes on", file.lines(), values(node, "operated"));
        rest.insist("POST", "/connectors/operated/restart?includeTasks=true", null, 202);
        rest.await("operated", "RUNNING");
        file.add(100);
        awaitLines("the sink has the lines after the restart", sink, file);
        Checks.await("the offset of the source is its file's size", PATIENCE, () -> position(rest) == file.size());
        checks.equal("REST: offsets of the source", file.size(), position(rest));
        Checks.await("the offset of the sink is the number of records", PATIENCE, () -> records(node) == sunk(rest));
        checks.equal("REST: offsets of the sink are the end of the topic", records(node), sunk(rest));
        rest.insist("PUT", "/connectors/operated/stop", null, 204);
        rest.insist("PUT", "/connectors/written/stop", null, 204);
        rest.await("operated", "STOPPED");
        rest.await("written", "STOPPED");
        rest.insist("DELETE", "/connectors/operated/offsets", null, 200);
        checks.that(rest.get("/connectors/operated/offsets").path("offsets").isEmpty(), "REST: offsets deleted");
        var partition = Map.of("kafka_topic", "operated", "kafka_partition", 0);
        rest.insist(
                "PATCH",
                "/connectors/written/offsets",
                Map.of("offsets", List.of(Map.of("partition", partition, "offset", Map.of("kafka_offset", 0)))),
                200);
        checks.equal("REST: offsets of the sink set back", 0L, sunk(rest));
        int before = Files.readAllLines(sink).size();
        rest.insist("PUT", "/connectors/operated/resume", null, 202);
        rest.insist("PUT", "/connectors/written/resume", null, 202);
        rest.await("operated", "RUNNING");
        var twice = new ArrayList<>(file.lines());
        twice.addAll(file.lines());
        Checks.await(
                "the source read its file again",
                PATIENCE,
                () -> values(node, "operated").size() >= twice.size());
        checks.equal("REST: without offsets the source begins anew", twice, values(node, "operated"));
        Checks.await(
                "the sink wrote all again",
                PATIENCE,
                () -> Files.readAllLines(sink).size() - before >= twice.size());
        checks.equal(
                "REST: the sink begins where it was told",
                twice,
                Files.readAllLines(sink).subList(before, before + twice.size()));
        rest.insist("DELETE", "/connectors/operated", null, 204);
        rest.insist("DELETE", "/connectors/written", null, 204);
        Checks.await("both are gone", PATIENCE, () -> rest.get("/connectors").isEmpty());
        checks.equal(
                "REST: deleted",
                404,
                rest.call("GET", "/connectors/operated/status", null).status());
    }

    private static long position(Rest rest) throws Exception {
        return rest.get("/connectors/operated/offsets")
                .path("offsets")
                .path(0)
                .path("offset")
                .path("position")
                .asLong(-1);
    }

    private static long sunk(Rest rest) throws Exception {
        return rest.get("/connectors/written/offsets")
                .path("offsets")
                .path(0)
                .path("offset")
                .path("kafka_offset")
                .asLong(-1);
    }

    /// The offset after the last record; the markers of transactions come behind it.
    private static long records(Moldau node) {
        var all = Topics.read(node.bootstrap(), "operated", true);
        return all.get(all.size() - 1).offset() + 1;
    }

    private static List<String> values(Moldau node, String topic) {
        return Topics.read(node.bootstrap(), topic, true).stream()
                .map(record -> record.value())
                .toList();
    }

    private static void awaitLines(String what, Path sink, GrowingFile file) {
        Checks.await(what, PATIENCE, () -> new LinkedHashSet<>(Files.readAllLines(sink)).containsAll(file.lines()));
    }

    private static Program distributedWorker(Moldau node, String name, int port) throws IOException {
        var worker = worker(node, port);
        worker.put("group.id", "workers");
        worker.put("exactly.once.source.support", "enabled");
        worker.put("scheduled.rebalance.max.delay.ms", "1000");
        worker.put("session.timeout.ms", "6000");
        worker.put("heartbeat.interval.ms", "2000");
        for (var topic : List.of("config", "offset", "status")) {
            worker.put(topic + ".storage.topic", "connect-" + topic);
            worker.put(topic + ".storage.replication.factor", "1");
        }
        return Program.java(
                node.directory().resolve(name + ".log"),
                List.of(),
                ConnectDistributed.class.getName(),
                properties(node, name + ".properties", worker));
    }

    private static Map<String, String> worker(Moldau node, int port) {
        var worker = new LinkedHashMap<String, String>();
        worker.put("bootstrap.servers", node.bootstrap());
        worker.put("key.converter", "org.apache.kafka.connect.storage.StringConverter");
        worker.put("value.converter", "org.apache.kafka.connect.storage.StringConverter");
        worker.put("offset.flush.interval.ms", "1000");
        worker.put("listeners", "http://127.0.0.1:" + port);
        worker.put("consumer.isolation.level", "read_committed");
        return worker;
    }

    private static Map<String, String> source(GrowingFile file, String topic) {
        return Map.of(
                "connector.class",
                "org.apache.kafka.connect.file.FileStreamSourceConnector",
                "tasks.max",
                "1",
                "file",
                file.path().toString(),
                "topic",
                topic);
    }

    private static Map<String, String> sink(Path file, String topic) {
        return Map.of(
                "connector.class",
                "org.apache.kafka.connect.file.FileStreamSinkConnector",
                "tasks.max",
                "1",
                "file",
                file.toString(),
                "topics",
                topic);
    }

    private static Map<String, String> named(String name, Map<String, String> config) {
        var all = new LinkedHashMap<>(config);
        all.put("name", name);
        return all;
    }

    private static String properties(Moldau node, String name, Map<String, String> settings) throws IOException {
        var lines = settings.entrySet().stream()
                .map(one -> one.getKey() + "=" + one.getValue())
                .toList();
        return Files.write(node.directory().resolve(name), lines, StandardCharsets.UTF_8)
                .toString();
    }
}
