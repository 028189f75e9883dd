package io.moldau.protocol.generator;

/// Java source as it grows, indented by its braces.
final class SourceText {
    private final StringBuilder text = new StringBuilder();
    private int depth;

    /// Adds lines; a line that begins with `}` goes one step out, one that ends with `{` one step in.
    SourceText add(String lines) {
        for (var raw : lines.split("\n", -1)) {
            var line = raw.strip();
            if (line.startsWith("}")) depth--;
            if (!line.isEmpty()) text.repeat(' ', 4 * depth).append(line);
            text.append('\n');
            if (line.endsWith("{")) depth++;
        }
        return this;
    }

    /// A doc comment, or nothing if there is nothing to say.
    SourceText doc(String about) {
        return about.isBlank() ? this : add("/// " + about.replace('\n', ' ').replace("\\", "\\\\"));
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
