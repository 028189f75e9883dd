package io.moldau.broker.settings;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A set of settings by name.
final class Catalogue {
    private final String kind;
    private final Map<String, Setting> settings;

    Catalogue(String kind, List<Setting> settings) {
        this.kind = kind;
        var byName = new LinkedHashMap<String, Setting>();
        for (var setting : settings) {
            if (byName.put(setting.name(), setting) != null) {
                throw new IllegalStateException("setting " + setting.name() + " is declared twice");
            }
        }
        this.settings = byName;
    }

    Collection<Setting> all() {
        return settings.values();
    }

    Optional<Setting> find(String name) {
        return Optional.ofNullable(settings.get(name));
    }

    Setting require(String name) {
        var setting = settings.get(name);
        if (setting == null) {
            throw new IllegalArgumentException("no " + kind + " setting is called " + name);
        }
        return setting;
    }

    /// What is wrong with setting `name` to `value`; empty if nothing is.
    Optional<String> problem(String name, String value) {
        var setting = settings.get(name);
        return setting == null ? Optional.of(unknown(name)) : setting.problem(value);
    }

    String unknown(String name) {
        var nearest = nearest(name);
        var hint = nearest.map(near -> " Did you mean " + near + "?").orElse("");
        return "Unknown " + kind + " setting '" + name + "'." + hint;
    }

    /// The known name with the fewest edits from `name`, if it is near enough to be meant.
    Optional<String> nearest(String name) {
        @Nullable String best = null;
        int fewest = Math.max(2, name.length() / 3) + 1;
        for (var known : settings.keySet()) {
            int edits = edits(name, known);
            if (edits < fewest) {
                fewest = edits;
                best = known;
            }
        }
        return Optional.ofNullable(best);
    }

    private static int edits(String from, String to) {
        int[] previous = new int[to.length() + 1];
        for (int column = 0; column <= to.length(); column++) {
            previous[column] = column;
        }
        for (int row = 1; row <= from.length(); row++) {
            int[] current = new int[to.length() + 1];
            current[0] = row;
            for (int column = 1; column <= to.length(); column++) {
                int replace = previous[column - 1] + (from.charAt(row - 1) == to.charAt(column - 1) ? 0 : 1);
                current[column] = Math.min(replace, Math.min(previous[column], current[column - 1]) + 1);
            }
            previous = current;
        }
        return previous[to.length()];
    }
}
