package io.moldau.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;

/// The cases, each on a topic of its own that is removed afterwards.
final class Scenarios implements AutoCloseable {
    /// @param records records in a batch, one batch in a request
    private record Produce(String title, int partitions, int records, int recordBytes, int connections, int window) {}

    private record Paced(String title, int partitions, int records, int rate) {}

    private static final Map<String, Produce> PRODUCE = Map.of(
            "p1", new Produce("produce, 64 KiB batches, 1 partition", 1, 63, 1024, 6, 5),
            "p6", new Produce("produce, 64 KiB batches, 6 partitions", 6, 63, 1024, 6, 5),
            "p6-16k", new Produce("produce, 16 KiB batches, 6 partitions", 6, 15, 1024, 6, 5),
            "p100", new Produce("produce, 64 KiB batches, 100 partitions", 100, 63, 1024, 6, 5),
            "p1000", new Produce("produce, 64 KiB batches, 1,000 partitions", 1000, 63, 1024, 6, 5),
            "p100-small", new Produce("produce, 1 KiB requests, 100 partitions", 100, 1, 1024, 100, 1),
            "p1000-small", new Produce("produce, 1 KiB requests, 1,000 partitions", 1000, 1, 1024, 100, 1),
            "tiny", new Produce("64 connections, 100-byte records, one a request", 6, 1, 100, 64, 1));
    private static final Map<String, Paced> PACED = Map.of(
            "ack5", new Paced("1,000 requests/s of 5 × 1 KiB, 6 partitions", 6, 5, 1000),
            "ack20", new Paced("1,000 requests/s of 20 × 1 KiB, 6 partitions", 6, 20, 1000),
            "ack100", new Paced("100 requests/s of 5 × 1 KiB, 100 partitions", 100, 5, 100));
    static final List<String> ALL = List.of(
            "disk",
            "p1",
            "p6",
            "p6-16k",
            "p100",
            "p1000",
            "p100-small",
            "p1000-small",
            "tiny",
            "ack5",
            "ack20",
            "ack100",
            "catch-up",
            "cold",
            "rule",
            "sustained",
            "java",
            "librdkafka");
    static final List<String> DEFAULT = List.of(
            "disk", "p1", "p6", "p6-16k", "p100", "tiny", "ack5", "ack20", "ack100", "catch-up", "java", "librdkafka");
    private static final int[] RULE_PARTITIONS = {1, 6, 100, 1000};
    private static final long LEAD_IN_MS = 2_000;

    private final Bench.Options options;
    private final Results results;
    private final BrokerProcess broker;
    private final Topics topics;
    private final Ballast ballast;
    private int topicNumber;
    private long cpuAtBegin;
    private long ownCpuAtBegin;
    private long busyAtBegin;
    private long cpuMs;
    /// Of everything on the machine but the load: the broker, and the kernel's threads, which write back for it.
    private long machineMs;
    private long ownCpuMs;

    Scenarios(Bench.Options options, Results results, BrokerProcess broker, Topics topics) throws IOException {
        this.options = options;
        this.results = results;
        this.broker = broker;
        this.topics = topics;
        this.ballast = new Ballast(options.places().work().resolve("ballast"));
    }

    private void begin() {
        System.out.println("measuring");
        ownCpuAtBegin =
                ProcessHandle.current().info().totalCpuDuration().orElseThrow().toMillis();
        cpuAtBegin = broker.cpuMs();
        busyAtBegin = Machine.busyMs();
    }

    private void end() {
        machineMs = Machine.busyMs() - busyAtBegin;
        cpuMs = broker.cpuMs() - cpuAtBegin;
        ownCpuMs =
                ProcessHandle.current().info().totalCpuDuration().orElseThrow().toMillis() - ownCpuAtBegin;
        machineMs -= ownCpuMs;
    }

    /// A cold JVM looks far worse than it is: load of both sizes first, nothing measured.
    void warm(List<Mode> modes) throws Exception {
        if (options.warmSeconds() == 0) {
            return;
        }
        long share = options.warmSeconds() * 1000L / 3;
        warm(new Produce("warm", 6, 63, 1024, 6, 5), modes.getLast(), share);
        warm(new Produce("warm", 6, 1, 100, 64, 1), modes.getLast(), share);
        warm(new Produce("warm", 6, 15, 1024, 6, 5), modes.getFirst(), share);
        Bench.settle();
    }

    private void warm(Produce produce, Mode mode, long ms) throws Exception {
        onTopic(produce.partitions(), mode, topic -> {
            try (var frames = frames(topic, produce)) {
                ClosedLoop.run(
                        broker.port(),
                        new ClosedLoop.Load(frames, produce.connections(), produce.window()),
                        0,
                        ms,
                        () -> {},
                        () -> {});
            }
        });
    }

