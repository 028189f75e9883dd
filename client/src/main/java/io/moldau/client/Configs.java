package io.moldau.client;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.DescribeConfigsRequest;
import io.moldau.protocol.message.DescribeConfigsResponse;
import io.moldau.protocol.message.IncrementalAlterConfigsRequest;
import io.moldau.protocol.message.IncrementalAlterConfigsResponse;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Settings of topics, brokers and groups.
public final class Configs {
    /// Whose settings.
    public enum Kind {
        TOPIC(2),
        BROKER(4),
        GROUP(32);

        private final byte code;

        Kind(int code) {
            this.code = (byte) code;
        }
    }

    /// @param name of a topic or group; a broker's id, or empty for all brokers
    public record Resource(Kind kind, String name) {}

    /// @param source where the value comes from, in Kafka's words (`DYNAMIC_TOPIC_CONFIG`, `DEFAULT_CONFIG`, …)
    public record Setting(
            String name,
            @Nullable String value,
            String source,
            boolean isDefault,
            boolean readOnly,
            boolean sensitive,
            String documentation) {}

    private static final byte SET = 0;
    private static final byte DELETE = 1;
    private static final byte DEFAULT_SOURCE = 5;
    private static final List<String> SOURCES = List.of(
            "UNKNOWN",
            "DYNAMIC_TOPIC_CONFIG",
            "DYNAMIC_BROKER_CONFIG",
            "DYNAMIC_DEFAULT_BROKER_CONFIG",
            "STATIC_BROKER_CONFIG",
            "DEFAULT_CONFIG",
            "DYNAMIC_BROKER_LOGGER_CONFIG",
            "DYNAMIC_CLIENT_METRICS_CONFIG",
            "DYNAMIC_GROUP_CONFIG");

    private final Cluster cluster;

    Configs(Cluster cluster) {
        this.cluster = cluster;
    }

    /// The settings of a resource by name.
    public List<Setting> describe(Resource resource) {
        var request = DescribeConfigsRequest.builder()
                .resources(List.of(new DescribeConfigsRequest.DescribeConfigsResource(
                        resource.kind().code, resource.name(), null)))
                .includeDocumentation(true)
                .build();
        var result = cluster.patiently(() -> connection(resource).call(request, DescribeConfigsResponse::read))
                .results()
                .getFirst();
        check(result.errorCode(), "reading the settings of " + words(resource), result.errorMessage());
        return result.configs().stream()
                .map(config -> new Setting(
                        config.name(),
                        config.value(),
                        source(config.configSource()),
                        config.configSource() == DEFAULT_SOURCE,
                        config.readOnly(),
                        config.isSensitive(),
                        Client.orEmpty(config.documentation())))
                .sorted(Comparator.comparing(Setting::name))
                .toList();
    }

    /// Sets some settings and takes others back to their defaults.
    public void alter(Resource resource, Map<String, String> set, Collection<String> unset) {
        var changes = new ArrayList<IncrementalAlterConfigsRequest.AlterableConfig>();
        new TreeMap<>(set)
                .forEach((name, value) ->
                        changes.add(new IncrementalAlterConfigsRequest.AlterableConfig(name, SET, value)));
        unset.forEach(name -> changes.add(new IncrementalAlterConfigsRequest.AlterableConfig(name, DELETE, null)));
        var request = IncrementalAlterConfigsRequest.builder()
                .resources(List.of(new IncrementalAlterConfigsRequest.AlterConfigsResource(
                        resource.kind().code, resource.name(), changes)))
                .build();
        var result = cluster.patiently(() -> connection(resource).call(request, IncrementalAlterConfigsResponse::read))
                .responses()
                .getFirst();
        check(result.errorCode(), "changing the settings of " + words(resource), result.errorMessage());
    }

    /// A broker answers for itself alone.
    private Connection connection(Resource resource) {
        if (resource.kind() != Kind.BROKER || resource.name().isEmpty()) {
            return cluster.any();
        }
        int node;
        try {
            node = Integer.parseInt(resource.name());
        } catch (NumberFormatException notAnId) {
            throw new ClientException(
                    ErrorCode.INVALID_REQUEST, "'" + resource.name() + "' is not a broker's id, a number", notAnId);
        }
        var known = cluster.nodes();
        if (!known.contains(node)) {
            throw new ClientException(ErrorCode.INVALID_REQUEST, "there is no broker " + node + "; there are " + known);
        }
        return cluster.to(node, Cluster.Use.CONTROL);
    }

    private static String source(byte code) {
        return code >= 0 && code < SOURCES.size() ? SOURCES.get(code) : "UNKNOWN";
    }

    private static String words(Resource resource) {
        return switch (resource.kind()) {
            case TOPIC -> "topic '" + resource.name() + "'";
            case GROUP -> "group '" + resource.name() + "'";
            case BROKER -> resource.name().isEmpty() ? "all brokers" : "broker " + resource.name();
        };
    }

    private static void check(short code, String what, @Nullable String message) {
        var error = ErrorCode.of(code);
        if (error != ErrorCode.NONE) {
            throw ClientException.answered(error, what, message);
        }
    }
}
