package io.moldau.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Rows under headings: aligned columns for people, an array of objects for programs.
final class Table {
    private final List<String> headings;
    private final List<List<@Nullable Object>> rows = new ArrayList<>();

    Table(String... headings) {
        this.headings = List.of(headings);
    }

    Table row(@Nullable Object... cells) {
        var row = new ArrayList<@Nullable Object>();
        for (var cell : cells) {
            row.add(cell);
        }
        if (row.size() != headings.size()) {
            throw new IllegalArgumentException(row.size() + " cells under " + headings);
        }
        rows.add(row);
        return this;
    }

    boolean isEmpty() {
        return rows.isEmpty();
    }

    String text() {
        int[] widths = new int[headings.size()];
        for (int column = 0; column < widths.length; column++) {
            widths[column] = headings.get(column).length();
            for (var row : rows) {
                widths[column] = Math.max(widths[column], shown(row.get(column)).length());
            }
        }
        var text = new StringBuilder();
        line(text, widths, headings);
        rows.forEach(row -> line(text, widths, row));
        return text.toString();
    }

    private static void line(StringBuilder text, int[] widths, List<?> cells) {
        int start = text.length();
        for (int column = 0; column < widths.length; column++) {
            var shown = shown(cells.get(column));
            int gap = widths[column] - shown.length();
            boolean number = cells.get(column) instanceof Number;
            text.append(column == 0 ? "" : "  ").append(number ? " ".repeat(gap) + shown : shown + " ".repeat(gap));
        }
        while (text.length() > start && text.charAt(text.length() - 1) == ' ') {
            text.setLength(text.length() - 1);
        }
        text.append('\n');
    }

    private static String shown(@Nullable Object cell) {
        return cell == null ? "-" : cell.toString();
    }

    /// Names are the headings in small letters, with `_` for spaces.
    void json(JsonGenerator out) throws IOException {
        out.writeStartArray();
        for (var row : rows) {
            out.writeStartObject();
            for (int column = 0; column < headings.size(); column++) {
                out.writeFieldName(headings.get(column).toLowerCase(Locale.ROOT).replace(' ', '_'));
                Json.value(out, row.get(column));
            }
            out.writeEndObject();
        }
        out.writeEndArray();
    }
}
