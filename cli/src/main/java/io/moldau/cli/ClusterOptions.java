package io.moldau.cli;

import io.moldau.client.ClientSettings;
import io.moldau.client.Cluster;
import io.moldau.environment.Environment;
import picocli.CommandLine.Option;

/// Which cluster a command is about.
final class ClusterOptions {
    @Option(
            names = "--bootstrap-server",
            paramLabel = "HOST:PORT",
            defaultValue = "127.0.0.1:9092",
            description = "A broker of the cluster (default: ${DEFAULT-VALUE}).")
    private String bootstrapServer = "127.0.0.1:9092";

    ClientSettings settings() {
        return ClientSettings.of(Environment.real(), bootstrapServer, "moldau-cli");
    }

    Cluster connect() {
        return new Cluster(settings());
    }
}
