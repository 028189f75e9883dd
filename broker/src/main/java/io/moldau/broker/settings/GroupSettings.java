package io.moldau.broker.settings;

import io.moldau.broker.settings.ConfigEntry.Source;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// The settings of one group (KIP-848, KIP-932, KIP-1071): its own values over the broker's.
/// The bounds between which they lie are broker settings: [GroupBounds].
public final class GroupSettings {
    private static final String MS = "milliseconds";

    private static final List<Setting> CONSUMER = List.of(
            Setting.int32(
                            "consumer.session.timeout.ms",
                            45_000,
                            1,
                            MS,
                            "How long a member may be silent before it leaves the group.")
                    .from("group.consumer.session.timeout.ms"),
            Setting.int32(
                            "consumer.heartbeat.interval.ms",
                            5_000,
                            1,
                            MS,
                            "How often members are told to send a heartbeat.")
                    .from("group.consumer.heartbeat.interval.ms"),
            interval("consumer"));

    private static final List<Setting> SHARE = List.of(
            share("session.timeout.ms", 45_000, MS, "Session timeout of a share group."),
            share("heartbeat.interval.ms", 5_000, MS, "Heartbeat interval of a share group."),
            interval("share"),
            share(
                    "record.lock.duration.ms",
                    30_000,
                    MS,
                    "How long a record stays acquired before it is offered again."),
            share("delivery.count.limit", 5, "deliveries", "How often a record is offered at most."),
            share(
                    "partition.max.record.locks",
                    2_000,
                    "records",
                    "Records of one partition that may be acquired at once."),
            Setting.choice(
                    "share.auto.offset.reset",
                    "latest",
                    new Check("latest, earliest or by_duration:PnDTnHnMn.nS", GroupSettings::isReset),
                    "Where a share group begins in a partition that is new to it."),
            Setting.choice(
                    "share.isolation.level",
                    "read_uncommitted",
                    Check.oneOf("read_uncommitted", "read_committed"),
                    "Whether records of open transactions are offered."),
            Setting.bool("share.renew.acknowledge.enable", true, "Whether members may renew a record's lock."));

    private static final List<Setting> STREAMS = List.of(
            Setting.int32("streams.session.timeout.ms", 45_000, 1, MS, "Session timeout of a streams group.")
                    .from("group.streams.session.timeout.ms"),
            Setting.int32("streams.heartbeat.interval.ms", 5_000, 1, MS, "Heartbeat interval of a streams group.")
                    .from("group.streams.heartbeat.interval.ms"),
            interval("streams"),
            Setting.int32("streams.num.standby.replicas", 0, 0, "replicas", "Standby copies of each stateful task.")
                    .from("group.streams.num.standby.replicas"),
            Setting.int32(
                            "streams.initial.rebalance.delay.ms",
                            3_000,
                            0,
                            MS,
                            "How long a new streams group waits for more members.")
                    .from("group.streams.initial.rebalance.delay.ms"));

    private static final Catalogue ALL = new Catalogue(
            "group",
            Stream.of(CONSUMER, SHARE, STREAMS)
                    .flatMap(List::stream)
                    .map(Setting::whileRunning)
                    .toList());
    private static final Fallbacks FALLBACKS = new Fallbacks(ALL, Source.GROUP);

    private GroupSettings() {}

    private static Setting share(String name, int defaultValue, String unit, String documentation) {
        return Setting.int32("share." + name, defaultValue, 1, unit, documentation)
                .from("group.share." + name);
    }

    private static Setting interval(String kind) {
        return Setting.int32(
                        kind + ".assignment.interval.ms",
                        1_000,
                        0,
                        MS,
                        "Time between two assignments of a " + kind + " group; its first is made at once.")
                .from("group." + kind + ".assignment.interval.ms");
    }

    /// Why this setting, of a group or of the broker for all groups, is not to be had; empty if that is no subject.
    /// Kafka 4.3 was released without it too (KAFKA-20339): of KIP-1263 it has the intervals only.
    static Optional<String> noOffload(String name) {
        return name.endsWith(".assignor.offload.enable")
                ? Optional.of("The setting '" + name + "' is not supported, as in Kafka 4.3: assignments are computed"
                        + " with the group's other work, never by another thread; remove it."
                        + " How often they are computed is set by *.assignment.interval.ms.")
                : Optional.empty();
    }

    private static boolean isReset(String value) {
        if (value.equals("latest") || value.equals("earliest")) {
            return true;
        }
        var prefix = "by_duration:";
        try {
            return value.startsWith(prefix)
                    && !Duration.parse(value.substring(prefix.length())).isNegative();
        } catch (DateTimeParseException notADuration) {
            return false;
        }
    }

    public static Optional<Setting> definition(String name) {
        return ALL.find(name);
    }

    /// The settings of a kind of groups that a broker setting is the default of.
    static List<Setting> ofKind(String kind) {
        return ALL.all().stream()
                .filter(setting -> setting.name().startsWith(kind + ".")
                        && !setting.synonyms().isEmpty())
                .toList();
    }

    /// What is wrong with setting `name` to `value` on a group; empty if nothing is.
    public static Optional<String> problem(String name, String value, BrokerSettings broker) {
        return noOffload(name)
                .or(() -> ALL.problem(name, value))
                .or(() -> GroupBounds.problem(ALL.require(name), value, broker));
    }

    /// What is wrong with these as the settings that a group has of its own; empty if nothing is.
    public static Optional<String> problem(Map<String, String> own, BrokerSettings broker) {
        return GroupBounds.KINDS.stream()
                .filter(kind -> own.keySet().stream().anyMatch(name -> name.startsWith(kind + ".")))
                .map(kind -> GroupBounds.outlived(
                        kind + "." + GroupBounds.SESSION,
                        int32(kind + "." + GroupBounds.SESSION, own, broker),
                        kind + "." + GroupBounds.HEARTBEAT,
                        int32(kind + "." + GroupBounds.HEARTBEAT, own, broker)))
                .flatMap(Optional::stream)
                .findFirst();
    }

    /// What is wrong with naming `name` at all; empty if it is a group setting.
    public static Optional<String> unknown(String name) {
        return ALL.find(name).isPresent() ? Optional.empty() : noOffload(name).or(() -> Optional.of(ALL.unknown(name)));
    }

    public static int int32(String name, Map<String, String> overrides, BrokerSettings broker) {
        return Integer.parseInt(FALLBACKS.value(name, overrides, broker));
    }

    public static String string(String name, Map<String, String> overrides, BrokerSettings broker) {
        return FALLBACKS.value(name, overrides, broker);
    }

    /// Every group setting with its value and origin.
    public static List<ConfigEntry> describe(Map<String, String> overrides, BrokerSettings broker) {
        return FALLBACKS.describe(overrides, broker);
    }
}
