package io.moldau.broker.settings;

import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/// What a value must look like, and the words that say so.
public record Check(String expected, Predicate<String> accepts) {
    static Check any() {
        return new Check("any text", value -> true);
    }

    static Check text() {
        return new Check("a text that is not empty", value -> !value.isBlank());
    }

    /// A comma-separated list with at least one part.
    static Check names() {
        return new Check(
                "a list that is not empty", value -> !Setting.split(value).isEmpty());
    }

    static Check bool() {
        return new Check("true or false", value -> value.equals("true") || value.equals("false"));
    }

    static Check whole(long least, long most, String unit) {
        String what = unit.isEmpty() ? "a whole number" : "a whole number of " + unit;
        return new Check(what + range(least, most), value -> {
            try {
                long number = Long.parseLong(value);
                return number >= least && number <= most;
            } catch (NumberFormatException notANumber) {
                return false;
            }
        });
    }

    static Check real(double least, double most) {
        return new Check("a number from " + least + " to " + most, value -> {
            try {
                double number = Double.parseDouble(value);
                return number >= least && number <= most;
            } catch (NumberFormatException notANumber) {
                return false;
            }
        });
    }

    static Check oneOf(String... choices) {
        var allowed = List.of(choices);
        return new Check("one of " + String.join(", ", allowed), allowed::contains);
    }

    /// What is known, and not possible: only the value that asks for nothing.
    static Check only(String value, String reason) {
        return new Check(value + ": " + reason, value::equals);
    }

    static Check gzipLevel() {
        var levels = whole(1, 9, "");
        return new Check(
                "-1 (the codec's own) or " + levels.expected,
                value -> value.equals("-1") || levels.accepts.test(value));
    }

    /// `*`, or a list of partition:broker.
    static Check throttledReplicas() {
        return new Check(
                "* or a list of PARTITION:BROKER, as 0:1,1:2",
                value -> value.equals("*")
                        || Setting.split(value).stream().allMatch(part -> part.matches("[0-9]{1,9}:[0-9]{1,9}")));
    }

    /// A comma-separated list of the choices, each at most once; may be empty.
    static Check listOf(String... choices) {
        var allowed = Set.of(choices);
        return new Check("a list of " + String.join(", ", choices), value -> {
            var parts = Setting.split(value);
            return allowed.containsAll(parts) && Set.copyOf(parts).size() == parts.size();
        });
    }

    static Check endpoints() {
        return new Check(
                "a list of PLAINTEXT://HOST:PORT",
                value -> Endpoint.parseList(value).isPresent());
    }

    private static String range(long least, long most) {
        boolean open = most == Long.MAX_VALUE || most == Integer.MAX_VALUE;
        return open ? ", at least " + least : " from " + least + " to " + most;
    }
}
