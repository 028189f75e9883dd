package io.moldau.cli;

import io.moldau.client.Admin;
import io.moldau.client.Cluster;
import io.moldau.client.ConfigResource;
import io.moldau.client.TopicInfo;
import io.moldau.client.TopicPartition;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "topics",
        description = "Lists, describes, creates, deletes and changes topics.",
        mixinStandardHelpOptions = true,
        subcommands = {
            TopicsCommand.ListTopics.class,
            TopicsCommand.Describe.class,
            TopicsCommand.Create.class,
            TopicsCommand.Delete.class,
            TopicsCommand.Alter.class,
            TopicsCommand.Explain.class
        })
final class TopicsCommand {
    private static Map<TopicPartition, Long> offsets(Cluster cluster, TopicInfo topic, long timestamp) {
        var asked = new TreeMap<TopicPartition, Long>();
        topic.partitions().forEach(each -> asked.put(new TopicPartition(topic.name(), each.partition()), timestamp));
        return new Admin(cluster).offsets(asked);
    }

    @Command(name = "list", description = "Lists the topics.", mixinStandardHelpOptions = true)
    static final class ListTopics implements Callable<Integer> {
        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Option(names = "--internal", description = "Also the topics that the broker keeps for itself.")
        private boolean internal;

        @Override
        public Integer call() throws IOException {
            try (var open = cluster.connect()) {
                var table = new Table("topic", "partitions", "replicas");
                for (var topic : open.allTopics()) {
                    if (internal || !topic.internal()) {
                        int replicas = topic.partitions().isEmpty()
                                ? 0
                                : topic.partitions().getFirst().replicas().size();
                        table.row(topic.name(), topic.partitions().size(), replicas);
                    }
                }
                table.print(System.out, cluster.json);
            }
            return 0;
        }
    }

    @Command(name = "describe", description = "Partitions, offsets and settings.", mixinStandardHelpOptions = true)
    static final class Describe implements Callable<Integer> {
        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Parameters(paramLabel = "TOPIC")
        private String name = "";

        @Override
        public Integer call() throws IOException {
            try (var open = cluster.connect()) {
                var topic = open.topic(name, false);
                var earliest = offsets(open, topic, Admin.EARLIEST);
                var latest = offsets(open, topic, Admin.LATEST);
                var table = new Table("partition", "leader", "replicas", "in sync", "first offset", "next offset");
                for (var each : topic.partitions()) {
                    var partition = new TopicPartition(name, each.partition());
                    table.row(
                            each.partition(),
                            each.leader(),
                            each.replicas(),
                            each.inSync(),
                            earliest.getOrDefault(partition, -1L),
                            latest.getOrDefault(partition, -1L));
                }
                if (!cluster.json) {
                    System.out.println("topic  " + topic.name());
                    System.out.println("id     " + topic.id());
                    settings(open);
                    System.out.println();
                }
                table.print(System.out, cluster.json);
            }
            return 0;
        }

        private void settings(Cluster open) {
            for (var config : new Admin(open).configs(new ConfigResource(ConfigResource.Kind.TOPIC, name))) {
                if (!config.source().equals("default") || config.name().equals("durability")) {
                    System.out.println("       " + config.name() + "=" + config.value() + " (" + config.source() + ")");
                }
            }
        }
    }

    @Command(name = "create", description = "Creates a topic.", mixinStandardHelpOptions = true)
    static final class Create implements Callable<Integer> {
        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Parameters(paramLabel = "TOPIC")
        private String name = "";

        @Option(
                names = {"--partitions", "-p"},
                paramLabel = "COUNT",
                defaultValue = "-1",
                description = "Partitions (default: the broker's num.partitions).")
        private int partitions;

        @Option(
                names = {"--replicas", "-r"},
                paramLabel = "COUNT",
                defaultValue = "-1",
                description = "Replicas (default: the broker's default.replication.factor).")
        private int replicas;

        @Option(names = "--set", paramLabel = "NAME=VALUE", description = "A topic setting; may be repeated.")
        private Map<String, String> set = new LinkedHashMap<>();

        @Override
        public Integer call() {
            try (var open = cluster.connect()) {
                new Admin(open).createTopic(name, partitions, replicas, set);
                System.err.println("Created topic " + name + ".");
            }
            return 0;
        }
    }

    @Command(name = "delete", description = "Deletes topics with their records.", mixinStandardHelpOptions = true)
    static final class Delete implements Callable<Integer> {
        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Parameters(paramLabel = "TOPIC", arity = "1..*")
        private List<String> names = List.of();

        @Override
        public Integer call() {
            try (var open = cluster.connect()) {
                for (var name : names) {
                    new Admin(open).deleteTopic(name);
                    System.err.println("Deleted topic " + name + ".");
                }
            }
            return 0;
        }
    }

    @Command(
            name = "alter",
            description = "Adds partitions, changes settings, deletes old records.",
            mixinStandardHelpOptions = true)
    static final class Alter implements Callable<Integer> {
        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Parameters(paramLabel = "TOPIC")
        private String name = "";

        @Option(
                names = {"--partitions", "-p"},
                paramLabel = "COUNT",
                description = "The new number of partitions; it can only grow.")
        private @Nullable Integer partitions;

        @Option(names = "--set", paramLabel = "NAME=VALUE", description = "Sets a setting; may be repeated.")
        private Map<String, String> set = new LinkedHashMap<>();

        @Option(names = "--unset", paramLabel = "NAME", description = "Takes a setting back; may be repeated.")
        private List<String> unset = List.of();

        @Option(
                names = "--delete-before",
                paramLabel = "PARTITION=OFFSET",
                description = "Deletes the records below an offset; -1 deletes all.")
        private Map<Integer, Long> deleteBefore = new LinkedHashMap<>();

        @Override
        public Integer call() {
            try (var open = cluster.connect()) {
                var admin = new Admin(open);
                if (partitions != null) {
                    admin.growTopic(name, partitions);
                }
                var changes = new TreeMap<String, Optional<String>>();
                set.forEach((setting, value) -> changes.put(setting, Optional.of(value)));
                unset.forEach(setting -> changes.put(setting, Optional.empty()));
                if (!changes.isEmpty()) {
                    admin.alterConfigs(new ConfigResource(ConfigResource.Kind.TOPIC, name), changes);
                }
                deleteBefore.forEach((partition, offset) -> {
                    long first = admin.deleteRecords(new TopicPartition(name, partition), offset);
                    System.err.println("Partition " + partition + " begins at offset " + first + " now.");
                });
                System.err.println("Changed topic " + name + ".");
            }
            return 0;
        }
    }

    @Command(
            name = "explain",
            description = "What the node decided about the topic of late, and why; how far compaction is.",
            mixinStandardHelpOptions = true)
    static final class Explain implements Callable<Integer> {
        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Parameters(paramLabel = "TOPIC")
        private String name = "";

        @Override
        public Integer call() throws IOException {
            return Decisions.print(cluster, ConfigResource.Kind.TOPIC_DECISIONS, name);
        }
    }
}
