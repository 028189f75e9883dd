package io.moldau.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Writing without an end, at full speed and with a sync for every group: whether something stalls or grows. The topic
/// keeps the newest gibibyte, so that the disk is not what ends it.
final class Sustained {
    private static final long WINDOW_MS = 10_000;
    private static final int PARTITIONS = 6;
    private static final long KEPT_BYTES = 1L << 30;

    private final BrokerProcess.Places places;
    private final Results results;
    private final int minutes;

    Sustained(BrokerProcess.Places places, Results results, int minutes) {
        this.places = places;
        this.results = results;
        this.minutes = minutes;
    }

    private record Moment(long memoryKib, long openFiles, long bytesOnDisk) {}

    void run(Path data) throws Exception {
        var settings = List.of("log.retention.check.interval.ms=5000");
        try (var broker = BrokerProcess.moldau(places, data, settings)) {
            FirstRecord.await(broker);
            try (var topics = new Topics(places.port())) {
                topics.create(
                        "sustained",
                        PARTITIONS,
                        Map.of(
                                "retention.bytes", String.valueOf(KEPT_BYTES / PARTITIONS),
                                "segment.bytes", String.valueOf(32 << 20),
                                "file.delete.delay.ms", "1000"));
                try (var frames = ProduceFrames.of("sustained", PARTITIONS, 63, 1024, -1)) {
                    write(broker, data, new ClosedLoop.Load(frames, 6, 5));
                }
            }
        }
    }

    private void write(BrokerProcess broker, Path data, ClosedLoop.Load load) throws IOException {
        var rates = new ArrayList<Double>();
        double longest = 0;
        long bytes = 0;
        Moment early = null;
        long cpuMs = broker.cpuMs();
        long started = System.nanoTime();
        while (System.nanoTime() - started < minutes * 60_000_000_000L) {
            var outcome = ClosedLoop.run(broker.port(), load, 0, WINDOW_MS, () -> {}, () -> {});
            broker.checkAlive();
            var latencies = outcome.sortedLatenciesNanos();
            double wait = latencies[latencies.length - 1] / 1e6;
            longest = Math.max(longest, wait);
            System.err.printf(
                    Locale.ROOT,
                    "%,6d s: %,.0f MB/s, longest wait %,.0f ms, %,.0f MB resident%n",
                    (System.nanoTime() - started) / 1_000_000_000,
                    outcome.megabytesPerSecond(),
                    wait,
                    broker.memoryKib("VmRSS") / 1e3);
            rates.add(outcome.megabytesPerSecond());
            bytes += outcome.bytes();
            if (early == null && System.nanoTime() - started > 60_000_000_000L) {
                early = moment(broker, data);
            }
        }
        var late = moment(broker, data);
        Collections.sort(rates);
        var name = "sustained writing, " + minutes + " minutes";
        results.add(name, Mode.DISK, "GB written", bytes / 1e9);
        results.add(name, Mode.DISK, "MB/s, median of 10 s", rates.get(rates.size() / 2));
        results.add(name, Mode.DISK, "MB/s, slowest 10 s", rates.getFirst());
        results.add(name, Mode.DISK, "broker CPU s/GB", (broker.cpuMs() - cpuMs) / 1e3 / (bytes / 1e9));
        results.add(name, Mode.DISK, "longest wait for an acknowledgement, ms", longest);
        tell(name, "after a minute", early == null ? late : early);
        tell(name, "at the end", late);
    }

    private void tell(String name, String when, Moment moment) throws IOException {
        results.add(name, Mode.DISK, "MB resident " + when, moment.memoryKib() / 1e3);
        results.add(name, Mode.DISK, "open files " + when, (double) moment.openFiles());
        results.add(name, Mode.DISK, "MB on the disk " + when, moment.bytesOnDisk() / 1e6);
    }

    private static Moment moment(BrokerProcess broker, Path data) throws IOException {
        return new Moment(broker.memoryKib("VmRSS"), broker.openFiles(), bytesIn(data));
    }

    private static long bytesIn(Path folder) throws IOException {
        long sum = 0;
        try (var all = Files.newDirectoryStream(folder)) {
            for (var path : all) {
                sum += Files.isDirectory(path) ? bytesIn(path) : bytesOf(path);
            }
        }
        return sum;
    }

    /// Files come and go meanwhile.
    private static long bytesOf(Path file) throws IOException {
        try {
            return Files.size(file);
        } catch (NoSuchFileException gone) {
            return 0;
        }
    }
}
