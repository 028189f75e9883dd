package io.moldau.cli;

import io.moldau.broker.StartupException;
import io.moldau.client.ClientException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The `moldau` command. Only the subcommand that is asked for is loaded: start-up time is part of the product.
@Command(
        name = "moldau",
        description = "A durable event-streaming platform that speaks Kafka's protocol.",
        mixinStandardHelpOptions = true,
        versionProvider = Moldau.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Begin with 'moldau start'; 'moldau COMMAND --help' tells about a command."})
public final class Moldau {
    static final int OK = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;

    private Moldau() {}

    /// What `--version` prints.
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            var version = Moldau.class.getPackage().getImplementationVersion();
            return new String[] {"moldau " + (version == null ? "0.1.0-SNAPSHOT" : version)};
        }
    }

    public static void main(String[] args) {
        quietLogging();
        System.exit(run(args));
    }

    static int run(String... args) {
        if (args.length > 0 && args[0].equals("start") && !asksForHelp(args)) {
            return start(args);
        }
        return commandLine(args).execute(args);
    }

    private static boolean asksForHelp(String[] args) {
        var list = Arrays.asList(args);
        return list.contains("--help") || list.contains("-h") || list.contains("--version") || list.contains("-V");
    }

    private static int start(String[] args) {
        StartOptions options;
        try {
            options = StartOptions.parse(Arrays.asList(args).subList(1, args.length));
        } catch (CommandFailure usage) {
            System.err.println("moldau start: " + usage.getMessage());
            System.err.println("Try 'moldau start --help'.");
            return USAGE;
        }
        try {
            return StartCommand.run(options);
        } catch (StartupException | IOException | RuntimeException failure) {
            return tell(failure);
        }
    }

    static CommandLine commandLine(String... args) {
        Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
        commands.put("start", StartCommand::new);
        commands.put("topics", TopicsCommand::new);
        commands.put("produce", ProduceCommand::new);
        commands.put("consume", ConsumeCommand::new);
        commands.put("groups", GroupsCommand::new);
        commands.put("config", ConfigCommand::new);
        commands.put("log", LogCommand::new);
        commands.put("train-aot", TrainCommand::new);
        var line = new CommandLine(new Moldau());
        var first = args.length == 0 ? "" : args[0];
        var one = commands.get(first);
        if (one != null) {
            line.addSubcommand(first, one.get());
        } else {
            commands.forEach((name, command) -> line.addSubcommand(name, command.get()));
        }
        line.setExecutionExceptionHandler((failure, at, parsed) -> tell(failure));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        return line;
    }

    /// One line for a user; the whole story for who asked for it.
    private static int tell(Exception failure) {
        System.out.flush();
        if ("1".equals(System.getenv("MOLDAU_DEBUG"))) {
            failure.printStackTrace();
        }
        var message = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        System.err.println(
                switch (failure) {
                    case CommandFailure known -> "moldau: " + message;
                    case ClientException known -> "moldau: " + message;
                    case StartupException known -> "moldau: " + message;
                    case IllegalArgumentException known -> "moldau: " + message;
                    case NoSuchFileException missing -> "moldau: there is no file " + message;
                    case IOException known -> "moldau: " + message;
                    default -> "moldau: unexpected: " + failure + " (MOLDAU_DEBUG=1 shows where)";
                });
        return FAILED;
    }

    private static void quietLogging() {
        setIfAbsent("org.slf4j.simpleLogger.defaultLogLevel", "warn");
        setIfAbsent("org.slf4j.simpleLogger.showShortLogName", "true");
        setIfAbsent("org.slf4j.simpleLogger.showDateTime", "true");
        setIfAbsent("org.slf4j.simpleLogger.dateTimeFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
    }

    private static void setIfAbsent(String name, String value) {
        if (System.getProperty(name) == null) {
            System.setProperty(name, value);
        }
    }
}
