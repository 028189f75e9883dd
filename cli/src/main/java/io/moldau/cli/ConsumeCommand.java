package io.moldau.cli;

import io.moldau.client.Admin;
import io.moldau.client.Cluster;
import io.moldau.client.GroupReader;
import io.moldau.client.Reader;
import io.moldau.client.ReceivedRecord;
import io.moldau.client.TopicPartition;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "consume", description = "Writes the records of a topic.", mixinStandardHelpOptions = true)
final class ConsumeCommand implements Callable<Integer> {
    private static final int WAIT_MS = 500;
    private static final int COMMIT_EVERY_MS = 1_000;
    private static final long GOODBYE_MS = 1_500;

    @Mixin
    private ClusterOption cluster = new ClusterOption();

    @Parameters(paramLabel = "TOPIC")
    private String topic = "";

    @Option(
            names = "--from",
            paramLabel = "PLACE",
            defaultValue = "end",
            description = {"Where to begin (default: end):", Places.EXPECTED})
    private String from = "";

    @Option(names = "--group", paramLabel = "GROUP", description = "Read as a member of this group, and commit.")
    private @Nullable String group;

    @Option(names = "--partition", paramLabel = "NUMBER", description = "Only this partition; may be repeated.")
    private List<Integer> only = List.of();

    @Option(
            names = {"--count", "-c"},
            paramLabel = "COUNT",
            description = "End after so many records.")
    private long count = Long.MAX_VALUE;

    @Option(
            names = {"--until-end", "--to-end"},
            description = "End where the topic ends now.")
    private boolean toEnd;

    @Option(
            names = {"--format", "-f"},
            paramLabel = "TEMPLATE",
            defaultValue = "%s\\n",
            description =
                    "Of %%k key, %%s value, %%h headers, %%t topic, %%p partition, %%o offset, %%T timestamp, \\n, \\t.")
    private String format = "";

    private volatile boolean stopped;
    private final CountDownLatch done = new CountDownLatch(1);

    @Override
    public Integer call() throws IOException {
        var place = Places.parse(from);
        ShutdownHook.add(this::stop);
        var out = new BufferedOutputStream(System.out, 64 << 10);
        try (var open = cluster.connect()) {
            var printer = new RecordPrinter(out, format, cluster.json);
            if (group == null) {
                alone(open, place, printer, out);
            } else {
                inGroup(open, group, place, printer, out);
            }
        } finally {
            out.flush();
            done.countDown();
        }
        return 0;
    }

    /// Ctrl-C: lets the loop end, so that offsets are committed and the group is left.
    private void stop() {
        stopped = true;
        try {
            boolean ended = done.await(GOODBYE_MS, TimeUnit.MILLISECONDS);
            stopped |= ended;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private Set<TopicPartition> partitions(Cluster open) {
        var partitions = new TreeSet<TopicPartition>();
        open.topic(topic, false).partitions().forEach(each -> {
            if (only.isEmpty() || only.contains(each.partition())) {
                partitions.add(new TopicPartition(topic, each.partition()));
            }
        });
        if (partitions.isEmpty()) {
            throw new IllegalArgumentException("Topic '" + topic + "' has no partition " + only + ".");
        }
        return partitions;
    }

    private Map<TopicPartition, Long> ends(Cluster open, Set<TopicPartition> partitions) {
        var asked = new TreeMap<TopicPartition, Long>();
        partitions.forEach(partition -> asked.put(partition, Admin.LATEST));
        return new Admin(open).offsets(asked);
    }

    private void alone(Cluster open, Places place, RecordPrinter printer, BufferedOutputStream out) throws IOException {
        var partitions = partitions(open);
        var ends = toEnd ? ends(open, partitions) : Map.<TopicPartition, Long>of();
        var reader = new Reader(open);
        reader.assign(place.offsets(open, partitions));
        long read = 0;
        while (!stopped && read < count && !(toEnd && reached(reader.positions(), ends))) {
            for (var record : reader.poll(WAIT_MS)) {
                if (read < count && !beyond(record, ends)) {
                    printer.print(record);
                    read++;
                }
            }
            out.flush();
        }
    }

    private static boolean beyond(ReceivedRecord record, Map<TopicPartition, Long> ends) {
        return record.offset() >= ends.getOrDefault(record.partition(), Long.MAX_VALUE);
    }

    private static boolean reached(Map<TopicPartition, Long> positions, Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream()
                .allMatch(end -> positions.getOrDefault(end.getKey(), end.getValue()) >= end.getValue());
    }

    private void inGroup(Cluster open, String name, Places place, RecordPrinter printer, BufferedOutputStream out)
            throws IOException {
        if (!(place instanceof Places.Time(long startAt)) || startAt >= 0) {
            throw new IllegalArgumentException(
                    "With --group, --from is beginning or end: where to begin without a committed offset."
                            + " To move a group use: moldau groups reset");
        }
        var clock = cluster.environment().clock();
        long read = 0;
        long committedAt = clock.nanos();
        try (var reader = new GroupReader(open, name, List.of(topic), startAt)) {
            var written = new TreeMap<TopicPartition, Long>();
            while (!stopped && read < count) {
                for (var record : reader.poll(WAIT_MS)) {
                    if (read == count) {
                        break;
                    }
                    printer.print(record);
                    read++;
                    written.put(record.partition(), record.offset() + 1);
                }
                out.flush();
                if (clock.nanos() - committedAt > TimeUnit.MILLISECONDS.toNanos(COMMIT_EVERY_MS)) {
                    committedAt = clock.nanos();
                    commit(reader, written);
                }
            }
            commit(reader, written);
        }
    }

    /// Commits only what was written out, of partitions that are still ours.
    private static void commit(GroupReader reader, Map<TopicPartition, Long> written) {
        written.keySet().retainAll(reader.assignment());
        reader.commit(written);
    }
}
