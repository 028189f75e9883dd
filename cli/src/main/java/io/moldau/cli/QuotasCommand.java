package io.moldau.cli;

import io.moldau.client.QuotaAdmin;
import java.io.IOException;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "quotas",
        description = "Lists, sets and deletes quotas: how much of the node clients may use.",
        mixinStandardHelpOptions = true,
        subcommands = {QuotasCommand.ListQuotas.class, QuotasCommand.SetQuotas.class, QuotasCommand.DeleteQuotas.class})
final class QuotasCommand {
    private static final String KEYS = "producer_byte_rate, consumer_byte_rate, request_percentage,"
            + " controller_mutation_rate; of an address: connection_creation_rate.";

    /// Whom a quota is for.
    static final class Owner {
        @Option(names = "--user", paramLabel = "NAME", description = "The user (without authentication: ANONYMOUS).")
        private Optional<String> user = Optional.empty();

        @Option(names = "--client-id", paramLabel = "ID", description = "The client id.")
        private Optional<String> clientId = Optional.empty();

        @Option(names = "--ip", paramLabel = "ADDRESS", description = "The address that connections come from.")
        private Optional<String> ip = Optional.empty();

        @Option(
                names = "--default",
                paramLabel = "KIND",
                description = "All users, client-ids or ips that have no quota of their own: user, client-id, ip.")
        private List<String> defaults = List.of();

        @Spec(Spec.Target.MIXEE)
        private CommandSpec spec = CommandSpec.create();

        Map<String, Optional<String>> names() {
            var names = new TreeMap<String, Optional<String>>();
            user.ifPresent(name -> names.put("user", user));
            clientId.ifPresent(name -> names.put("client-id", clientId));
            ip.ifPresent(name -> names.put("ip", ip));
            for (var kind : defaults) {
                if (names.put(kind, Optional.empty()) != null) {
                    throw new ParameterException(
                            spec.commandLine(), "Both --" + kind + " and --default " + kind + " are given.");
                }
            }
            if (names.isEmpty()) {
                throw new ParameterException(
                        spec.commandLine(),
                        "Whom is the quota for? Give --user, --client-id, --ip, or --default user|client-id|ip.");
            }
            return names;
        }
    }

    private static String text(Map<String, Optional<String>> owner) {
        return owner.entrySet().stream()
                .map(part -> part.getKey() + " " + part.getValue().orElse("(default)"))
                .collect(Collectors.joining(", "));
    }

    @Command(name = "list", description = "Lists all quotas.", mixinStandardHelpOptions = true)
    static final class ListQuotas implements Callable<Integer> {
        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Override
        public Integer call() throws IOException {
            try (var open = cluster.connect()) {
                var table = new Table("for", "quota", "value");
                new QuotaAdmin(open)
                        .list().stream()
                                .sorted(Comparator.comparing((QuotaAdmin.Quota quota) -> text(quota.owner()))
                                        .thenComparing(QuotaAdmin.Quota::key))
                                .forEach(quota -> table.row(text(quota.owner()), quota.key(), quota.value()));
                table.print(System.out, cluster.json);
            }
            return 0;
        }
    }

    @Command(
            name = "set",
            description = {
                "Sets quotas, a second: " + KEYS,
                "As: moldau quotas set --client-id etl producer_byte_rate=1e6"
            },
            mixinStandardHelpOptions = true)
    static final class SetQuotas implements Callable<Integer> {
        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Mixin
        private Owner owner = new Owner();

        @Parameters(paramLabel = "QUOTA=VALUE", arity = "1..*")
        private Map<String, Double> values = Map.of();

        @Override
        public Integer call() {
            var names = owner.names();
            var changes = new LinkedHashMap<String, Optional<Double>>();
            values.forEach((key, value) -> changes.put(key, Optional.of(value)));
            try (var open = cluster.connect()) {
                new QuotaAdmin(open).alter(names, changes);
            }
            System.err.println("Set for " + text(names) + ": " + values + ".");
            return 0;
        }
    }

    @Command(name = "delete", description = "Takes quotas back: " + KEYS, mixinStandardHelpOptions = true)
    static final class DeleteQuotas implements Callable<Integer> {
        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Mixin
        private Owner owner = new Owner();

        @Parameters(paramLabel = "QUOTA", arity = "1..*")
        private List<String> keys = List.of();

        @Override
        public Integer call() {
            var names = owner.names();
            var changes = new LinkedHashMap<String, Optional<Double>>();
            keys.forEach(key -> changes.put(key, Optional.empty()));
            try (var open = cluster.connect()) {
                new QuotaAdmin(open).alter(names, changes);
            }
            System.err.println("Deleted for " + text(names) + ": " + String.join(", ", keys) + ".");
            return 0;
        }
    }
}
