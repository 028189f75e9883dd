package io.moldau.cli;

import io.moldau.broker.Node;
import io.moldau.broker.StartupException;
import io.moldau.environment.Environment;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "start",
        description = "Starts a broker in this terminal; Ctrl-C ends it.",
        mixinStandardHelpOptions = true,
        footer = {"", "Settings have Kafka's names. Those of --set go over --data and --port, and these over the file."
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
        var node = Node.start(Environment.real(), settings());
        ShutdownHook.add(node::close);
        var address = node.address();
        var where = address.getHostString() + ":" + address.getPort();
        var elsewhere = address.getPort() == 9092 ? "" : " --bootstrap-server " + where;
        System.out.println("Moldau is ready.");
        System.out.println("  address     " + where);
        System.out.println(
                "  data        " + node.dataDirectory().toAbsolutePath().normalize());
        System.out.println("  durability  " + node.durability());
        node.notes().forEach(note -> System.out.println("  recovery    " + note));
        System.out.println("  try         echo hello | ./moldau produce greetings" + elsewhere);
        System.out.println("              ./moldau consume greetings --from beginning --count 1" + elsewhere);
        System.out.flush();
        new CountDownLatch(1).await();
        return 0;
    }

    private Map<String, String> settings() throws StartupException {
        var settings = new TreeMap<String, String>();
        if (config != null) {
            read(config, settings);
        }
        if (data != null) {
            settings.put("log.dirs", data.toString());
        }
        if (port != null) {
            if (port < 0 || port > 65535) {
                throw new StartupException("--port is " + port + ": expected a port from 0 to 65535.");
            }
            settings.put("listeners", "PLAINTEXT://127.0.0.1:" + port);
        }
        settings.putAll(set);
        return settings;
    }

    private static void read(Path file, Map<String, String> into) throws StartupException {
        var properties = new Properties();
        try {
            properties.load(new StringReader(Files.readString(file)));
        } catch (NoSuchFileException missing) {
            throw new StartupException("There is no settings file " + file + ".", missing);
        } catch (IOException | IllegalArgumentException failure) {
            throw new StartupException("Cannot read the settings file " + file + ": " + failure.getMessage(), failure);
        }
        properties.stringPropertyNames().forEach(name -> into.put(name, properties.getProperty(name)));
    }
}
