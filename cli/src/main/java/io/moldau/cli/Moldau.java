package io.moldau.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/// The `moldau` command. Exit codes: 0 done, 1 failed, 2 used wrongly.
@Command(
        name = "moldau",
        description = "Event streaming in one program: a broker that speaks Kafka's protocol, and its tools.",
        mixinStandardHelpOptions = true,
        versionProvider = Moldau.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Begin with: moldau start", "MOLDAU_DEBUG=1 shows where a failure came from."})
public final class Moldau {
    /// Subcommands by name; made only when wanted, since reading their annotations takes a while.
    private static final Map<String, Supplier<Object>> SUBCOMMANDS = subcommands();

    private static Map<String, Supplier<Object>> subcommands() {
        var commands = new LinkedHashMap<String, Supplier<Object>>();
        commands.put("start", StartCommand::new);
        commands.put("topics", TopicsCommand::new);
        commands.put("produce", ProduceCommand::new);
        commands.put("consume", ConsumeCommand::new);
        commands.put("groups", GroupsCommand::new);
        commands.put("config", ConfigCommand::new);
        commands.put("log", LogCommand::new);
        return commands;
    }

    private static final String TRAINING = "train-aot";

    private Moldau() {}

    public static void main(String[] arguments) {
        Logging.quiet();
        if (arguments.length == 1 && arguments[0].equals(TRAINING)) {
            System.exit(Training.run());
        }
        System.exit(commandLine(List.of(arguments)).execute(arguments));
    }

    /// The command line for these arguments: with the one subcommand that they name, or with all for the help.
    static CommandLine commandLine(List<String> arguments) {
        var line = new CommandLine(new Moldau());
        var first = arguments.isEmpty() ? "" : arguments.getFirst();
        var one = SUBCOMMANDS.get(first);
        if (one == null) {
            SUBCOMMANDS.forEach((name, command) -> line.addSubcommand(name, command.get()));
        } else {
            line.addSubcommand(first, one.get());
        }
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionExceptionHandler(Moldau::failed);
        line.setParameterExceptionHandler(Moldau::misused);
        line.setExecutionStrategy(Moldau::execute);
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
        report(failure);
        return CommandLine.ExitCode.SOFTWARE;
    }

    private static int misused(ParameterException misuse, String @Nullable [] arguments) {
        System.err.println("moldau: " + misuse.getMessage());
        System.err.println("See: " + misuse.getCommandLine().getCommandSpec().qualifiedName() + " --help");
        return CommandLine.ExitCode.USAGE;
    }

    static void report(Throwable thrown) {
        var failure = thrown instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : thrown;
        var text = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        System.err.println("moldau: " + text);
        if (System.getenv("MOLDAU_DEBUG") != null) {
            failure.printStackTrace();
        }
    }

    /// The version that the build wrote into the jar.
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            var version = Moldau.class.getPackage().getImplementationVersion();
            return new String[] {"moldau " + (version == null ? "(not packaged)" : version)};
        }
    }
}
