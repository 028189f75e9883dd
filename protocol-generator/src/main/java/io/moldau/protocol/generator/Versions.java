package io.moldau.protocol.generator;

/// A range of versions, both ends included; empty when `lowest > highest`.
public record Versions(int lowest, int highest) {
    /// The highest version an open range such as `3+` reaches.
    public static final int OPEN = Short.MAX_VALUE;

    public static final Versions NONE = new Versions(0, -1);

    /// Reads `none`, `4`, `2-7` or `3+`.
    public static Versions parse(String text) {
        var trimmed = text.strip();
        try {
            if (trimmed.equals("none")) return NONE;
            if (trimmed.endsWith("+")) return new Versions(number(trimmed.substring(0, trimmed.length() - 1)), OPEN);
            int dash = trimmed.indexOf('-');
            if (dash < 0) return new Versions(number(trimmed), number(trimmed));
            var range = new Versions(number(trimmed.substring(0, dash)), number(trimmed.substring(dash + 1)));
            if (range.isEmpty()) throw new SchemaException("version range '" + text + "' runs backwards");
            return range;
        } catch (NumberFormatException e) {
            throw new SchemaException("'" + text + "' is not a range of versions", e);
        }
    }

    private static int number(String text) {
        return Short.parseShort(text);
    }

    public boolean isEmpty() {
        return lowest > highest;
    }

    public boolean contains(int version) {
        return lowest <= version && version <= highest;
    }

    public boolean covers(Versions other) {
        return other.isEmpty() || (lowest <= other.lowest && other.highest <= highest);
    }

    public Versions and(Versions other) {
        var both = new Versions(Math.max(lowest, other.lowest), Math.min(highest, other.highest));
        return both.isEmpty() ? NONE : both;
    }
}
