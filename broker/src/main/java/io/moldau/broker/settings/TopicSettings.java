package io.moldau.broker.settings;

import io.moldau.broker.settings.ConfigEntry.Source;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The effective settings of one topic: its own values over the broker's.
///
/// All values are resolved once, when this is made; make a new one when the topic's or the broker's settings change.
public final class TopicSettings implements SettingValues {
    private static final Fallbacks FALLBACKS = new Fallbacks(TopicCatalogue.ALL, Source.TOPIC);

    private final Map<String, String> values = new HashMap<>();

    private TopicSettings(Map<String, String> overrides, BrokerSettings broker) {
        for (var setting : TopicCatalogue.ALL.all()) {
            values.put(setting.name(), FALLBACKS.value(setting.name(), overrides, broker));
        }
    }

    public static TopicSettings of(Map<String, String> overrides, BrokerSettings broker) {
        return new TopicSettings(overrides, broker);
    }

    /// All topic settings.
    public static Collection<Setting> definitions() {
        return TopicCatalogue.ALL.all();
    }

    public static Optional<Setting> definition(String name) {
        return TopicCatalogue.ALL.find(name);
    }

    /// What is wrong with setting `name` to `value` on a topic; empty if nothing is.
    public static Optional<String> problem(String name, String value) {
        return TopicCatalogue.ALL.problem(name, value);
    }

    /// What is wrong with these as all of a topic's own settings; empty if nothing is.
    public static Optional<String> problem(Map<String, String> overrides) {
        return overrides.entrySet().stream()
                .flatMap(entry -> problem(entry.getKey(), entry.getValue()).stream())
                .findFirst();
    }

    /// What is wrong with naming `name` at all; empty if it is a topic setting.
    public static Optional<String> unknown(String name) {
        return definition(name).isPresent() ? Optional.empty() : Optional.of(TopicCatalogue.ALL.unknown(name));
    }

    /// Every topic setting with its value and origin.
    public static List<ConfigEntry> describe(Map<String, String> overrides, BrokerSettings broker) {
        return FALLBACKS.describe(overrides, broker);
    }

    @Override
    public String string(String name) {
        var value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("no topic setting is called " + name);
        }
        return value;
    }
}
