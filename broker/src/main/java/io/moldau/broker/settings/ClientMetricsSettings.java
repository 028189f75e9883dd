package io.moldau.broker.settings;

import io.moldau.broker.settings.ConfigEntry.Source;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// The settings of one client metrics subscription (KIP-714).
public final class ClientMetricsSettings {
    private static final Set<String> SELECTORS = Set.of(
            "client_instance_id",
            "client_id",
            "client_software_name",
            "client_software_version",
            "client_source_address",
            "client_source_port");

    private static final Catalogue ALL = new Catalogue(
            "client metrics",
            List.of(
                    Setting.of(
                            "interval.ms",
                            SettingType.INT,
                            "300000",
                            Check.whole(100, 3_600_000, "milliseconds"),
                            "How often clients push their metrics."),
                    Setting.list(
                            "match",
                            "",
                            new Check(
                                    "a list of SELECTOR=REGEX, each selector once, with the selectors "
                                            + String.join(
                                                    ", ",
                                                    SELECTORS.stream().sorted().toList()),
                                    ClientMetricsSettings::isMatch),
                            "Which clients are meant; empty means all."),
                    Setting.list("metrics", "", Check.any(), "Prefixes of the metrics that are wanted; * means all.")));
    private static final Fallbacks FALLBACKS = new Fallbacks(ALL, Source.CLIENT_METRICS);

    private ClientMetricsSettings() {}

    public static Optional<Setting> definition(String name) {
        return ALL.find(name);
    }

    /// What is wrong with setting `name` to `value` on a subscription; empty if nothing is.
    public static Optional<String> problem(String name, String value) {
        return ALL.problem(name, value);
    }

    /// What is wrong with naming `name` at all; empty if it is a setting of subscriptions.
    public static Optional<String> unknown(String name) {
        return ALL.find(name).isPresent() ? Optional.empty() : Optional.of(ALL.unknown(name));
    }

    /// Every setting of a subscription with its value and origin.
    public static List<ConfigEntry> describe(Map<String, String> overrides, BrokerSettings broker) {
        return FALLBACKS.describe(overrides, broker);
    }

    private static boolean isMatch(String value) {
        var seen = new HashSet<String>();
        for (var part : Setting.split(value)) {
            int equals = part.indexOf('=');
            if (equals < 1 || equals == part.length() - 1) {
                return false;
            }
            var selector = part.substring(0, equals).strip();
            if (!SELECTORS.contains(selector) || !seen.add(selector)) {
                return false;
            }
            try {
                Pattern.compile(part.substring(equals + 1).strip());
            } catch (PatternSyntaxException notARegex) {
                return false;
            }
        }
        return true;
    }
}
