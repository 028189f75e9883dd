package io.moldau.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;

/// Starts Moldau and Apache Kafka in turn, on fresh data, warms each, and runs the same cases against both.
public final class Bench {
    private final Options options;
    private final Results results;

    private Bench(Options options) {
        this.options = options;
        this.results = new Results(options.places().work().resolve("values.tsv"));
    }

    public static void main(String[] arguments) throws Exception {
        var options = Options.parse(List.of(arguments));
        var bench = new Bench(options);
        Machine.describe(System.out, options.places().javaHome());
        for (int round = 1; round <= options.rounds(); round++) {
            // The order changes from round to round, so that what one leaves behind is not always the other's.
            var kinds = new ArrayList<>(options.kinds());
            if (round % 2 == 0) {
                java.util.Collections.reverse(kinds);
            }
            for (var kind : kinds) {
                System.out.printf("round %d: %s%n", round, kind);
                bench.round(kind);
            }
        }
        bench.results.print(System.out);
    }

    private void round(BrokerProcess.Kind kind) throws Exception {
        var data = options.places().work().resolve("data");
        deleteAll(data);
        if (options.cases().contains("disk")) {
            for (var mode : modes(kind)) {
                results.add(
                        "disk alone", mode, "MB/s, sequential, synced every 4 MiB", DiskFloor.megabytesPerSecond(data));
            }
            deleteAll(data);
        }
        if (kind == BrokerProcess.Kind.MOLDAU && options.cases().contains("rule")) {
            rules(data);
            deleteAll(data);
        }
        if (kind == BrokerProcess.Kind.MOLDAU && options.cases().contains("sustained")) {
            Files.createDirectories(data);
            new Sustained(options.places(), results, options.sustainedMinutes()).run(data);
            deleteAll(data);
        }
        Files.createDirectories(data);
        settle();
        try (var broker = BrokerProcess.start(kind, options.places(), data)) {
            long started = System.nanoTime();
            FirstRecord.await(broker);
            double ms = (System.nanoTime() - started) / 1e6;
            record("start", kind, "ms from the start of the process to the first acknowledged record", ms);
            record("start", kind, "CPU ms until then", (double) broker.cpuMs());
            pause(5_000);
            record("memory", kind, "MB resident, idle", broker.memoryKib("VmRSS") / 1e3);
            try (var topics = new Topics(options.places().port());
                    var scenarios = new Scenarios(options, results, broker, topics)) {
                scenarios.warm(modes(kind));
                for (var mode : modes(kind)) {
                    for (var scenario : options.cases()) {
                        scenarios.run(scenario, mode);
                        broker.checkAlive();
                    }
                }
            }
            record("memory", kind, "MB resident after load", broker.memoryKib("VmRSS") / 1e3);
            record("memory", kind, "MB resident at most", broker.memoryKib("VmHWM") / 1e3);
        }
        deleteAll(data);
    }

    /// The cost rule between the journal and direct syncs as it is, and each of the two alone.
    private void rules(Path data) throws Exception {
        var rules = new LinkedHashMap<String, List<String>>();
        rules.put("as it is", List.of());
        rules.put("always the journal", List.of("log.dir.direct.sync.bytes=" + Integer.MAX_VALUE));
        rules.put("always direct", List.of("log.dir.direct.sync.bytes=0"));
        for (var rule : rules.entrySet()) {
            deleteAll(data);
            Files.createDirectories(data);
            try (var broker = BrokerProcess.moldau(options.places(), data, rule.getValue())) {
                FirstRecord.await(broker);
                try (var topics = new Topics(options.places().port());
                        var scenarios = new Scenarios(options, results, broker, topics)) {
                    scenarios.warm(List.of(Mode.DISK));
                    scenarios.rule(rule.getKey());
                }
            }
        }
    }

    private List<Mode> modes(BrokerProcess.Kind kind) {
        return options.modes().stream().filter(mode -> mode.kind() == kind).toList();
    }

    /// A value of the process, the same for all its modes.
    private void record(String scenario, BrokerProcess.Kind kind, String metric, double value) throws IOException {
        for (var mode : modes(kind)) {
            results.add(scenario, mode, metric, value);
        }
    }

    static void pause(long ms) throws InterruptedException {
        Thread.sleep(Duration.ofMillis(ms));
    }

    /// Waits until the kernel has written back what earlier cases left.
    static void settle() throws IOException, InterruptedException {
        pause(2_000);
        new ProcessBuilder("sync").start().waitFor();
        pause(300);
    }

    static void deleteAll(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (var all = Files.walk(folder)) {
            for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    /// What the command line says.
    record Options(
            BrokerProcess.Places places,
            List<BrokerProcess.Kind> kinds,
            List<Mode> modes,
            List<String> cases,
            int rounds,
            int seconds,
            int warmSeconds,
            long coldMib,
            int sustainedMinutes) {
        static Options parse(List<String> arguments) throws IOException {
            int rounds = 3;
            int seconds = 8;
            int warm = 30;
            long coldMib = 4096;
            int sustainedMinutes = 10;
            int port = 19_292;
            var cases = Scenarios.DEFAULT;
            var modes = List.of(Mode.values());
            Path root = Path.of(".");
            Path work = Path.of("benchmarks/target/work");
            for (int i = 0; i + 1 < arguments.size(); i += 2) {
                var value = arguments.get(i + 1);
                switch (arguments.get(i)) {
                    case "--rounds" -> rounds = Integer.parseInt(value);
                    case "--seconds" -> seconds = Integer.parseInt(value);
                    case "--warm" -> warm = Integer.parseInt(value);
                    case "--cases" -> cases = Arrays.asList(value.split(",", -1));
                    case "--modes" ->
                        modes = Arrays.stream(value.split(",", -1))
                                .map(name -> Mode.valueOf(name.toUpperCase(java.util.Locale.ROOT)))
                                .toList();
                    case "--root" -> root = Path.of(value);
                    case "--work" -> work = Path.of(value);
                    case "--cold-mib" -> coldMib = Long.parseLong(value);
                    case "--sustained-minutes" -> sustainedMinutes = Integer.parseInt(value);
                    case "--port" -> port = Integer.parseInt(value);
                    default ->
                        throw new IllegalArgumentException(
                                arguments.get(i) + ": --rounds N --seconds N --warm N --cases a,b --modes disk,memory,"
                                        + "unsynced,synced --cold-mib N --sustained-minutes N --work DIR --port N; cases: "
                                        + Scenarios.ALL);
                }
            }
            work = work.toAbsolutePath();
            Files.createDirectories(work);
            var places = new BrokerProcess.Places(
                    root.toAbsolutePath(),
                    root.toAbsolutePath().resolve("benchmarks/kafka/target/lib"),
                    Path.of(System.getProperty("java.home")),
                    work,
                    port);
            var kinds = modes.stream().map(Mode::kind).distinct().toList();
            return new Options(places, kinds, modes, cases, rounds, seconds, warm, coldMib, sustainedMinutes);
        }
    }
}
