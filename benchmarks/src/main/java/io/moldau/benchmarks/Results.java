package io.moldau.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What was measured, in the order of measuring, and the table made of it.
final class Results {
    private final Map<String, Map<String, Map<Mode, List<Double>>>> values = new LinkedHashMap<>();
    private final Path raw;

    /// @param raw every single value is added to this file at once
    Results(Path raw) {
        this.raw = raw;
    }

    void add(String scenario, Mode mode, String metric, double value) throws IOException {
        values.computeIfAbsent(scenario, key -> new LinkedHashMap<>())
                .computeIfAbsent(metric, key -> new EnumMap<>(Mode.class))
                .computeIfAbsent(mode, key -> new ArrayList<>())
                .add(value);
        var line = String.format(Locale.ROOT, "%s\t%s\t%s\t%.4f%n", scenario, mode, metric, value);
        Files.writeString(raw, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        System.out.print(line);
    }

    /// A Markdown table: medians with the lowest and highest value, and ratios to Kafka as it is shipped.
    void print(PrintStream out) {
        out.println();
        out.println("| case | what | Kafka | Kafka synced | Moldau disk | Moldau memory | disk ÷ Kafka |"
                + " memory ÷ Kafka | disk ÷ Kafka synced |");
        out.println("|---|---|---|---|---|---|---|---|---|");
        values.forEach((scenario, metrics) -> metrics.forEach((metric, modes) -> out.println("| " + scenario + " | "
                + metric + " | " + cell(modes, Mode.UNSYNCED) + " | " + cell(modes, Mode.SYNCED) + " | "
                + cell(modes, Mode.DISK) + " | " + cell(modes, Mode.MEMORY) + " | "
                + ratio(modes, Mode.DISK, Mode.UNSYNCED) + " | " + ratio(modes, Mode.MEMORY, Mode.UNSYNCED) + " | "
                + ratio(modes, Mode.DISK, Mode.SYNCED) + " |")));
    }

    private static String cell(Map<Mode, List<Double>> modes, Mode mode) {
        var found = modes.get(mode);
        if (found == null) {
            return "";
        }
        return number(median(found)) + " (" + number(Collections.min(found)) + "–" + number(Collections.max(found))
                + ")";
    }

    private static String ratio(Map<Mode, List<Double>> modes, Mode of, Mode to) {
        var above = modes.get(of);
        var below = modes.get(to);
        return above == null || below == null || median(below) == 0
                ? ""
                : String.format(Locale.ROOT, "%.2f", median(above) / median(below));
    }

    static double median(List<Double> all) {
        var sorted = all.stream().sorted().toList();
        int half = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(half) : (sorted.get(half - 1) + sorted.get(half)) / 2;
    }

    private static String number(double value) {
        int digits = value >= 1000 ? 0 : value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
        return String.format(Locale.ROOT, "%,." + digits + "f", value);
    }
}
