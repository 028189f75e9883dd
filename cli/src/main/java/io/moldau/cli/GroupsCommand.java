package io.moldau.cli;

import io.moldau.client.Admin;
import io.moldau.client.ClientException;
import io.moldau.client.Cluster;
import io.moldau.client.ConfigResource;
import io.moldau.client.GroupAdmin;
import io.moldau.client.GroupInfo;
import io.moldau.client.ShareGroupAdmin;
import io.moldau.client.TopicPartition;
import io.moldau.protocol.ErrorCode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "groups",
        description = "Lists, describes, resets and deletes consumer groups.",
        mixinStandardHelpOptions = true,
        subcommands = {
            GroupsCommand.ListGroups.class,
            GroupsCommand.Describe.class,
            GroupsCommand.Reset.class,
            GroupsCommand.Delete.class,
            GroupsCommand.Explain.class
        })
final class GroupsCommand {
    @Command(name = "list", description = "Lists the groups.", mixinStandardHelpOptions = true)
    static final class ListGroups implements Callable<Integer> {
        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Override
        public Integer call() throws IOException {
            try (var open = cluster.connect()) {
                var table = new Table("group", "type", "state");
                for (var group : new GroupAdmin(open).list()) {
                    table.row(group.group(), group.type(), group.state());
                }
                table.print(System.out, cluster.json);
            }
            return 0;
        }
    }

    @Command(name = "describe", description = "Members, offsets and lag.", mixinStandardHelpOptions = true)
    static final class Describe implements Callable<Integer> {
        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Parameters(paramLabel = "GROUP")
        private String name = "";

        @Override
        public Integer call() throws IOException {
            try (var open = cluster.connect()) {
                var admin = new GroupAdmin(open);
                var group = admin.describe(name);
                var members = new HashMap<TopicPartition, String>();
                group.members()
                        .forEach(member -> member.assignment()
                                .forEach(partition -> members.merge(
                                        partition,
                                        member.clientId() + " " + member.host(),
                                        (one, other) -> one + ", " + other)));
                if (group.type().equals("share")) {
                    describeShare(open, group, members);
                    return 0;
                }
                var committed = admin.committed(name);
                var partitions = new TreeMap<TopicPartition, Long>();
                committed.keySet().forEach(partition -> partitions.put(partition, Admin.LATEST));
                members.keySet().forEach(partition -> partitions.put(partition, Admin.LATEST));
                var ends = new Admin(open).offsets(partitions);
                var table = new Table("topic", "partition", "committed", "end", "lag", "member");
                ends.forEach((partition, end) -> {
                    var offset = committed.get(partition);
                    table.row(
                            partition.topic(),
                            partition.partition(),
                            offset == null ? "-" : offset,
                            end,
                            offset == null ? "-" : (Object) (end - offset),
                            members.getOrDefault(partition, "-"));
                });
                print(group, table);
            }
            return 0;
        }

        private void describeShare(Cluster open, GroupInfo group, Map<TopicPartition, String> members)
                throws IOException {
            var offsets = new ShareGroupAdmin(open).offsets(name);
            var partitions = new TreeSet<TopicPartition>(offsets.keySet());
            partitions.addAll(members.keySet());
            var table = new Table("topic", "partition", "start", "lag", "member");
            for (var partition : partitions) {
                var offset = offsets.get(partition);
                table.row(
                        partition.topic(),
                        partition.partition(),
                        offset == null ? "-" : (Object) offset.start(),
                        offset == null || offset.lag() < 0 ? "-" : (Object) offset.lag(),
                        members.getOrDefault(partition, "-"));
            }
            print(group, table);
        }

        private void print(GroupInfo group, Table table) throws IOException {
            if (!cluster.json) {
                System.out.println("group     " + group.group());
                System.out.println("type      " + group.type());
                System.out.println("state     " + group.state());
                System.out.println("members   " + group.members().size());
                System.out.println();
            }
            table.print(System.out, cluster.json);
        }
    }

    @Command(
            name = "reset",
            description = "Sets the offsets of a group without members.",
            mixinStandardHelpOptions = true)
    static final class Reset implements Callable<Integer> {
        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Parameters(paramLabel = "GROUP")
        private String name = "";

        @Option(names = "--to", required = true, paramLabel = "PLACE", description = Places.EXPECTED)
        private String to = "";

        @Option(names = "--topic", paramLabel = "TOPIC", description = "Only this one; needed for a new group.")
        private List<String> topics = List.of();

        @Option(names = "--dry-run", description = "Only shows what would be set.")
        private boolean dryRun;

        @Override
        public Integer call() throws IOException {
            var place = Places.parse(to);
            try (var open = cluster.connect()) {
                var admin = new GroupAdmin(open);
                var committed = admin.committed(name);
                var partitions = new ArrayList<TopicPartition>();
                if (topics.isEmpty()) {
                    partitions.addAll(committed.keySet());
                } else {
                    for (var topic : topics) {
                        open.topic(topic, false)
                                .partitions()
                                .forEach(each -> partitions.add(new TopicPartition(topic, each.partition())));
                    }
                }
                if (partitions.isEmpty()) {
                    throw new ClientException(
                            ErrorCode.GROUP_ID_NOT_FOUND,
                            "Group '" + name + "' has no committed offsets: name the topic with --topic.");
                }
                var offsets = place.offsets(open, partitions);
                if (!dryRun) {
                    admin.reset(name, offsets);
                }
                var table = new Table("topic", "partition", "before", "now");
                offsets.forEach((partition, offset) -> {
                    var before = committed.get(partition);
                    table.row(partition.topic(), partition.partition(), before == null ? "-" : before, offset);
                });
                table.print(System.out, cluster.json);
            }
            return 0;
        }
    }

    @Command(
            name = "delete",
            description = "Deletes groups without members, with their offsets.",
            mixinStandardHelpOptions = true)
    static final class Delete implements Callable<Integer> {
        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Parameters(paramLabel = "GROUP", arity = "1..*")
        private List<String> names = List.of();

        @Override
        public Integer call() {
            try (var open = cluster.connect()) {
                for (var name : names) {
                    new GroupAdmin(open).delete(name);
                    System.err.println("Deleted group " + name + ".");
                }
            }
            return 0;
        }
    }

    @Command(
            name = "explain",
            description = "What the node decided about the group of late, and why.",
            mixinStandardHelpOptions = true)
    static final class Explain implements Callable<Integer> {
        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Parameters(paramLabel = "GROUP")
        private String name = "";

        @Override
        public Integer call() throws IOException {
            return Decisions.print(cluster, ConfigResource.Kind.GROUP_DECISIONS, name);
        }
    }
}