    void run(String scenario, Mode mode) throws Exception {
        var produce = PRODUCE.get(scenario);
        var paced = PACED.get(scenario);
        if (produce != null) {
            produce(produce, mode);
        } else if (paced != null) {
            // Kafka with a sync for every batch does not reach 1,000 requests/s.
            if (mode != Mode.SYNCED || paced.rate() < 1000) {
                paced(paced, mode);
            }
        } else if (scenario.equals("catch-up") && mode != Mode.SYNCED) {
            catchUp(mode);
        } else if (scenario.equals("java")) {
            javaClient(mode);
        } else if (scenario.equals("librdkafka") && Librdkafka.isThere()) {
            librdkafka(mode);
        } else if (scenario.equals("cold") && mode != Mode.SYNCED) {
            cold(mode);
        }
    }

    private interface OnTopic {
        void run(String topic) throws Exception;
    }

    private void onTopic(int partitions, Mode mode, OnTopic body) throws Exception {
        var topic = String.format("bench-%03d", topicNumber++);
        topics.create(topic, partitions, mode.topicSettings());
        ballast.fill();
        body.run(topic);
        topics.delete(topic);
        Bench.settle();
    }

    private static ProduceFrames frames(String topic, Produce load) throws IOException {
        return ProduceFrames.of(topic, load.partitions(), load.records(), load.recordBytes(), -1);
    }

    private void produce(Produce load, Mode mode) throws Exception {
        onTopic(load.partitions(), mode, topic -> {
            try (var frames = frames(topic, load)) {
                var outcome = ClosedLoop.run(
                        broker.port(),
                        new ClosedLoop.Load(frames, load.connections(), load.window()),
                        LEAD_IN_MS,
                        options.seconds() * 1000L,
                        this::begin,
                        this::end);
                var name = load.title();
                results.add(name, mode, "MB/s", outcome.megabytesPerSecond());
                results.add(name, mode, "requests/s", outcome.requestsPerSecond());
                cpuPerGigabyte(name, mode, outcome.bytes());
                results.add(name, mode, "broker CPU s/100,000 requests", cpuMs / 1e3 / (outcome.requests() / 1e5));
                results.add(name, mode, "broker CPU s/million records", cpuMs / 1e3 / (outcome.records() / 1e6));
                results.add(name, mode, "load's own CPU, cores", ownCpuMs / 1e3 / outcome.seconds());
            }
        });
    }

    private void paced(Paced load, Mode mode) throws Exception {
        onTopic(load.partitions(), mode, topic -> {
            try (var frames = ProduceFrames.of(topic, load.partitions(), load.records(), 1024, -1)) {
                var outcome = PacedLoad.run(
                        broker.port(),
                        new PacedLoad.Load(frames, topic, load.partitions(), load.rate(), true),
                        LEAD_IN_MS,
                        options.seconds() * 1000L,
                        this::begin,
                        this::end);
                var name = load.title();
                latencies(name, mode, "ack", outcome.sortedAckNanos());
                latencies(name, mode, "end to end", outcome.sortedEndToEndNanos());
                results.add(name, mode, "broker CPU s in 10 s", cpuMs / 1e3 / outcome.seconds() * 10);
            }
        });
    }

    private void latencies(String name, Mode mode, String what, long[] sorted) throws IOException {
        for (var at : List.of("50", "99", "99.9")) {
            int index = (int) Math.min(sorted.length - 1, sorted.length * Double.parseDouble(at) / 100);
            results.add(name, mode, what + " p" + at + ", ms", sorted[index] / 1e6);
        }
    }

    private void fill(String topic, int partitions, long bytes)
            throws IOException, ExecutionException, InterruptedException {
        try (var frames = ProduceFrames.of(topic, partitions, 63, 1024, -1)) {
            long written = 0;
            while (written < bytes) {
                written += ClosedLoop.run(
                                broker.port(), new ClosedLoop.Load(frames, 6, 5), 0, 1_000, () -> {}, () -> {})
                        .bytes();
            }
        }
    }

    private void catchUp(Mode mode) throws Exception {
        onTopic(6, mode, topic -> {
            fill(topic, 6, 3L << 30);
            long[] ends = topics.endOffsets(topic, 6);
            CatchUp.run(broker.port(), topic, ends, () -> false);
            long bytes = 0;
            double seconds = 0;
            begin();
            while (seconds < options.seconds()) {
                var outcome = CatchUp.run(broker.port(), topic, ends, () -> false);
                bytes += outcome.bytes();
                seconds += outcome.seconds();
            }
            end();
            var name = "catch-up read, warm, 6 partitions";
            results.add(name, mode, "MB/s", bytes / 1e6 / seconds);
            cpuPerGigabyte(name, mode, bytes);
        });
    }

