package io.moldau.broker;

import io.moldau.broker.settings.BrokerSettings;
import io.moldau.broker.settings.ClientMetricsSettings;
import io.moldau.broker.settings.ConfigEntry;
import io.moldau.broker.settings.GroupSettings;
import io.moldau.broker.settings.Setting;
import io.moldau.broker.settings.SettingType;
import io.moldau.broker.settings.TopicSettings;
import io.moldau.metadata.ConfigResource;
import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.MetadataRecord;
import io.moldau.metadata.MetadataRecord.ConfigChanged;
import io.moldau.protocol.ErrorCode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/// What becomes of wishes to see or change the settings of a resource. Pure: the same image, the same answer.
/// A resource is changed as a whole or, if one of its wishes is refused, not at all.
final class ConfigDecisions {
    /// Why a resource was not described or changed.
    record Refusal(ErrorCode error, String reason) {}

    /// One wish of IncrementalAlterConfigs.
    record Alteration(String name, byte operation, Optional<String> value) {}

    /// The records of a change, or why there is none.
    sealed interface Outcome {
        record Changed(List<MetadataRecord> records) implements Outcome {}

        record Refused(Refusal refusal) implements Outcome {}
    }

    static final byte SET = 0;
    static final byte DELETE = 1;
    static final byte APPEND = 2;
    static final byte SUBTRACT = 3;

    private final int nodeId;
    private final Function<MetadataImage, BrokerSettings> settings;

    ConfigDecisions(int nodeId, Function<MetadataImage, BrokerSettings> settings) {
        this.nodeId = nodeId;
        this.settings = settings;
    }

    /// Why this resource cannot be described or changed; empty if it can.
    Optional<Refusal> problem(MetadataImage image, byte type, String name) {
        return ConfigResource.Type.of(type)
                .map(known -> switch (known) {
                    case TOPIC ->
                        image.topic(name).isPresent()
                                ? Optional.<Refusal>empty()
                                : refusal(
                                        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
                                        "there is no topic called \"" + name + "\"");
                    case BROKER ->
                        name.isEmpty() || name.equals(Integer.toString(nodeId))
                                ? Optional.<Refusal>empty()
                                : refusal(
                                        ErrorCode.INVALID_REQUEST,
                                        "there is no broker \"" + name + "\" here: this is broker " + nodeId
                                                + ", and \"\" means all brokers");
                    case CLIENT_METRICS, GROUP ->
                        name.isEmpty()
                                ? refusal(ErrorCode.INVALID_REQUEST, "the name of the " + noun(known) + " is missing")
                                : Optional.<Refusal>empty();
                    case BROKER_LOGGER ->
                        refusal(
                                ErrorCode.INVALID_REQUEST,
                                "log levels cannot be seen or changed while the broker runs");
                })
                .orElseGet(() -> refusal(
                        ErrorCode.INVALID_REQUEST,
                        "resource type " + type + " is not known; 2 is a topic, 4 a broker, 16 client metrics,"
                                + " 32 a group"));
    }

    /// Every setting of a resource that [#problem] has nothing against.
    List<ConfigEntry> describe(MetadataImage image, ConfigResource resource) {
        var broker = settings.apply(image);
        return switch (resource.type()) {
            case TOPIC -> TopicSettings.describe(image.config(resource), broker);
            case BROKER -> resource.name().isEmpty() ? broker.describeForAllBrokers() : broker.describe();
            case CLIENT_METRICS -> ClientMetricsSettings.describe(image.config(resource), broker);
            case GROUP -> GroupSettings.describe(image.config(resource), broker);
            case BROKER_LOGGER -> List.of();
        };
    }

    /// AlterConfigs: the settings given become all that the resource has.
    Outcome replace(MetadataImage image, byte type, String name, List<Alteration> wishes) {
        var resource = ConfigResource.Type.of(type).map(known -> new ConfigResource(known, name));
        var problem = problem(image, type, name).or(() -> duplicate(wishes));
        if (problem.isPresent() || resource.isEmpty()) {
            return refused(problem);
        }
        var next = new LinkedHashMap<String, String>();
        for (var wish : wishes) {
            if (wish.value().isEmpty()) {
                return refused(refusal(
                        ErrorCode.INVALID_REQUEST,
                        "the setting " + wish.name() + " has no value; leave it out to take it back"));
            }
            next.put(wish.name(), wish.value().get().strip());
        }
        return change(image, resource.get(), next, next.keySet());
    }

    /// IncrementalAlterConfigs: only the settings named change.
    Outcome alter(MetadataImage image, byte type, String name, List<Alteration> wishes) {
        var resource = ConfigResource.Type.of(type).map(known -> new ConfigResource(known, name));
        var problem = problem(image, type, name).or(() -> duplicate(wishes));
        if (problem.isPresent() || resource.isEmpty()) {
            return refused(problem);
        }
        var next = new LinkedHashMap<>(image.config(resource.get()));
        var given = new LinkedHashSet<String>();
        for (var wish : wishes) {
            var refusal = apply(wish, image, resource.get(), next, given);
            if (refusal.isPresent()) {
                return refused(refusal);
            }
        }
        return change(image, resource.get(), next, given);
    }

