package io.moldau.programs.samza;

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

/// The node and the application are killed while it works, and nothing is missing.
public final class SamzaChecks {
    private static final Duration PATIENCE = Duration.ofSeconds(180);
    private static final int RECORDS = 20_000;
    private static final long PAUSE_NANOS = 2_500_000;

    private SamzaChecks() {}

    public static void main(String[] names) {
        var parts = new LinkedHashMap<String, Checks.Part>();
        parts.put("application", SamzaChecks::run);
        Checks.main(parts, names);
    }

    private static void run(Checks checks) throws Exception {
        try (var node = Moldau.start()) {
            Topics.create(node.bootstrap(), 3, Job.IN, Job.OUT);
            var input = CompletableFuture.supplyAsync(
                    () -> Topics.numbered(node.bootstrap(), Job.IN, RECORDS, PAUSE_NANOS));
            try (var job = Program.java(
                    node.directory().resolve("samza.log"),
                    List.of("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"),
                    Job.class.getName(),
                    node.bootstrap())) {
                Checks.await("the application works", PATIENCE, () -> written(job, node) > 1000);
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
                        () -> written(job, node) >= RECORDS && table(node).size() >= RECORDS);
                checks.same("Samza, topic to topic: everything, nothing else", expected, table(node));
                checks.equal(
                        "no value of another kind",
                        new TreeSet<>(expected.values()),
                        new TreeSet<>(Topics.read(node.bootstrap(), Job.OUT, true).stream()
                                .map(record -> record.value())
                                .toList()));
                System.out.println("        " + (written(job, node) - RECORDS) + " records came again, of " + RECORDS);
            }
        }
    }

    private static long written(Program job, Moldau node) {
        if (!job.alive()) {
            throw new IllegalStateException("the application ended: " + job.output());
        }
        return Topics.read(node.bootstrap(), Job.OUT, true).size();
    }

    private static Map<String, String> table(Moldau node) {
        return Topics.table(Topics.read(node.bootstrap(), Job.OUT, true));
    }
}
