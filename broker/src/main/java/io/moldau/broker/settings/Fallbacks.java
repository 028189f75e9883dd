package io.moldau.broker.settings;

import io.moldau.broker.settings.ConfigEntry.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// How a topic's or a group's value is found: its own, else the broker settings it falls back to, else the default.
record Fallbacks(Catalogue catalogue, Source own) {
    String value(String name, Map<String, String> overrides, BrokerSettings broker) {
        var setting = catalogue.require(name);
        var override = overrides.get(name);
        if (override != null) {
            return override.strip();
        }
        return fromBroker(setting, broker).or(setting::defaultValue).orElse("");
    }

    List<ConfigEntry> describe(Map<String, String> overrides, BrokerSettings broker) {
        var entries = new ArrayList<ConfigEntry>();
        for (var setting : catalogue.all()) {
            var origins = new ArrayList<ConfigEntry.Synonym>();
            var override = overrides.get(setting.name());
            if (override != null) {
                origins.add(new ConfigEntry.Synonym(setting.name(), Optional.of(override), own));
            }
            for (var synonym : setting.synonyms()) {
                for (var origin : broker.givenOrigins(synonym.name())) {
                    origins.add(new ConfigEntry.Synonym(
                            origin.name(), origin.value().map(text -> scaled(text, synonym)), origin.source()));
                }
            }
            var last = setting.synonyms().isEmpty()
                    ? setting.name()
                    : setting.synonyms().getLast().name();
            origins.add(new ConfigEntry.Synonym(last, setting.defaultValue(), Source.DEFAULT));
            entries.add(ConfigEntry.of(setting, false, origins));
        }
        return entries;
    }

    private static Optional<String> fromBroker(Setting setting, BrokerSettings broker) {
        for (var synonym : setting.synonyms()) {
            var given = broker.given(synonym.name());
            if (given.isPresent()) {
                return Optional.of(scaled(given.get(), synonym));
            }
        }
        return Optional.empty();
    }

    /// Hours and minutes become milliseconds; a negative number (no limit) stays what it is.
    private static String scaled(String value, Setting.Synonym synonym) {
        if (synonym.factor() == 1 || value.startsWith("-")) {
            return value;
        }
        return Long.toString(Math.multiplyExact(Long.parseLong(value), synonym.factor()));
    }
}
