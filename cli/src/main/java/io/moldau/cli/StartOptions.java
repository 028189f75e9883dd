package io.moldau.cli;

import io.moldau.environment.Disk;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/// The options of `moldau start`, parsed by hand: the library for the other commands costs start-up time.
record StartOptions(@Nullable String data, @Nullable Integer port, @Nullable String config, List<String> set) {
    private static final String DEFAULT_DATA = "./moldau-data";
    private static final int DEFAULT_PORT = 9092;
    private static final int MAX_PORT = 65_535;

    StartOptions {
        set = List.copyOf(set);
    }

    static StartOptions parse(List<String> args) {
        String data = null;
        Integer port = null;
        String config = null;
        var set = new ArrayList<String>();
        int index = 0;
        while (index < args.size()) {
            var arg = args.get(index++);
            int equals = arg.indexOf('=');
            var name = arg.startsWith("--") && equals > 0 ? arg.substring(0, equals) : arg;
            if (!List.of("--data", "--port", "--config", "--set").contains(name)) {
                throw new CommandFailure("unknown argument '" + arg + "'");
            }
            String value;
            if (name.length() < arg.length()) {
                value = arg.substring(equals + 1);
            } else if (index < args.size()) {
                value = args.get(index++);
            } else {
                throw new CommandFailure(name + " needs a value");
            }
            switch (name) {
                case "--data" -> data = value;
                case "--port" -> port = port(value);
                case "--config" -> config = value;
                default -> set.add(setting(value));
            }
        }
        return new StartOptions(data, port, config, set);
    }

    private static int port(String text) {
        try {
            int port = Integer.parseInt(text);
            if (port >= 0 && port <= MAX_PORT) {
                return port;
            }
        } catch (NumberFormatException notANumber) {
            // Told below.
        }
        throw new CommandFailure("--port needs a number from 0 to 65535 (0: any free port), not '" + text + "'");
    }

    static String setting(String text) {
        if (text.indexOf('=') < 1) {
            throw new CommandFailure("expected key=value, not '" + text + "'");
        }
        return text;
    }

    /// Settings by Kafka's names: the options' defaults, the file over them, given options over it, `--set` over all.
    Map<String, String> settings(Disk disk) throws IOException {
        var settings = new HashMap<String, String>();
        if (config != null) {
            settings.putAll(read(disk, Path.of(config)));
        }
        if (data != null || !settings.containsKey("log.dirs") && !settings.containsKey("log.dir")) {
            settings.remove("log.dir");
            settings.put("log.dirs", data == null ? DEFAULT_DATA : data);
        }
        if (port != null || !settings.containsKey("listeners")) {
            settings.put("listeners", "PLAINTEXT://127.0.0.1:" + (port == null ? DEFAULT_PORT : port));
        }
        for (var each : set) {
            int equals = each.indexOf('=');
            settings.put(each.substring(0, equals).strip(), each.substring(equals + 1).strip());
        }
        return settings;
    }

    private static Map<String, String> read(Disk disk, Path file) throws IOException {
        var properties = new Properties();
        try (var opened = disk.openForReading(file)) {
            var bytes = ByteBuffer.allocate(Math.toIntExact(opened.sizeBytes()));
            int size = opened.read(bytes, 0);
            properties.load(new StringReader(
                    StandardCharsets.UTF_8.decode(bytes.flip().limit(size)).toString()));
        }
        var settings = new HashMap<String, String>();
        properties.stringPropertyNames().forEach(name -> settings.put(name, properties.getProperty(name, "")));
        return settings;
    }
}
