package io.moldau.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/// Rows under headings: aligned for people, as a JSON array of objects for programs.
final class Table {
    private final List<String> headings;
    private final List<List<Object>> rows = new ArrayList<>();

    Table(String... headings) {
        this.headings = List.of(headings);
    }

    Table row(Object... cells) {
        rows.add(List.of(cells));
        return this;
    }

    void print(PrintStream out, boolean json) throws IOException {
        if (json) {
            printJson(out);
        } else {
            printText(out);
        }
    }

    private void printText(PrintStream out) {
        int[] widths = headings.stream().mapToInt(String::length).toArray();
        for (var row : rows) {
            for (int column = 0; column < widths.length; column++) {
                widths[column] = Math.max(widths[column], text(row.get(column)).length());
            }
        }
        printLine(out, headings, widths);
        for (var row : rows) {
            printLine(out, row, widths);
        }
    }

    private static void printLine(PrintStream out, List<?> cells, int[] widths) {
        var line = new StringBuilder();
        for (int column = 0; column < widths.length; column++) {
            var cell = cells.get(column);
            var text = text(cell);
            var padding = " ".repeat(widths[column] - text.length());
            line.append(cell instanceof Number ? padding + text : text + padding)
                    .append("  ");
        }
        out.println(line.toString().stripTrailing());
    }

    private static String text(Object cell) {
        return cell instanceof List<?> list
                ? String.join(",", list.stream().map(String::valueOf).toList())
                : cell.toString();
    }

    private void printJson(PrintStream out) throws IOException {
        try (var json = new JsonFactory().createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)) {
            json.writeStartArray();
            for (var row : rows) {
                json.writeStartObject();
                for (int column = 0; column < headings.size(); column++) {
                    json.writeFieldName(headings.get(column));
                    write(json, row.get(column));
                }
                json.writeEndObject();
            }
            json.writeEndArray();
        }
        out.println();
    }

    private static void write(JsonGenerator json, Object cell) throws IOException {
        switch (cell) {
            case Integer number -> json.writeNumber(number);
            case Long number -> json.writeNumber(number);
            case Boolean truth -> json.writeBoolean(truth);
            case List<?> list -> {
                json.writeStartArray();
                for (var each : list) {
                    write(json, each);
                }
                json.writeEndArray();
            }
            default -> json.writeString(cell.toString());
        }
    }
}
