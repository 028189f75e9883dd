package io.moldau.cli;

import io.moldau.broker.StartupException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "start",
        description = "Starts a broker in this terminal; Ctrl-C ends it.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Settings have Kafka's names. Those of --set go over --data and --port, and these over the file.",
            "When it is ready it prints where it listens, its data directory, how durable topics are, and its process:",
            "kill PROCESS ends it from another terminal, cleanly."
        })
final class StartCommand implements Callable<Integer> {
    @Option(names = "--data", paramLabel = "DIR", description = "Data directory (default: ./moldau-data).")
    private @Nullable Path data;

    @Option(names = "--port", paramLabel = "PORT", description = "Port on the loopback address (default: 9092).")
    private @Nullable Integer port;

    @Option(names = "--config", paramLabel = "FILE", description = "Settings, one name=value a line.")
    private @Nullable Path config;

    @Option(names = "--set", paramLabel = "NAME=VALUE", description = "A setting; may be repeated.")
    private Map<String, String> set = new LinkedHashMap<>();

    @Override
    public Integer call() throws StartupException, InterruptedException {
        return new NodeStart(
                        Optional.ofNullable(data).map(Path::toString),
                        Optional.ofNullable(port).map(String::valueOf),
                        Optional.ofNullable(config).map(Path::toString),
                        set)
                .run();
    }
}
