package io.moldau.cli;

import io.moldau.client.Admin;
import io.moldau.client.ConfigResource;
import io.moldau.client.TopicInfo;
import io.moldau.client.TopicPartition;
import io.moldau.protocol.ErrorCode;
import io.moldau.client.ClientException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `moldau topics`.
@Command(
        name = "topics",
        description = "Lists, describes, creates, deletes and changes topics.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class TopicsCommand {
    @Command(description = "Lists topics.", mixinStandardHelpOptions = true)
    int list(
            @Mixin ClusterOptions cluster,
            @Mixin Output output,
            @Option(names = "--internal", description = "Show internal topics too.") boolean internal)
            throws IOException {
        var table = new Table("TOPIC", "PARTITIONS", "REPLICAS");
        try (var connected = cluster.connect()) {
            connected.allTopics().stream()
                    .filter(topic -> internal || !topic.internal())
                    .sorted(Comparator.comparing(TopicInfo::name))
                    .forEach(topic -> table.row(
                            topic.name(), topic.partitions().size(), replicationFactor(topic)));
        }
        output.print(table, "There are no topics; 'moldau topics create NAME' creates one.");
        return Moldau.OK;
    }

    private static int replicationFactor(TopicInfo topic) {
        return topic.partitions().isEmpty()
                ? 0
                : topic.partitions().getFirst().replicas().size();
    }

    @Command(description = "Shows a topic's partitions and settings.", mixinStandardHelpOptions = true)
    int describe(
            @Mixin ClusterOptions cluster,
            @Mixin Output output,
            @Parameters(paramLabel = "TOPIC") String topic)
            throws IOException {
        try (var connected = cluster.connect()) {
            var admin = new Admin(connected);
            var info = connected.topic(topic, false);
            var partitions = partitions(info);
            var beginnings = admin.offsets(times(partitions, Admin.EARLIEST));
            var ends = admin.offsets(times(partitions, Admin.LATEST));
            var table = new Table("PARTITION", "LEADER", "REPLICAS", "IN SYNC", "BEGINNING", "END");
            for (var each : info.partitions()) {
                var partition = new TopicPartition(topic, each.partition());
                table.row(
                        each.partition(),
                        each.leader(),
                        each.replicas(),
                        each.inSync(),
                        beginnings.get(partition),
                        ends.get(partition));
            }
            var configs = admin.configs(new ConfigResource(ConfigResource.Kind.TOPIC, topic)).stream()
                    .filter(config -> config.source().equals("DYNAMIC_TOPIC_CONFIG")
                            || config.name().equals("durability"))
                    .toList();
            if (output.json()) {
                System.out.println(Json.text(out -> {
                    out.writeStartObject();
                    out.writeStringField("topic", topic);
                    out.writeStringField("id", info.id().toString());
                    out.writeObjectFieldStart("configs");
                    for (var config : configs) {
                        out.writeStringField(config.name(), config.value());
                    }
                    out.writeEndObject();
                    out.writeFieldName("partitions");
                    table.json(out);
                    out.writeEndObject();
                }));
            } else {
                System.out.println("topic " + topic + "  id " + info.id());
                configs.forEach(config -> System.out.println("  " + config.name() + "=" + config.value()));
                System.out.print(table.text());
            }
        }
        return Moldau.OK;
    }

    @Command(description = "Creates a topic.", mixinStandardHelpOptions = true)
    int create(
            @Mixin ClusterOptions cluster,
            @Mixin Output output,
            @Parameters(paramLabel = "TOPIC") String topic,
            @Option(
                            names = "--partitions",
                            paramLabel = "COUNT",
                            defaultValue = "-1",
                            description = "How many (default: the broker's).")
                    int partitions,
            @Option(
                            names = "--replication-factor",
                            paramLabel = "COUNT",
                            defaultValue = "-1",
                            description = "How many replicas (default: the broker's).")
                    int replicas,
            @Option(names = "--config", paramLabel = "KEY=VALUE", description = "A setting; may be repeated.")
                    @Nullable List<String> settings,
            @Option(names = "--if-not-exists", description = "Be content with a topic that is there.")
                    boolean ifNotExists)
            throws IOException {
        try (var connected = cluster.connect()) {
            try {
                new Admin(connected)
                        .createTopic(
                                topic,
                                partitions,
                                replicas,
                                Settings.parse(settings == null ? List.of() : settings));
            } catch (ClientException failure) {
                if (!ifNotExists || failure.error() != ErrorCode.TOPIC_ALREADY_EXISTS) {
                    throw failure;
                }
            }
            int count = connected.topic(topic, false).partitions().size();
            output.done("Topic " + topic + " is there, with " + count + (count == 1 ? " partition." : " partitions."), out -> {
                out.writeStartObject();
                out.writeStringField("topic", topic);
                out.writeNumberField("partitions", count);
                out.writeEndObject();
            });
        }
        return Moldau.OK;
    }

    @Command(description = "Deletes topics with all their records.", mixinStandardHelpOptions = true)
    int delete(
            @Mixin ClusterOptions cluster,
            @Mixin Output output,
            @Parameters(paramLabel = "TOPIC", arity = "1..*") List<String> topics)
            throws IOException {
        try (var connected = cluster.connect()) {
            var admin = new Admin(connected);
            topics.forEach(admin::deleteTopic);
        }
        output.done("Deleted " + String.join(", ", topics) + ".", out -> {
            out.writeStartObject();
            out.writeArrayFieldStart("deleted");
            for (var topic : topics) {
                out.writeString(topic);
            }
            out.writeEndArray();
            out.writeEndObject();
        });
        return Moldau.OK;
    }

    @Command(description = "Adds partitions; sets or unsets settings.", mixinStandardHelpOptions = true)
    int alter(
            @Mixin ClusterOptions cluster,
            @Mixin Output output,
            @Parameters(paramLabel = "TOPIC") String topic,
            @Option(names = "--partitions", paramLabel = "COUNT", description = "The new, higher number.")
                    @Nullable Integer partitions,
            @Option(names = "--config", paramLabel = "KEY=VALUE", description = "A setting; may be repeated.")
                    @Nullable List<String> settings,
            @Option(names = "--unset", paramLabel = "KEY", description = "Back to its default; may be repeated.")
                    @Nullable List<String> unset)
            throws IOException {
        if (partitions == null && settings == null && unset == null) {
            throw new CommandFailure("nothing to change: give --partitions, --config or --unset");
        }
        try (var connected = cluster.connect()) {
            var admin = new Admin(connected);
            var changes = new HashMap<String, Optional<String>>();
            Settings.parse(settings == null ? List.of() : settings)
                    .forEach((name, value) -> changes.put(name, Optional.of(value)));
            if (unset != null) {
                unset.forEach(name -> changes.put(name, Optional.empty()));
            }
            if (!changes.isEmpty()) {
                admin.alterConfigs(new ConfigResource(ConfigResource.Kind.TOPIC, topic), changes);
            }
            if (partitions != null) {
                admin.growTopic(topic, partitions);
            }
        }
        output.done("Changed " + topic + ".", out -> {
            out.writeStartObject();
            out.writeStringField("topic", topic);
            out.writeEndObject();
        });
        return Moldau.OK;
    }

    static List<TopicPartition> partitions(TopicInfo topic) {
        var partitions = new ArrayList<TopicPartition>();
        topic.partitions().forEach(each -> partitions.add(new TopicPartition(topic.name(), each.partition())));
        return partitions;
    }

    static Map<TopicPartition, Long> times(Collection<TopicPartition> partitions, long time) {
        var times = new HashMap<TopicPartition, Long>();
        partitions.forEach(partition -> times.put(partition, time));
        return times;
    }
}
