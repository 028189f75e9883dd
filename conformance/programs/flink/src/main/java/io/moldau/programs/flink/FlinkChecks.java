package io.moldau.programs.flink;

import io.moldau.programs.Checks;
import io.moldau.programs.Moldau;
import io.moldau.programs.Program;
import io.moldau.programs.Topics;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.ProducerRecord;

/// A function that throws, a node that is killed, a job that is killed: each record is numbered once.
public final class FlinkChecks {
    private static final Duration PATIENCE = Duration.ofSeconds(180);
    private static final int RECORDS = 30_000;
    private static final int KEYS = 40;

    private FlinkChecks() {}

    public static void main(String[] names) {
        var parts = new LinkedHashMap<String, Checks.Part>();
        parts.put("incrementing", checks -> run(checks, "INCREMENTING"));
        parts.put("pooling", checks -> run(checks, "POOLING"));
        Checks.main(parts, names);
    }

    private static void run(Checks checks, String naming) throws Exception {
        try (var node = Moldau.start()) {
            Topics.create(node.bootstrap(), 3, Job.IN);
            Topics.create(node.bootstrap(), 2, Job.OUT);
            var input = CompletableFuture.supplyAsync(() -> write(node.bootstrap()));
            var failed = node.directory().resolve("failed");
            try (var job = Program.java(
                    node.directory().resolve("job.log"),
                    List.of("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"),
                    Job.class.getName(),
                    node.bootstrap(),
                    node.directory().toString(),
                    naming)) {
                Checks.await("the job works and its function failed", PATIENCE, () -> {
                    alive(job);
                    return Files.exists(failed);
                });
                Checks.await(
                        "the job goes on",
                        PATIENCE,
                        () -> Topics.read(node.bootstrap(), Job.OUT, true).size() > 3000);
                node.killAndRestart(Duration.ofSeconds(1));
                Checks.during(Duration.ofSeconds(6));
                job.kill();
                job.startAgain();
                Checks.during(Duration.ofSeconds(8));
                node.killAndRestart(Duration.ofMillis(1));
                var expected = input.get();
                Checks.await("all is written", PATIENCE, () -> {
                    alive(job);
                    return Topics.read(node.bootstrap(), Job.OUT, true).size() >= RECORDS;
                });
                Checks.during(Duration.ofSeconds(3));
                var numbers = new TreeMap<String, List<String>>();
                var values = new TreeMap<String, List<String>>();
                for (var record : Topics.read(node.bootstrap(), Job.OUT, true)) {
                    int colon = record.value().indexOf(": ");
                    var line = record.value().substring(colon + 2);
                    var key = line.substring(0, line.indexOf(' '));
                    numbers.computeIfAbsent(key, one -> new ArrayList<>())
                            .add(record.value().substring(0, colon));
                    values.computeIfAbsent(key, one -> new ArrayList<>()).add(line);
                }
                var name = "Flink, " + naming.toLowerCase(java.util.Locale.ROOT) + " transactional ids: ";
                checks.that(
                        job.output().contains("goes on from"), name + "the second process went on from a checkpoint");
                checks.same(name + "every record once", sorted(expected), sorted(values));
                checks.same(
                        name + "state and output fit: numbers 1 to n of each key", counted(expected), sorted(numbers));
            }
        }
    }

    private static void alive(Program job) {
        if (!job.alive()) {
            throw new IllegalStateException("the job ended: " + job.output());
        }
    }

    private static Map<String, List<String>> write(String bootstrap) {
        var lines = new TreeMap<String, List<String>>();
        try (var producer = Topics.producer(bootstrap)) {
            for (int i = 0; i < RECORDS; i++) {
                var key = "key" + i % KEYS;
                var line = key + " record " + i;
                lines.computeIfAbsent(key, one -> new ArrayList<>()).add(line);
                producer.send(new ProducerRecord<>(Job.IN, key, line));
                LockSupport.parkNanos(1_000_000);
            }
        }
        return lines;
    }

    private static Map<String, List<String>> sorted(Map<String, List<String>> lists) {
        var sorted = new TreeMap<String, List<String>>();
        lists.forEach((key, values) -> sorted.put(key, values.stream().sorted().toList()));
        return sorted;
    }

    private static Map<String, List<String>> counted(Map<String, List<String>> lists) {
        var numbers = new TreeMap<String, List<String>>();
        lists.forEach((key, values) -> {
            var all = new ArrayList<String>();
            for (int i = 1; i <= values.size(); i++) {
                all.add(Integer.toString(i));
            }
            numbers.put(key, all.stream().sorted().toList());
        });
        return numbers;
    }
}