    private Optional<Refusal> apply(
            Alteration wish,
            MetadataImage image,
            ConfigResource resource,
            Map<String, String> next,
            Set<String> given) {
        var name = wish.name();
        if (wish.operation() == DELETE) {
            boolean had = next.remove(name) != null;
            return had ? Optional.empty() : nameProblem(resource, name).map(ConfigDecisions::invalid);
        }
        if (wish.operation() != SET && wish.operation() != APPEND && wish.operation() != SUBTRACT) {
            return refusal(
                    ErrorCode.INVALID_REQUEST,
                    "operation " + wish.operation() + " on " + name
                            + " is not known; 0 sets, 1 deletes, 2 appends, 3 subtracts");
        }
        if (wish.value().isEmpty()) {
            return refusal(ErrorCode.INVALID_REQUEST, "the setting " + name + " has no value");
        }
        var value = wish.value().get().strip();
        given.add(name);
        if (wish.operation() == SET) {
            next.put(name, value);
            return Optional.empty();
        }
        var unknown = nameProblem(resource, name);
        if (unknown.isPresent()) {
            return unknown.map(ConfigDecisions::invalid);
        }
        if (definition(resource, name)
                .filter(setting -> setting.type() == SettingType.LIST)
                .isEmpty()) {
            return Optional.of(invalid("The setting " + name + " is not a list: it can be set, but nothing can be "
                    + (wish.operation() == APPEND ? "appended to it." : "taken out of it.")));
        }
        var parts = new LinkedHashSet<>(parts(effective(image, resource, name, next)));
        if (wish.operation() == APPEND) {
            parts.addAll(parts(value));
        } else {
            parts.removeAll(Set.copyOf(parts(value)));
        }
        next.put(name, String.join(",", parts));
        return Optional.empty();
    }

    /// The list to which something is appended: the resource's own, else what it inherits.
    private String effective(MetadataImage image, ConfigResource resource, String name, Map<String, String> next) {
        var own = next.get(name);
        if (own != null) {
            return own;
        }
        var entries = resource.type() == ConfigResource.Type.BROKER
                ? settings.apply(image).describe()
                : describe(image, resource);
        return entries.stream()
                .filter(entry -> entry.name().equals(name))
                .findFirst()
                .flatMap(ConfigEntry::value)
                .orElse("");
    }

    /// Checks the values given, and finds what differs from now.
    private Outcome change(MetadataImage image, ConfigResource resource, Map<String, String> next, Set<String> given) {
        var broker = settings.apply(image);
        for (var name : given) {
            var value = next.getOrDefault(name, "");
            var problem = switch (resource.type()) {
                case TOPIC -> TopicSettings.problem(name, value);
                case BROKER -> broker.changeProblem(name, value);
                case CLIENT_METRICS -> ClientMetricsSettings.problem(name, value);
                case GROUP -> GroupSettings.problem(name, value, broker);
                case BROKER_LOGGER -> Optional.of("log levels are not settings");
            };
            if (problem.isPresent()) {
                return new Outcome.Refused(invalid(problem.get()));
            }
        }
        var together = resource.type() == ConfigResource.Type.GROUP && !given.isEmpty()
                ? GroupSettings.problem(next, broker)
                : Optional.<String>empty();
        if (together.isPresent()) {
            return new Outcome.Refused(invalid(together.get()));
        }
        var now = image.config(resource);
        var names = new TreeSet<>(now.keySet());
        names.addAll(next.keySet());
        var records = new ArrayList<MetadataRecord>();
        for (var name : names) {
            var before = Optional.ofNullable(now.get(name));
            var after = Optional.ofNullable(next.get(name));
            if (!before.equals(after)) {
                records.add(new ConfigChanged(resource, name, after));
            }
        }
        return new Outcome.Changed(records);
    }

    private static Optional<String> nameProblem(ConfigResource resource, String name) {
        return switch (resource.type()) {
            case TOPIC -> TopicSettings.unknown(name);
            case BROKER -> BrokerSettings.dynamicProblem(name);
            case CLIENT_METRICS -> ClientMetricsSettings.unknown(name);
            case GROUP -> GroupSettings.unknown(name);
            case BROKER_LOGGER -> Optional.empty();
        };
    }

    private static Optional<Setting> definition(ConfigResource resource, String name) {
        return switch (resource.type()) {
            case TOPIC -> TopicSettings.definition(name);
            case BROKER -> BrokerSettings.definition(name);
            case CLIENT_METRICS -> ClientMetricsSettings.definition(name);
            case GROUP -> GroupSettings.definition(name);
            case BROKER_LOGGER -> Optional.empty();
        };
    }

    private static Optional<Refusal> duplicate(List<Alteration> wishes) {
        var times = new TreeMap<String, Integer>();
        wishes.forEach(wish -> times.merge(wish.name(), 1, Integer::sum));
        return times.entrySet().stream()
                .filter(entry -> entry.getValue() > 1)
                .findFirst()
                .flatMap(entry -> refusal(
                        ErrorCode.INVALID_REQUEST, "the request names the setting " + entry.getKey() + " twice"));
    }

    private static List<String> parts(String list) {
        var parts = new ArrayList<String>();
        for (var part : list.split(",", -1)) {
            if (!part.isBlank()) {
                parts.add(part.strip());
            }
        }
        return parts;
    }

    private static String noun(ConfigResource.Type type) {
        return type == ConfigResource.Type.GROUP ? "group" : "client metrics subscription";
    }

    private static Refusal invalid(String reason) {
        return new Refusal(ErrorCode.INVALID_CONFIG, reason);
    }

    private static Optional<Refusal> refusal(ErrorCode error, String reason) {
        return Optional.of(new Refusal(error, reason));
    }

    private static Outcome refused(Optional<Refusal> refusal) {
        return new Outcome.Refused(refusal.orElseThrow());
    }
}
