package io.moldau.cli;

import io.moldau.broker.Node;
import io.moldau.broker.StartupException;
import io.moldau.environment.Environment;
import io.moldau.environment.Shutdown;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `moldau start`. The annotations serve `--help`; [StartOptions] parses what is really run.
@Command(
        name = "start",
        description = "Starts a node. Needs no settings; binds the loopback interface unless told otherwise.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class StartCommand implements Callable<Integer> {
    @Option(names = "--data", paramLabel = "DIR", description = "Data directory (default: ./moldau-data).")
    private @Nullable String data;

    @Option(names = "--port", paramLabel = "PORT", description = "Port to listen on (default: 9092).")
    private @Nullable Integer port;

    @Option(names = "--config", paramLabel = "FILE", description = "Properties file with Kafka's setting names.")
    private @Nullable String config;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "One setting; may be repeated.")
    private List<String> set = new ArrayList<>();

    @Override
    public Integer call() throws StartupException, IOException {
        return run(new StartOptions(data, port, config, set));
    }

    static int run(StartOptions options) throws StartupException, IOException {
        var environment = Environment.real();
        var node = Node.start(environment, options.settings(environment.disk()));
        var ended = new CountDownLatch(1);
        Shutdown.onExit("moldau-shutdown", () -> {
            node.close();
            System.out.println("Stopped.");
            System.out.flush();
            ended.countDown();
            // A stop that was asked for and went well is no failure.
            Shutdown.halt(Moldau.OK);
        });
        System.out.println(block(node));
        System.out.flush();
        try {
            ended.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        return Moldau.OK;
    }

    private static String block(Node node) {
        var address = node.address();
        var where = address.getHostString() + ":" + address.getPort();
        var server = address.getPort() == 9092 ? "" : " --bootstrap-server " + where;
        var lines = new ArrayList<String>();
        lines.add("Moldau is ready.");
        lines.add("  address     " + where);
        lines.add("  data        " + node.dataDirectory());
        lines.add("  durability  " + node.durability());
        node.notes().forEach(note -> lines.add("  recovery    " + note));
        lines.add("Try:  echo hello | moldau produce greetings" + server);
        lines.add("      moldau consume greetings --from beginning --until-end" + server);
        return String.join(System.lineSeparator(), lines);
    }
}
