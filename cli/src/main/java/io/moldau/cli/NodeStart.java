package io.moldau.cli;

import io.moldau.broker.Node;
import io.moldau.broker.StartupException;
import io.moldau.environment.Environment;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// What `moldau start` was asked to do, and doing it.
///
/// Its few options are also read here, by hand: picocli's classes cannot go into the JDK's AOT cache, and would take
/// a third of the time of a start. Whatever is not plainly one of the options (help, mistakes) is left to
/// [StartCommand], which explains.
record NodeStart(Optional<String> data, Optional<String> port, Optional<String> config, Map<String, String> set) {

    /// The options after `start`, if they are plain.
    static Optional<NodeStart> read(String[] arguments) {
        var given = new LinkedHashMap<String, String>();
        var set = new LinkedHashMap<String, String>();
        for (int i = 1; i < arguments.length; i++) {
            var argument = arguments[i];
            int equals = argument.indexOf('=');
            var name = equals < 0 ? argument : argument.substring(0, equals);
            String value;
            if (equals >= 0) {
                value = argument.substring(equals + 1);
            } else if (i + 1 < arguments.length && !arguments[i + 1].startsWith("-")) {
                value = arguments[++i];
            } else {
                return Optional.empty();
            }
            switch (name) {
                case "--data", "--port", "--config" -> {
                    if (given.put(name, value) != null) {
                        return Optional.empty();
                    }
                }
                case "--set" -> {
                    int split = value.indexOf('=');
                    if (split <= 0) {
                        return Optional.empty();
                    }
                    set.put(value.substring(0, split), value.substring(split + 1));
                }
                default -> {
                    return Optional.empty();
                }
            }
        }
        var port = Optional.ofNullable(given.get("--port"));
        if (port.isPresent() && !port.get().matches("[0-9]{1,5}")) {
            return Optional.empty();
        }
        return Optional.of(new NodeStart(
                Optional.ofNullable(given.get("--data")), port, Optional.ofNullable(given.get("--config")), set));
    }

    /// Runs the node until the process is told to end.
    int run() throws StartupException, InterruptedException {
        var node = Node.start(Environment.real(), settings());
        ShutdownHook.add(node::close);
        block(node).forEach(System.out::println);
        System.out.flush();
        var heap = HeapWatch.ofThisProcess();
        var never = new CountDownLatch(1);
        while (!never.await(1, TimeUnit.MINUTES)) {
            heap.look();
        }
        return 0;
    }

    /// What people are told when the node is ready. Its process is named, so that nobody needs to guess which one
    /// to end.
    static List<String> block(Node node) {
        var lines = new ArrayList<String>();
        var address = node.address();
        var where = address.getHostString() + ":" + address.getPort();
        var elsewhere = address.getPort() == 9092 ? "" : " --bootstrap-server " + where;
        lines.add("Moldau is ready.");
        lines.add("  address     " + where);
        node.dataDirectories()
                .forEach(path ->
                        lines.add("  data        " + path.toAbsolutePath().normalize()));
        lines.add("  durability  " + node.durability());
        lines.add("  process     " + ProcessHandle.current().pid());
        node.notes().forEach(note -> lines.add("  recovery    " + note));
        lines.add("  try         echo hello | ./moldau produce greetings" + elsewhere);
        lines.add("              ./moldau consume greetings --from beginning --count 1" + elsewhere);
        return lines;
    }

    private Map<String, String> settings() throws StartupException {
        var settings = new TreeMap<String, String>();
        if (config.isPresent()) {
            readFile(Path.of(config.get()), settings);
        }
        data.ifPresent(directory -> settings.put("log.dirs", directory));
        if (port.isPresent()) {
            int number = Integer.parseInt(port.get());
            if (number < 0 || number > 65535) {
                throw new StartupException("--port is " + number + ": expected a port from 0 to 65535.");
            }
            settings.put("listeners", "PLAINTEXT://127.0.0.1:" + number);
        }
        settings.putAll(set);
        return settings;
    }

    private static void readFile(Path file, Map<String, String> into) throws StartupException {
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
