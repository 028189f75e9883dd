package io.moldau.broker.settings;

import io.moldau.broker.settings.ConfigEntry.Source;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The settings of one group (KIP-848's dynamic group configuration): its own values over the broker's.
public final class GroupSettings {
    private static final Catalogue ALL = new Catalogue(
            "group",
            List.of(
                    Setting.int32(
                                    "consumer.session.timeout.ms",
                                    45_000,
                                    1,
                                    "milliseconds",
                                    "How long a member may be silent before it leaves the group.")
                            .whileRunning()
                            .from("group.consumer.session.timeout.ms"),
                    Setting.int32(
                                    "consumer.heartbeat.interval.ms",
                                    5_000,
                                    1,
                                    "milliseconds",
                                    "How often members are told to send a heartbeat.")
                            .whileRunning()
                            .from("group.consumer.heartbeat.interval.ms")));
    private static final Fallbacks FALLBACKS = new Fallbacks(ALL, Source.GROUP);

    private GroupSettings() {}

    /// What is wrong with setting `name` to `value` on a group; empty if nothing is.
    public static Optional<String> problem(String name, String value, BrokerSettings broker) {
        var problem = ALL.problem(name, value);
        if (problem.isPresent()) {
            return problem;
        }
        var what = name.substring("consumer.".length());
        int least = broker.int32("group.consumer.min." + what);
        int most = broker.int32("group.consumer.max." + what);
        int number = Integer.parseInt(value.strip());
        return number >= least && number <= most
                ? Optional.empty()
                : Optional.of("Invalid value " + value + " for " + name + ": this broker allows " + least + " to "
                        + most + " milliseconds.");
    }

    /// What is wrong with naming `name` at all; empty if it is a group setting.
    public static Optional<String> unknown(String name) {
        return ALL.find(name).isPresent() ? Optional.empty() : Optional.of(ALL.unknown(name));
    }

    public static int int32(String name, Map<String, String> overrides, BrokerSettings broker) {
        return Integer.parseInt(FALLBACKS.value(name, overrides, broker));
    }

    /// Every group setting with its value and origin.
    public static List<ConfigEntry> describe(Map<String, String> overrides, BrokerSettings broker) {
        return FALLBACKS.describe(overrides, broker);
    }
}
