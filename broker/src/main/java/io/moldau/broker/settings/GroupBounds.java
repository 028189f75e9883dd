package io.moldau.broker.settings;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Between which bounds the settings of groups lie: those of the broker for all groups, and those of single ones. The
/// bounds are broker settings themselves (`group.consumer.min.session.timeout.ms`, ...), as in Kafka.
final class GroupBounds {
    static final List<String> KINDS = List.of("consumer", "share", "streams");
    static final String SESSION = "session.timeout.ms";
    static final String HEARTBEAT = "heartbeat.interval.ms";

    private static final String GROUP = "group.";

    private GroupBounds() {}

    /// What is wrong with the bounds and the values for all groups; empty if nothing is.
    static Optional<String> problem(BrokerSettings broker) {
        for (var kind : KINDS) {
            for (var setting : GroupSettings.ofKind(kind)) {
                var name = GROUP + setting.name();
                var least = least(setting);
                var most = most(setting);
                if (least.isPresent() && most.isPresent() && broker.int32(least.get()) > broker.int32(most.get())) {
                    return Optional.of("The setting " + least.get() + "=" + broker.int32(least.get()) + " is above "
                            + most.get() + "=" + broker.int32(most.get()) + ".");
                }
                var problem = problem(name, least, most, broker.string(name), broker);
                if (problem.isPresent()) {
                    return problem;
                }
            }
            var session = GROUP + kind + "." + SESSION;
            var heartbeat = GROUP + kind + "." + HEARTBEAT;
            var problem = outlived(session, broker.int32(session), heartbeat, broker.int32(heartbeat));
            if (problem.isPresent()) {
                return problem;
            }
        }
        return Optional.empty();
    }

    /// What the bounds have against giving a group this value.
    static Optional<String> problem(Setting setting, String value, BrokerSettings broker) {
        return problem(setting.name(), least(setting), most(setting), value.strip(), broker);
    }

    /// What the bounds have against giving all groups this value, by the name of a broker setting of any kind.
    static Optional<String> problemForAll(String name, String value, BrokerSettings broker) {
        return name.startsWith(GROUP)
                ? GroupSettings.definition(name.substring(GROUP.length()))
                        .flatMap(setting -> problem(name, least(setting), most(setting), value.strip(), broker))
                : Optional.empty();
    }

    private static Optional<String> problem(
            String name, Optional<String> least, Optional<String> most, String value, BrokerSettings broker) {
        if (least.isEmpty() && most.isEmpty()) {
            return Optional.empty();
        }
        int number = Integer.parseInt(value);
        boolean few = least.filter(bound -> number < broker.int32(bound)).isPresent();
        boolean many = most.filter(bound -> number > broker.int32(bound)).isPresent();
        if (!few && !many) {
            return Optional.empty();
        }
        var allowed = Stream.of(
                        least.map(bound -> "at least " + broker.int32(bound) + " (" + bound + ")"),
                        most.map(bound -> "at most " + broker.int32(bound) + " (" + bound + ")"))
                .flatMap(Optional::stream)
                .collect(Collectors.joining(" and "));
        return Optional.of("Invalid value " + value + " for " + name + ": this broker allows " + allowed + ".");
    }

    /// A member whose session ends between two heartbeats could not stay.
    static Optional<String> outlived(String session, int sessionMs, String heartbeat, int heartbeatMs) {
        return sessionMs > heartbeatMs
                ? Optional.empty()
                : Optional.of("The setting " + session + "=" + sessionMs + " must be greater than " + heartbeat + "="
                        + heartbeatMs + ".");
    }

    private static Optional<String> least(Setting setting) {
        return bound(setting, ".min.");
    }

    private static Optional<String> most(Setting setting) {
        return setting.name().equals("streams.num.standby.replicas")
                ? Optional.of("group.streams.max.standby.replicas")
                : bound(setting, ".max.");
    }

    private static Optional<String> bound(Setting setting, String which) {
        var name = setting.name();
        int dot = name.indexOf('.');
        var bound = GROUP + name.substring(0, dot) + which + name.substring(dot + 1);
        return BrokerCatalogue.ALL.find(bound).map(Setting::name);
    }
}
