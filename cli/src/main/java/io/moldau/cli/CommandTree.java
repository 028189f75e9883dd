package io.moldau.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/// The `moldau` command and its subcommands, as picocli sees them.
@Command(
        name = "moldau",
        description = "Event streaming in one program: a broker that speaks Kafka's protocol, and its tools.",
        mixinStandardHelpOptions = true,
        versionProvider = CommandTree.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Begin with: moldau start", "MOLDAU_DEBUG=1 shows where a failure came from."})
final class CommandTree {
    /// Subcommands by name; made only when wanted, since reading their annotations takes a while.
    private static final Map<String, Supplier<Object>> SUBCOMMANDS = subcommands();

    private static Map<String, Supplier<Object>> subcommands() {
        var commands = new LinkedHashMap<String, Supplier<Object>>();
        commands.put("start", StartCommand::new);
        commands.put("topics", TopicsCommand::new);
        commands.put("produce", ProduceCommand::new);
        commands.put("consume", ConsumeCommand::new);
        commands.put("groups", GroupsCommand::new);
        commands.put("transactions", TransactionsCommand::new);
        commands.put("quotas", QuotasCommand::new);
        commands.put("config", ConfigCommand::new);
        commands.put("log", LogCommand::new);
        return commands;
    }

    private CommandTree() {}

    /// The command line for these arguments: with the one subcommand that they name, or with all for the help.
    static CommandLine commandLine(List<String> arguments) {
        var line = new CommandLine(new CommandTree());
        var first = arguments.isEmpty() ? "" : arguments.getFirst();
        var one = SUBCOMMANDS.get(first);
        if (one == null) {
            SUBCOMMANDS.forEach((name, command) -> line.addSubcommand(name, command.get()));
        } else {
            line.addSubcommand(first, one.get());
        }
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionExceptionHandler(CommandTree::failed);
        line.setParameterExceptionHandler(CommandTree::misused);
        line.setExecutionStrategy(CommandTree::execute);
        return line;
    }

    /// A command that only groups others shows its help.
    private static int execute(ParseResult parsed) {
        var deepest = parsed;
        while (deepest.hasSubcommand()) {
            deepest = deepest.subcommand();
        }
        var spec = deepest.commandSpec();
        if (!(spec.userObject() instanceof Callable)
                && !deepest.isUsageHelpRequested()
                && !deepest.isVersionHelpRequested()) {
            spec.commandLine().usage(System.out);
            return CommandLine.ExitCode.OK;
        }
        return new CommandLine.RunLast().execute(parsed);
    }

    private static int failed(Exception failure, CommandLine line, ParseResult parsed) {
        if (failure instanceof ParameterException misuse) {
            return misused(misuse, null);
        }
        Moldau.report(failure);
        return CommandLine.ExitCode.SOFTWARE;
    }

    private static int misused(ParameterException misuse, String @Nullable [] arguments) {
        System.err.println("moldau: " + misuse.getMessage());
        System.err.println("See: " + misuse.getCommandLine().getCommandSpec().qualifiedName() + " --help");
        return CommandLine.ExitCode.USAGE;
    }

    /// The version that the build wrote into the jar.
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            var version = CommandTree.class.getPackage().getImplementationVersion();
            return new String[] {"moldau " + (version == null ? "(not packaged)" : version)};
        }
    }
}
