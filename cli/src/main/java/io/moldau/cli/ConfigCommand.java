package io.moldau.cli;

import io.moldau.client.Admin;
import io.moldau.client.ConfigResource;
import io.moldau.client.ConfigResource.Kind;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "config",
        description = "Shows and changes the settings of topics, brokers and groups.",
        mixinStandardHelpOptions = true,
        subcommands = {ConfigCommand.Get.class, ConfigCommand.Set.class, ConfigCommand.Unset.class})
final class ConfigCommand {
    /// Which thing the settings belong to.
    static final class Target {
        @Mixin
        ClusterOption cluster = new ClusterOption();

        @Parameters(index = "0", paramLabel = "topic|broker|group", description = "What the settings belong to.")
        private Kind kind = Kind.TOPIC;

        @Parameters(index = "1", paramLabel = "NAME", description = "Its name; a broker's is its number, or 'all'.")
        private String name = "";

        ConfigResource resource() {
            return new ConfigResource(kind, kind == Kind.BROKER && name.equals("all") ? "" : name);
        }

        String text() {
            return kind.name().toLowerCase(Locale.ROOT) + " " + name;
        }
    }

    @Command(name = "get", description = "Shows settings and where they come from.", mixinStandardHelpOptions = true)
    static final class Get implements Callable<Integer> {
        @Mixin
        private Target target = new Target();

        @Option(names = "--all", description = "Also those at their defaults.")
        private boolean all;

        @Parameters(index = "2..*", paramLabel = "SETTING", description = "Only these.")
        private List<String> names = List.of();

        @Override
        public Integer call() throws IOException {
            try (var open = target.cluster.connect()) {
                var table = new Table("setting", "value", "source", "what it is");
                for (var config : new Admin(open).configs(target.resource())) {
                    boolean wanted =
                            names.isEmpty() ? all || !config.source().equals("default") : names.contains(config.name());
                    if (wanted) {
                        table.row(config.name(), config.value(), config.source(), config.documentation());
                    }
                }
                table.print(System.out, target.cluster.json);
            }
            return 0;
        }
    }

    @Command(name = "set", description = "Sets settings.", mixinStandardHelpOptions = true)
    static final class Set implements Callable<Integer> {
        @Mixin
        private Target target = new Target();

        @Parameters(index = "2..*", arity = "1..*", paramLabel = "NAME=VALUE")
        private Map<String, String> values = Map.of();

        @Override
        public Integer call() {
            var changes = new TreeMap<String, Optional<String>>();
            values.forEach((name, value) -> changes.put(name, Optional.of(value)));
            return alter(target, changes);
        }
    }

    @Command(name = "unset", description = "Takes settings back to their defaults.", mixinStandardHelpOptions = true)
    static final class Unset implements Callable<Integer> {
        @Mixin
        private Target target = new Target();

        @Parameters(index = "2..*", arity = "1..*", paramLabel = "SETTING")
        private List<String> names = List.of();

        @Override
        public Integer call() {
            var changes = new TreeMap<String, Optional<String>>();
            names.forEach(name -> changes.put(name, Optional.empty()));
            return alter(target, changes);
        }
    }

    private static int alter(Target target, Map<String, Optional<String>> changes) {
        try (var open = target.cluster.connect()) {
            new Admin(open).alterConfigs(target.resource(), changes);
            System.err.println("Changed " + target.text() + ".");
        }
        return 0;
    }
}
