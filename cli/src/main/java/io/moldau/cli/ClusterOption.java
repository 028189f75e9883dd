package io.moldau.cli;

import io.moldau.client.ClientSettings;
import io.moldau.client.Cluster;
import io.moldau.environment.Environment;
import picocli.CommandLine.Option;

/// Where the cluster is, and how answers look: for every command that talks to one.
final class ClusterOption {
    @Option(
            names = {"--bootstrap-server", "-b"},
            paramLabel = "HOST:PORT",
            defaultValue = "127.0.0.1:9092",
            description = "A broker, or several with commas between (default: ${DEFAULT-VALUE}).")
    private String servers = "";

    @Option(names = "--json", description = "Write JSON, for programs.")
    boolean json;

    private final Environment environment = Environment.real();

    Environment environment() {
        return environment;
    }

    ClientSettings settings() {
        return ClientSettings.of(environment, servers, "moldau-cli");
    }

    Cluster connect() {
        return new Cluster(settings());
    }
}