    private void cpuPerGigabyte(String name, Mode mode, long bytes) throws IOException {
        results.add(name, mode, "broker CPU s/GB", cpuMs / 1e3 / (bytes / 1e9));
        results.add(name, mode, "CPU s/GB of broker and kernel", machineMs / 1e3 / (bytes / 1e9));
    }

    private void javaClient(Mode mode) throws Exception {
        onTopic(6, mode, topic -> {
            long started = System.nanoTime();
            long bytes = JavaClient.produce(
                    broker.port(), topic, LEAD_IN_MS, options.seconds() * 1000L, this::begin, this::end);
            double seconds = (System.nanoTime() - started) / 1e9 - LEAD_IN_MS / 1e3;
            clientResult("official Java producer, default settings, 1 KiB records", mode, bytes, seconds);
        });
    }

    private void librdkafka(Mode mode) throws Exception {
        var lines = Librdkafka.lines(options.places().work());
        onTopic(6, mode, topic -> {
            begin();
            long started = System.nanoTime();
            long bytes = Librdkafka.produce(broker.port(), topic, lines);
            double seconds = (System.nanoTime() - started) / 1e9;
            end();
            clientResult("librdkafka (kcat), 400,000 lines of 1 KiB", mode, bytes, seconds);
        });
    }

    private void clientResult(String name, Mode mode, long bytes, double seconds) throws IOException {
        results.add(name, mode, "MB/s", bytes / 1e6 / seconds);
        results.add(name, mode, "broker CPU s/GB", cpuMs / 1e3 / (bytes / 1e9));
    }

    /// Old data read from the disk itself while others produce and read the tail: the latencies before, and while the
    /// read goes on.
    private void cold(Mode mode) throws Exception {
        onTopic(
                6,
                mode,
                old -> onTopic(6, mode, topic -> {
                    fill(old, 6, options.coldMib() << 20);
                    long[] ends = topics.endOffsets(old, 6);
                    Bench.settle();
                    PageCache.drop(broker.data(), old);
                    ballast.fill();
                    var name = "1,000 requests/s of 5 × 1 KiB beside a cold read of " + options.coldMib() + " MiB";
                    try (var frames = ProduceFrames.of(topic, 6, 5, 1024, -1)) {
                        var load = new PacedLoad.Load(frames, topic, 6, 1000, false);
                        long measuredMs = options.seconds() * 1000L;
                        var before = PacedLoad.run(broker.port(), load, LEAD_IN_MS, measuredMs, () -> {}, () -> {});
                        latencies(name, mode, "before the read: ack", before.sortedAckNanos());
                        long readBefore = broker.diskReadBytes();
                        var reading = new AtomicReference<CompletableFuture<CatchUp.Outcome>>();
                        var during = PacedLoad.run(
                                broker.port(),
                                load,
                                LEAD_IN_MS,
                                measuredMs,
                                () -> reading.set(read(old, ends)),
                                () -> {});
                        var read = Objects.requireNonNull(reading.get()).join();
                        latencies(name, mode, "during the read: ack", during.sortedAckNanos(read.endNanos()));
                        results.add(name, mode, "MB/s of the reader", read.megabytesPerSecond());
                        results.add(name, mode, "seconds of reading", read.seconds());
                        results.add(
                                name,
                                mode,
                                "share of it that the broker read from the disk",
                                (broker.diskReadBytes() - readBefore) / (double) read.bytes());
                    }
                }));
    }

    private CompletableFuture<CatchUp.Outcome> read(String topic, long[] ends) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return CatchUp.run(broker.port(), topic, ends, () -> false);
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        });
    }

    /// The figures of the cost rule between the journal and a sync of each segment.
    ///
    /// @param rule what the broker was told of it
    void rule(String rule) throws Exception {
        for (int partitions : RULE_PARTITIONS) {
            onTopic(partitions, Mode.DISK, topic -> {
                var produce = new Produce("", partitions, 63, 1024, 6, 5);
                try (var frames = frames(topic, produce)) {
                    var outcome = ClosedLoop.run(
                            broker.port(),
                            new ClosedLoop.Load(frames, produce.connections(), produce.window()),
                            LEAD_IN_MS,
                            options.seconds() * 1000L,
                            this::begin,
                            this::end);
                    var name = String.format(Locale.ROOT, "cost rule, %,d partitions, %s", partitions, rule);
                    results.add(name, Mode.DISK, "MB/s", outcome.megabytesPerSecond());
                    results.add(name, Mode.DISK, "broker CPU s/GB", cpuMs / 1e3 / (outcome.bytes() / 1e9));
                    latencies(name, Mode.DISK, "ack of a full window", outcome.sortedLatenciesNanos());
                }
            });
        }
    }

    @Override
    public void close() throws IOException {
        ballast.close();
    }
}
