package io.moldau.cli;

import io.moldau.client.Admin;
import io.moldau.client.Cluster;
import io.moldau.client.GroupAdmin;
import io.moldau.client.GroupReader;
import io.moldau.client.ReceivedRecord;
import io.moldau.client.Reader;
import io.moldau.client.TopicPartition;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `moldau consume`.
@Command(
        name = "consume",
        description = "Reads a topic and writes a line for each record.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class ConsumeCommand implements Callable<Integer> {
    private static final int POLL_MS = 500;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Parameters(paramLabel = "TOPIC")
    private String topic = "";

    @Option(
            names = "--from",
            paramLabel = "POINT",
            description = "beginning, end, an offset or a time (default: end; with --group what it committed).")
    private @Nullable String from;

    @Option(names = "--group", paramLabel = "GROUP", description = "Read as a member of a group, and commit.")
    private @Nullable String group;

    @Option(names = "--partition", paramLabel = "NUMBER", description = "Only this partition.")
    private @Nullable Integer partition;

    @Option(names = "--count", paramLabel = "COUNT", description = "Stop after so many records.")
    private long count = Long.MAX_VALUE;

    @Option(names = "--until-end", description = "Stop at what is the end now.")
    private boolean untilEnd;

    @Option(
            names = "--format",
            paramLabel = "PATTERN",
            description = "Of %%k key, %%v value, %%h headers, %%t timestamp, %%p partition, %%o offset, %%T topic.")
    private String format = "%v";

    @Option(names = "--json", description = "Write a JSON object for each record.")
    private boolean json;

    private final OutputStream out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16);
    private long written;

    @Override
    public Integer call() throws IOException {
        if (group != null && (partition != null || from != null && !from.equals("beginning") && !from.equals("end"))) {
            throw new CommandFailure("with --group, --from is beginning or end (where it committed nothing), and"
                    + " partitions are assigned");
        }
        if (count < 0) {
            throw new CommandFailure("--count must not be negative");
        }
        var line = json ? RecordFormat.json() : RecordFormat.pattern(format);
        try (var connected = cluster.connect()) {
            var member = group;
            if (member == null) {
                readAssigned(connected, line);
            } else {
                readInGroup(connected, member, line);
            }
        } finally {
            out.flush();
        }
        return Moldau.OK;
    }

    private List<TopicPartition> partitions(Cluster connected) {
        var all = TopicsCommand.partitions(connected.topic(topic, false));
        var only = partition;
        if (only == null) {
            return all;
        }
        var one = new TopicPartition(topic, only);
        if (!all.contains(one)) {
            throw new CommandFailure(
                    "topic '" + topic + "' has " + all.size() + " partitions, numbered from 0; there is no " + only);
        }
        return List.of(one);
    }

    private void readAssigned(Cluster connected, RecordFormat line) throws IOException {
        var admin = new Admin(connected);
        var partitions = partitions(connected);
        var ends = admin.offsets(TopicsCommand.times(partitions, Admin.LATEST));
        var point = from == null ? (untilEnd ? "beginning" : "end") : from;
        var reader = new Reader(connected);
        reader.assign(StartPoint.parse(point).offsets(admin, partitions));
        while (written < count && !(untilEnd && reached(reader.positions(), ends))) {
            for (var record : reader.poll(POLL_MS)) {
                boolean beyond = untilEnd
                        && record.offset() >= ends.getOrDefault(record.partition(), Long.MAX_VALUE);
                if (written < count && !beyond) {
                    write(line, record);
                }
            }
            out.flush();
        }
    }

    private void readInGroup(Cluster connected, String member, RecordFormat line) throws IOException {
        var admin = new Admin(connected);
        var partitions = partitions(connected);
        var ends = admin.offsets(TopicsCommand.times(partitions, Admin.LATEST));
        var beginnings = admin.offsets(TopicsCommand.times(partitions, Admin.EARLIEST));
        var done = new HashMap<TopicPartition, Long>();
        long startAt = "end".equals(from) ? Admin.LATEST : Admin.EARLIEST;
        try (var reader = new GroupReader(connected, member, List.of(topic), startAt)) {
            while (written < count) {
                for (var record : reader.poll(POLL_MS)) {
                    if (written < count) {
                        write(line, record);
                        done.put(record.partition(), record.offset() + 1);
                    }
                }
                out.flush();
                // Only what was written out is committed.
                var mine = new HashMap<>(done);
                mine.keySet().retainAll(reader.assignment());
                if (!mine.isEmpty()) {
                    reader.commit(mine);
                }
                if (untilEnd && !reader.assignment().isEmpty()) {
                    var at = new HashMap<>(new GroupAdmin(connected).committed(member));
                    at.putAll(done);
                    var wanted = new HashMap<TopicPartition, Long>();
                    reader.assignment().forEach(each -> {
                        long end = ends.getOrDefault(each, 0L);
                        if (end > beginnings.getOrDefault(each, 0L)) {
                            wanted.put(each, end);
                        }
                    });
                    if (reached(at, wanted)) {
                        return;
                    }
                }
            }
        }
    }

    static boolean reached(Map<TopicPartition, Long> positions, Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream()
                .allMatch(end -> positions.getOrDefault(end.getKey(), 0L) >= end.getValue());
    }

    private void write(RecordFormat line, ReceivedRecord record) throws IOException {
        out.write(line.line(record).getBytes(StandardCharsets.UTF_8));
        out.write('\n');
        written++;
    }
}
