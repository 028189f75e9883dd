package io.moldau.programs.storm;

import io.moldau.programs.Checks;
import io.moldau.programs.Moldau;
import io.moldau.programs.Program;
import io.moldau.programs.Topics;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.Admin;

/// The node and the topology are killed while it works, and nothing is missing.
public final class StormChecks {
    private static final Duration PATIENCE = Duration.ofSeconds(180);
    private static final int RECORDS = 20_000;
    private static final long PAUSE_NANOS = 2_500_000;

    private StormChecks() {}

    public static void main(String[] names) {
        var parts = new LinkedHashMap<String, Checks.Part>();
        parts.put("topology", StormChecks::run);
        Checks.main(parts, names);
    }

    private static void run(Checks checks) throws Exception {
        try (var node = Moldau.start();
                var admin = Admin.create(Map.of("bootstrap.servers", node.bootstrap()))) {
            Topics.create(node.bootstrap(), 3, Job.IN, Job.OUT);
            var input = CompletableFuture.supplyAsync(
                    () -> Topics.numbered(node.bootstrap(), Job.IN, RECORDS, PAUSE_NANOS));
            try (var job = Program.java(
                    node.directory().resolve("storm.log"), List.of(), Job.class.getName(), node.bootstrap())) {
                Checks.await("the topology works", PATIENCE, () -> written(job, node) > 1000);
                node.killAndRestart(Duration.ofSeconds(1));
                long before = written(job, node);
                Checks.await(
                        "it goes on after the node was killed", PATIENCE, () -> written(job, node) > before + 1000);
                job.kill();
                job.startAgain();
                long then = written(job, node);
                Checks.await("it goes on after it was killed", PATIENCE, () -> written(job, node) > then + 1000);
                node.killAndRestart(Duration.ofMillis(1));
                var expected = new TreeMap<String, String>();
                input.get().forEach((key, value) -> expected.put(key, value.toUpperCase(Locale.ROOT)));
                Checks.await(
                        "all is written to the topic",
                        PATIENCE,
                        () -> written(job, node) >= RECORDS && distinct(node).size() >= RECORDS);
                Checks.await("all is committed", PATIENCE, () -> Topics.lag(admin, Job.GROUP, Job.IN) == 0);
                var actual = new TreeMap<String, String>();
                var records = Topics.read(node.bootstrap(), Job.OUT, true);
                records.forEach(record -> actual.put(record.key(), record.value()));
                checks.same("Storm, topic to topic: everything, nothing else", expected, actual);
                checks.equal("no value of another kind", new TreeSet<>(expected.values()), distinct(node));
                System.out.println("        " + (records.size() - RECORDS) + " records came again, of " + RECORDS);
                checks.that(job.alive(), "the topology still runs");
            }
        }
    }

    private static long written(Program job, Moldau node) {
        if (!job.alive()) {
            throw new IllegalStateException("the topology ended: " + job.output());
        }
        return Topics.read(node.bootstrap(), Job.OUT, true).size();
    }

    private static TreeSet<String> distinct(Moldau node) {
        var values = new TreeSet<String>();
        Topics.read(node.bootstrap(), Job.OUT, true).forEach(record -> values.add(record.value()));
        return values;
    }
}
