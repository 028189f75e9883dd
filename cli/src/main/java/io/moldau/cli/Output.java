package io.moldau.cli;

import java.io.IOException;
import picocli.CommandLine.Option;

/// How a command shows what it found.
final class Output {
    @Option(names = "--json", description = "Write JSON, for programs.")
    private boolean json;

    boolean json() {
        return json;
    }

    void print(Table table, String ifEmpty) throws IOException {
        if (json) {
            System.out.println(Json.text(table::json));
        } else if (table.isEmpty()) {
            System.err.println(ifEmpty);
        } else {
            System.out.print(table.text());
        }
        System.out.flush();
    }

    /// What was done, in a sentence, or the same as an object.
    void done(String sentence, Json.Content content) throws IOException {
        System.out.println(json ? Json.text(content) : sentence);
        System.out.flush();
    }
}
