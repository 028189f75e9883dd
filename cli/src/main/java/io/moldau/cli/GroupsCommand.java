package io.moldau.cli;

import io.moldau.client.Admin;
import io.moldau.client.GroupAdmin;
import io.moldau.client.GroupInfo;
import io.moldau.client.TopicPartition;
import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `moldau groups`.
@Command(
        name = "groups",
        description = "Lists, describes, resets and deletes groups.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class GroupsCommand {
    @Command(description = "Lists groups.", mixinStandardHelpOptions = true)
    int list(@Mixin ClusterOptions cluster, @Mixin Output output) throws IOException {
        var table = new Table("GROUP", "TYPE", "STATE");
        try (var connected = cluster.connect()) {
            new GroupAdmin(connected)
                    .list().stream()
                            .sorted(Comparator.comparing(GroupInfo.Listed::group))
                            .forEach(group -> table.row(group.group(), group.type(), group.state()));
        }
        output.print(table, "There are no groups.");
        return Moldau.OK;
    }

    @Command(description = "Shows a group's members, offsets and lag.", mixinStandardHelpOptions = true)
    int describe(@Mixin ClusterOptions cluster, @Mixin Output output, @Parameters(paramLabel = "GROUP") String group)
            throws IOException {
        try (var connected = cluster.connect()) {
            var groups = new GroupAdmin(connected);
            var info = groups.describe(group);
            var committed = new TreeMap<>(groups.committed(group));
            var readers = new HashMap<TopicPartition, GroupInfo.Member>();
            info.members().forEach(member -> member.assignment().forEach(each -> readers.put(each, member)));
            var all = new TreeSet<>(committed.keySet());
            all.addAll(readers.keySet());
            var ends = all.isEmpty()
                    ? new TreeMap<TopicPartition, Long>()
                    : new Admin(connected).offsets(TopicsCommand.times(all, Admin.LATEST));
            var table = new Table("TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "MEMBER", "HOST");
            for (var partition : all) {
                var offset = committed.get(partition);
                var end = ends.get(partition);
                var member = readers.get(partition);
                table.row(
                        partition.topic(),
                        partition.partition(),
                        offset,
                        end,
                        offset == null || end == null ? null : (Object) Math.max(0, end - offset),
                        member == null ? null : member.id(),
                        member == null ? null : member.host());
            }
            if (output.json()) {
                System.out.println(Json.text(out -> {
                    out.writeStartObject();
                    out.writeStringField("group", group);
                    out.writeStringField("type", info.type());
                    out.writeStringField("state", info.state());
                    out.writeStringField("assignor", info.assignor());
                    out.writeNumberField("members", info.members().size());
                    out.writeFieldName("partitions");
                    table.json(out);
                    out.writeEndObject();
                }));
            } else {
                System.out.println("group " + group + "  " + info.type() + "  " + info.state() + "  "
                        + info.members().size() + " members"
                        + (info.assignor().isEmpty() ? "" : "  assignor " + info.assignor()));
                System.out.print(table.isEmpty() ? "" : table.text());
            }
        }
        return Moldau.OK;
    }

    @Command(
            description = "Sets the offsets of a group that has no members now.",
            mixinStandardHelpOptions = true)
    int reset(
            @Mixin ClusterOptions cluster,
            @Mixin Output output,
            @Parameters(paramLabel = "GROUP") String group,
            @Option(names = "--topic", paramLabel = "TOPIC", description = "Topics (default: all with offsets).")
                    @Nullable List<String> topics,
            @Option(
                            names = "--to",
                            paramLabel = "POINT",
                            required = true,
                            description = "beginning, end, an offset or a time.")
                    String to,
            @Option(names = "--dry-run", description = "Show what would be set.") boolean dryRun)
            throws IOException {
        var table = new Table("TOPIC", "PARTITION", "BEFORE", "AFTER");
        try (var connected = cluster.connect()) {
            var groups = new GroupAdmin(connected);
            var before = groups.committed(group);
            var partitions = new TreeSet<TopicPartition>();
            if (topics == null) {
                partitions.addAll(before.keySet());
            } else {
                topics.forEach(
                        topic -> partitions.addAll(TopicsCommand.partitions(connected.topic(topic, false))));
            }
            if (partitions.isEmpty()) {
                throw new CommandFailure("group '" + group + "' has no offsets; name topics with --topic");
            }
            var after = StartPoint.parse(to).offsets(new Admin(connected), partitions);
            partitions.forEach(each ->
                    table.row(each.topic(), each.partition(), before.get(each), after.get(each)));
            if (!dryRun) {
                groups.reset(group, after);
            }
        }
        output.print(table, "");
        return Moldau.OK;
    }

    @Command(description = "Deletes groups that have no members.", mixinStandardHelpOptions = true)
    int delete(
            @Mixin ClusterOptions cluster,
            @Mixin Output output,
            @Parameters(paramLabel = "GROUP", arity = "1..*") List<String> names)
            throws IOException {
        try (var connected = cluster.connect()) {
            names.forEach(new GroupAdmin(connected)::delete);
        }
        output.done("Deleted " + String.join(", ", names) + ".", out -> {
            out.writeStartObject();
            out.writeArrayFieldStart("deleted");
            for (var name : names) {
                out.writeString(name);
            }
            out.writeEndArray();
            out.writeEndObject();
        });
        return Moldau.OK;
    }
}
