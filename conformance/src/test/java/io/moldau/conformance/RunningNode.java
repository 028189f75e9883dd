package io.moldau.conformance;

import io.moldau.broker.Node;
import io.moldau.broker.StartupException;
import io.moldau.environment.Environment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/// A node in this process, on a free port.
record RunningNode(Node node) implements AutoCloseable {
    static RunningNode in(Path directory) throws StartupException {
        return in(directory, Map.of());
    }

    static RunningNode in(Path directory, Map<String, String> settings) throws StartupException {
        var all = new HashMap<>(settings);
        all.putIfAbsent("log.dirs", directory.toString());
        all.putIfAbsent("listeners", "PLAINTEXT://127.0.0.1:0");
        return new RunningNode(Node.start(Environment.real(), all));
    }

    String bootstrap() {
        return "127.0.0.1:" + node.address().getPort();
    }

    @Override
    public void close() {
        node.close();
    }
}
