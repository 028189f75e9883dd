package io.moldau.broker.settings;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// One setting: its name, type, default, what it accepts and what it does.
///
/// `dynamic` settings may be changed while the node runs. `synonyms` name the broker settings that a topic's or a
/// group's value falls back to, in order, with the factor from their unit to this one's.
public record Setting(
        String name,
        SettingType type,
        Optional<String> defaultValue,
        Check check,
        boolean dynamic,
        List<Synonym> synonyms,
        String documentation) {
    /// A broker setting that gives a topic's or group's default; its value times `factor` is in the unit wanted.
    public record Synonym(String name, long factor) {}

    static Setting of(String name, SettingType type, String defaultValue, Check check, String documentation) {
        return new Setting(name, type, Optional.of(defaultValue), check, false, List.of(), documentation);
    }

    static Setting unset(String name, SettingType type, Check check, String documentation) {
        return new Setting(name, type, Optional.empty(), check, false, List.of(), documentation);
    }

    static Setting bool(String name, boolean defaultValue, String documentation) {
        return of(name, SettingType.BOOLEAN, Boolean.toString(defaultValue), Check.bool(), documentation);
    }

    static Setting int32(String name, int defaultValue, int least, String unit, String documentation) {
        var check = Check.whole(least, Integer.MAX_VALUE, unit);
        return of(name, SettingType.INT, Integer.toString(defaultValue), check, documentation);
    }

    static Setting int64(String name, long defaultValue, long least, String unit, String documentation) {
        var check = Check.whole(least, Long.MAX_VALUE, unit);
        return of(name, SettingType.LONG, Long.toString(defaultValue), check, documentation);
    }

    static Setting real(String name, double defaultValue, double least, double most, String documentation) {
        return of(name, SettingType.DOUBLE, Double.toString(defaultValue), Check.real(least, most), documentation);
    }

    static Setting choice(String name, String defaultValue, Check check, String documentation) {
        return of(name, SettingType.STRING, defaultValue, check, documentation);
    }

    static Setting list(String name, String defaultValue, Check check, String documentation) {
        return of(name, SettingType.LIST, defaultValue, check, documentation);
    }

    Setting whileRunning() {
        return new Setting(name, type, defaultValue, check, true, synonyms, documentation);
    }

    Setting from(Synonym... fallbacks) {
        return new Setting(name, type, defaultValue, check, dynamic, List.of(fallbacks), documentation);
    }

    Setting from(String fallback) {
        return from(new Synonym(fallback, 1));
    }

    /// What is wrong with `value`, as a sentence that says what is expected; empty if nothing is.
    public Optional<String> problem(String value) {
        if (check.accepts().test(value.strip())) {
            return Optional.empty();
        }
        return Optional.of("Invalid value '" + value + "' for " + name + ": expected " + check.expected() + ".");
    }

    /// The parts of a comma-separated list, without surrounding blanks and empty parts.
    static List<String> split(String value) {
        var parts = new ArrayList<String>();
        for (var part : value.split(",", -1)) {
            if (!part.isBlank()) {
                parts.add(part.strip());
            }
        }
        return parts;
    }
}
