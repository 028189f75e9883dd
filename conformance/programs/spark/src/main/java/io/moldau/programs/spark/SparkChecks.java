package io.moldau.programs.spark;

import io.moldau.programs.Checks;
import io.moldau.programs.Moldau;
import io.moldau.programs.Program;
import io.moldau.programs.Topics;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.ProducerRecord;

/// A query is killed and started again, the node is killed, and nothing is missing.
public final class SparkChecks {
    private static final Duration PATIENCE = Duration.ofSeconds(180);
    private static final int RECORDS = 15_000;

    private SparkChecks() {}

    public static void main(String[] names) {
        var parts = new LinkedHashMap<String, Checks.Part>();
        parts.put("structured-streaming", SparkChecks::run);
        Checks.main(parts, names);
    }

    private static void run(Checks checks) throws Exception {
        try (var node = Moldau.start()) {
            Topics.create(node.bootstrap(), 3, Job.IN, Job.OUT);
            var input = CompletableFuture.supplyAsync(() -> write(node.bootstrap()));
            try (var job = job(node, "stream")) {
                Checks.await("the query works", PATIENCE, () -> written(job, node) > 1000);
                job.kill();
                job.startAgain();
                long before = written(job, node);
                Checks.await("the query works again", PATIENCE, () -> written(job, node) > before + 500);
                node.killAndRestart(Duration.ofSeconds(1));
                var expected = input.get();
                var upper = expected.stream()
                        .map(line -> line.toUpperCase(Locale.ROOT))
                        .toList();
                Checks.await(
                        "all is written to the topic",
                        PATIENCE,
                        () -> written(job, node) >= RECORDS && distinct(node).size() == RECORDS);
                checks.equal("Spark, topic to topic: everything, nothing else", new TreeSet<>(upper), distinct(node));
                checks.equal("Spark reads a topic as a table", sorted(expected), table(node, "topic"));
                Checks.await(
                        "all is written to files",
                        PATIENCE,
                        () -> table(node, "files").size() >= RECORDS);
                checks.equal("Spark, topic to files: every record once", sorted(upper), table(node, "files"));
            }
        }
    }

    private static long written(Program job, Moldau node) {
        if (!job.alive()) {
            throw new IllegalStateException("the query ended: " + job.output());
        }
        return Topics.read(node.bootstrap(), Job.OUT, true).size();
    }

    private static TreeSet<String> distinct(Moldau node) {
        var values = new TreeSet<String>();
        Topics.read(node.bootstrap(), Job.OUT, true).forEach(record -> values.add(record.value()));
        return values;
    }

    private static Program job(Moldau node, String task) throws Exception {
        return Program.java(
                node.directory().resolve(task + ".log"),
                List.of(),
                Job.class.getName(),
                task,
                node.bootstrap(),
                node.directory().toString());
    }

    /// What Spark sees when it reads the topic or the files as a table.
    private static List<String> table(Moldau node, String task) throws Exception {
        try (var job = job(node, task)) {
            if (job.ended(PATIENCE) != 0) {
                throw new IllegalStateException("the query failed: " + job.output());
            }
        }
        return sorted(Files.readAllLines(node.directory().resolve(task + ".txt")));
    }

    private static List<String> sorted(List<String> lines) {
        return lines.stream().sorted().toList();
    }

    private static List<String> write(String bootstrap) {
        var lines = new ArrayList<String>();
        try (var producer = Topics.producer(bootstrap)) {
            for (int i = 0; i < RECORDS; i++) {
                var line = "record " + i + " of key" + i % 40;
                lines.add(line);
                producer.send(new ProducerRecord<>(Job.IN, "key" + i % 40, line));
                LockSupport.parkNanos(1_500_000);
            }
        }
        return lines;
    }
}
