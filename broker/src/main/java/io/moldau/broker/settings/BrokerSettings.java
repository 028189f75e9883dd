package io.moldau.broker.settings;

import io.moldau.broker.settings.ConfigEntry.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The settings of one node: what was given at start, what was changed while running, defaults for the rest.
///
/// Immutable. Values are checked when they come in, so the typed accessors cannot fail for a known name.
public final class BrokerSettings implements SettingValues {
    private final Map<String, String> fixed;
    private final Map<String, String> forAll;
    private final Map<String, String> forThis;

    private BrokerSettings(Map<String, String> fixed, Map<String, String> forAll, Map<String, String> forThis) {
        this.fixed = fixed;
        this.forAll = forAll;
        this.forThis = forThis;
    }

    /// Settings as given by a file or the command line; throws [SettingsException] for the first one that is
    /// unknown, malformed, or not available in this version.
    public static BrokerSettings parse(Map<String, String> given) {
        var fixed = new TreeMap<String, String>();
        for (var entry : given.entrySet()) {
            var value = entry.getValue().strip();
            if (BrokerCatalogue.notYet(entry.getKey())) {
                throw new SettingsException(
                        "The setting '" + entry.getKey() + "' is not supported by this version of Moldau; remove it.");
            }
            GroupSettings.noOffload(entry.getKey()).ifPresent(text -> {
                throw new SettingsException(text);
            });
            BrokerCatalogue.ALL.problem(entry.getKey(), value).ifPresent(text -> {
                throw new SettingsException(text);
            });
            fixed.put(entry.getKey(), value);
        }
        var settings = new BrokerSettings(fixed, Map.of(), Map.of());
        GroupBounds.problem(settings).ifPresent(text -> {
            throw new SettingsException(text);
        });
        return settings;
    }

    /// The same start settings with these in place of all earlier changes of this broker.
    public BrokerSettings withDynamic(Map<String, String> changes) {
        return withDynamic(Map.of(), changes);
    }

    /// The same start settings with these in place of all earlier changes: those made for every broker, and those
    /// for this one, which go first. Unknown and unusable ones are left out: they were refused when they were made,
    /// and a log of an older version must not stop a start.
    public BrokerSettings withDynamic(Map<String, String> forAllBrokers, Map<String, String> forThisBroker) {
        return new BrokerSettings(fixed, usable(forAllBrokers), usable(forThisBroker));
    }

    private static Map<String, String> usable(Map<String, String> changes) {
        var usable = new TreeMap<String, String>();
        changes.forEach((name, value) -> {
            if (dynamicProblem(name, value).isEmpty()) {
                usable.put(name, value.strip());
            }
        });
        return usable;
    }

    /// What is wrong with changing `name` to `value` while the node runs; empty if nothing is.
    public static Optional<String> dynamicProblem(String name, String value) {
        return dynamicProblem(name).or(() -> BrokerCatalogue.ALL.problem(name, value));
    }

    /// The same for a broker with these settings, which set bounds to some.
    public Optional<String> changeProblem(String name, String value) {
        return dynamicProblem(name, value).or(() -> GroupBounds.problemForAll(name, value, this));
    }

    /// What is wrong with changing `name` at all while the node runs; empty if nothing is.
    public static Optional<String> dynamicProblem(String name) {
        var setting = BrokerCatalogue.ALL.find(name);
        if (setting.isEmpty()) {
            return GroupSettings.noOffload(name).or(() -> Optional.of(BrokerCatalogue.ALL.unknown(name)));
        }
        return setting.get().dynamic()
                ? Optional.empty()
                : Optional.of("The setting " + name + " cannot be changed while the broker runs; set it at start.");
    }

    /// The definition of a broker setting.
    public static Optional<Setting> definition(String name) {
        return BrokerCatalogue.ALL.find(name);
    }

    /// The effective value; empty if it has none. `name` must be known.
    public Optional<String> value(String name) {
        return given(name).or(() -> BrokerCatalogue.ALL.require(name).defaultValue());
    }

    @Override
    public String string(String name) {
        return value(name).orElseThrow(() -> new IllegalArgumentException(name + " has no value"));
    }

    /// Where the node listens.
    public List<Endpoint> listeners() {
        return Endpoint.parseList(string("listeners")).orElseThrow();
    }

    /// Where clients are told to go, if that is set.
    public Optional<List<Endpoint>> advertisedListeners() {
        return value("advertised.listeners").flatMap(Endpoint::parseList);
    }

    /// The data directories, at least one.
    public List<String> logDirectories() {
        return given("log.dirs")
                .or(() -> given("log.dir"))
                .map(Setting::split)
                .orElseGet(() -> List.of(BrokerCatalogue.DATA_DIRECTORY));
    }

    /// Every setting with its value and origin.
    public List<ConfigEntry> describe() {
        return BrokerCatalogue.ALL.all().stream()
                .map(setting -> ConfigEntry.of(setting, !setting.dynamic(), origins(setting, setting.name())))
                .toList();
    }

    /// The settings that were changed for every broker, as the resource "" shows them.
    public List<ConfigEntry> describeForAllBrokers() {
        return forAll.entrySet().stream()
                .map(change -> ConfigEntry.of(
                        BrokerCatalogue.ALL.require(change.getKey()),
                        false,
                        List.of(new ConfigEntry.Synonym(
                                change.getKey(), Optional.of(change.getValue()), Source.DYNAMIC_DEFAULT_BROKER))))
                .toList();
    }

    Optional<String> given(String name) {
        var strongest = givenOrigins(name);
        return strongest.isEmpty() ? Optional.empty() : strongest.getFirst().value();
    }

    /// All values of a broker setting that were given, strongest first, without the default.
    List<ConfigEntry.Synonym> givenOrigins(String name) {
        var origins = new ArrayList<ConfigEntry.Synonym>();
        add(origins, name, forThis, Source.DYNAMIC_BROKER);
        add(origins, name, forAll, Source.DYNAMIC_DEFAULT_BROKER);
        add(origins, name, fixed, Source.STATIC_BROKER);
        return origins;
    }

    private static void add(List<ConfigEntry.Synonym> origins, String name, Map<String, String> values, Source source) {
        var value = values.get(name);
        if (value != null) {
            origins.add(new ConfigEntry.Synonym(name, Optional.of(value), source));
        }
    }

    private List<ConfigEntry.Synonym> origins(Setting setting, String name) {
        var origins = givenOrigins(name);
        origins.add(new ConfigEntry.Synonym(name, setting.defaultValue(), Source.DEFAULT));
        return origins;
    }
}
