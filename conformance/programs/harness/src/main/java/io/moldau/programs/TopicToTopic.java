package io.moldau.programs;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/// A program that reads records from one topic and writes them to another in capitals. The node and the program are
/// killed while it works, and nothing is missing.
public final class TopicToTopic {
    public static final Duration PATIENCE = Duration.ofSeconds(180);
    private static final int RECORDS = 20_000;
    private static final long PAUSE_NANOS = 2_500_000;

    private final String name;
    private final Moldau node;
    private final String out;
    private final CompletableFuture<Map<String, String>> input;

    private TopicToTopic(String name, Moldau node, String out, CompletableFuture<Map<String, String>> input) {
        this.name = name;
        this.node = node;
        this.out = out;
        this.input = input;
    }

    /// Creates the topics and begins to write to the first.
    public static TopicToTopic of(String name, Moldau node, String in, String out) throws Exception {
        Topics.create(node.bootstrap(), 3, in, out);
        return new TopicToTopic(
                name,
                node,
                out,
                CompletableFuture.supplyAsync(() -> Topics.numbered(node.bootstrap(), in, RECORDS, PAUSE_NANOS)));
    }

    public void run(Checks checks, Program job) throws Exception {
        Checks.await(name + " works", PATIENCE, () -> written(job) > 1000);
        node.killAndRestart(Duration.ofSeconds(1));
        long before = written(job);
        Checks.await("it goes on after the node was killed", PATIENCE, () -> written(job) > before + 1000);
        job.kill();
        job.startAgain();
        long then = written(job);
        Checks.await("it goes on after it was killed", PATIENCE, () -> written(job) > then + 1000);
        node.killAndRestart(Duration.ofMillis(1));
        var expected = new TreeMap<String, String>();
        input.get().forEach((key, value) -> expected.put(key, value.toUpperCase(Locale.ROOT)));
        Checks.await(
                "all is written to the topic",
                PATIENCE,
                () -> written(job) >= RECORDS
                        && Topics.table(Topics.read(node.bootstrap(), out, true))
                                        .size()
                                >= RECORDS);
        var records = Topics.read(node.bootstrap(), out, true);
        checks.same(name + ", topic to topic: everything, nothing else", expected, Topics.table(records));
        checks.equal(
                "no value of another kind",
                new TreeSet<>(expected.values()),
                new TreeSet<>(records.stream().map(record -> record.value()).toList()));
        System.out.println("        " + (records.size() - RECORDS) + " records came again, of " + RECORDS);
    }

    private long written(Program job) {
        if (!job.alive()) {
            throw new IllegalStateException(name + " ended: " + job.output());
        }
        return Topics.read(node.bootstrap(), out, true).size();
    }
}
