package io.moldau.cli;

import io.moldau.client.Admin;
import io.moldau.client.ConfigResource;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `moldau config`.
@Command(
        name = "config",
        description = "Shows and changes settings of topics, brokers and groups.",
        mixinStandardHelpOptions = true,
        subcommands = {ConfigCommand.Get.class, ConfigCommand.Set.class, ConfigCommand.Unset.class},
        synopsisSubcommandLabel = "COMMAND")
final class ConfigCommand {
    /// Whose settings; exactly one.
    static final class Whose {
        @Option(names = "--topic", paramLabel = "TOPIC", description = "A topic's settings.")
        private @Nullable String topic;

        @Option(names = "--broker", paramLabel = "ID", description = "A broker's settings.")
        private @Nullable String broker;

        @Option(names = "--group", paramLabel = "GROUP", description = "A group's settings.")
        private @Nullable String group;

        ConfigResource resource() {
            if (topic != null) {
                return new ConfigResource(ConfigResource.Kind.TOPIC, topic);
            }
            if (group != null) {
                return new ConfigResource(ConfigResource.Kind.GROUP, group);
            }
            return new ConfigResource(ConfigResource.Kind.BROKER, broker == null ? "" : broker);
        }
    }

    @Command(name = "get", description = "Shows settings.", mixinStandardHelpOptions = true)
    static final class Get implements Callable<Integer> {
        @Mixin
        private ClusterOptions cluster = new ClusterOptions();

        @Mixin
        private Output output = new Output();

        @ArgGroup(multiplicity = "1")
        private Whose whose = new Whose();

        @Parameters(paramLabel = "KEY", arity = "0..*", description = "Only these.")
        private List<String> keys = List.of();

        @Override
        public Integer call() throws IOException {
            var table = new Table("KEY", "VALUE", "SOURCE");
            try (var connected = cluster.connect()) {
                var found = new Admin(connected).configs(whose.resource());
                for (var key : keys) {
                    if (found.stream().noneMatch(config -> config.name().equals(key))) {
                        throw new CommandFailure("there is no setting '" + key + "'");
                    }
                }
                found.stream()
                        .filter(config -> keys.isEmpty() || keys.contains(config.name()))
                        .forEach(config -> table.row(config.name(), config.value(), config.source()));
            }
            output.print(table, "There are no settings.");
            return Moldau.OK;
        }
    }

    /// What set and unset share.
    abstract static class Change implements Callable<Integer> {
        @Mixin
        private ClusterOptions cluster = new ClusterOptions();

        @Mixin
        private Output output = new Output();

        @ArgGroup(multiplicity = "1")
        private Whose whose = new Whose();

        int apply(Map<String, Optional<String>> changes) throws IOException {
            try (var connected = cluster.connect()) {
                new Admin(connected).alterConfigs(whose.resource(), changes);
            }
            output.done("Changed " + String.join(", ", changes.keySet()) + ".", out -> {
                out.writeStartObject();
                out.writeArrayFieldStart("changed");
                for (var name : changes.keySet()) {
                    out.writeString(name);
                }
                out.writeEndArray();
                out.writeEndObject();
            });
            return Moldau.OK;
        }
    }

    @Command(name = "set", description = "Sets settings.", mixinStandardHelpOptions = true)
    static final class Set extends Change {
        @Parameters(paramLabel = "KEY=VALUE", arity = "1..*")
        private List<String> settings = List.of();

        @Override
        public Integer call() throws IOException {
            var changes = new HashMap<String, Optional<String>>();
            Settings.parse(settings).forEach((name, value) -> changes.put(name, Optional.of(value)));
            return apply(changes);
        }
    }

    @Command(name = "unset", description = "Takes settings back to their defaults.", mixinStandardHelpOptions = true)
    static final class Unset extends Change {
        @Parameters(paramLabel = "KEY", arity = "1..*")
        private List<String> keys = List.of();

        @Override
        public Integer call() throws IOException {
            var changes = new HashMap<String, Optional<String>>();
            keys.forEach(key -> changes.put(key, Optional.empty()));
            return apply(changes);
        }
    }
}
