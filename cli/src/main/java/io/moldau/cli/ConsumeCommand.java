package io.moldau.cli;

import io.moldau.client.Admin;
import io.moldau.client.Cluster;
import io.moldau.client.GroupReader;
import io.moldau.client.Reader;
import io.moldau.client.ReceivedRecord;
import io.moldau.client.ShareReader;
import io.moldau.client.TopicPartition;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
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
    /// As many as a share group hands out at a time; they are locked while they are written out.
    private static final int MOST_SHARED = 500;

    @Mixin
    private ClusterOption cluster = new ClusterOption();

    @Parameters(paramLabel = "TOPIC")
    private String topic = "";

    @Option(
            names = "--from",
            paramLabel = "PLACE",
            description = {"Where to begin (default: end):", Places.EXPECTED})
    private @Nullable String from;

    @Option(names = "--group", paramLabel = "GROUP", description = "Read as a member of this group, and commit.")
    private @Nullable String group;

    @Option(
            names = "--share",
            paramLabel = "GROUP",
            description = "Read as a member of this share group, and accept what was written out.")
    private @Nullable String share;

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
        checkOptions();
        var place = Places.parse(from == null ? "end" : from);
        ShutdownHook.add(this::stop);
        var out = new BufferedOutputStream(System.out, 64 << 10);
        try (var open = cluster.connect()) {
            var printer = new RecordPrinter(out, format, cluster.json);
            if (share != null) {
                inShareGroup(open, share, printer, out);
            } else if (group != null) {
                inGroup(open, group, place, printer, out);
            } else {
                alone(open, place, printer, out);
            }
        } finally {
            out.flush();
            done.countDown();
        }
        return 0;
    }

    private void checkOptions() {
        if (group != null && share != null) {
            throw new IllegalArgumentException("--group and --share are two kinds of groups: give one of them.");
        }
        if ((group != null || share != null) && (toEnd || !only.isEmpty())) {
            throw new IllegalArgumentException(
                    "With --group and --share, the group decides which partitions are read and"
                            + " how far it came: leave out --partition and --to-end. To end after some records: --count.");
        }
        if (share != null && from != null) {
            throw new IllegalArgumentException("Where a share group begins is its setting: moldau config set group "
                    + share + " share.auto.offset.reset=earliest");
        }
    }

    /// Writes out what was printed. A record that nobody can see must not count as read.
    private static void flush(OutputStream out) throws IOException {
        out.flush();
        if (System.out.checkError()) {
            throw new IOException("standard output was closed, nobody reads on");
        }
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
            flush(out);
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
                flush(out);
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

    private void inShareGroup(Cluster open, String name, RecordPrinter printer, BufferedOutputStream out)
            throws IOException {
        open.topic(topic, false);
        long read = 0;
        try (var reader = new ShareReader(open, name, List.of(topic))) {
            while (!stopped && read < count) {
                var records = reader.poll(WAIT_MS, (int) Math.min(MOST_SHARED, count - read));
                var written = records.subList(0, (int) Math.min(records.size(), count - read));
                for (var record : written) {
                    printer.print(record);
                }
                flush(out);
                read += written.size();
                reader.accept(written).ifPresent(why -> System.err.println("moldau: " + why));
            }
        }
    }
}
