package io.moldau.cli;

import io.moldau.client.ClientException;
import io.moldau.client.Cluster;
import io.moldau.client.ConfigResource;
import io.moldau.client.TopicPartition;
import io.moldau.client.TransactionAdmin;
import io.moldau.client.TransactionInfo;
import io.moldau.protocol.ErrorCode;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "transactions",
        description = "Lists and describes transactions; finds those that hang, and aborts them.",
        mixinStandardHelpOptions = true,
        subcommands = {
            TransactionsCommand.ListTransactions.class,
            TransactionsCommand.Describe.class,
            TransactionsCommand.Abort.class,
            TransactionsCommand.FindHanging.class,
            TransactionsCommand.Explain.class
        })
final class TransactionsCommand {
    /// A coordinator looks for time-outs now and then only: what is later by this much was forgotten.
    private static final long GRACE_MS = 300_000;

    private static String time(long ms) {
        return ms < 0 ? "-" : Instant.ofEpochMilli(ms).toString();
    }

    @Command(name = "list", description = "Lists the transactional ids.", mixinStandardHelpOptions = true)
    static final class ListTransactions implements Callable<Integer> {
        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Option(
                names = "--state",
                paramLabel = "STATE",
                description = "Only in this state: Empty, Ongoing, PrepareCommit, PrepareAbort, CompleteCommit,"
                        + " CompleteAbort.")
        private List<String> states = List.of();

        @Option(names = "--producer-id", paramLabel = "ID", description = "Only of this producer id.")
        private List<Long> producerIds = List.of();

        @Option(
                names = "--longer-than-ms",
                paramLabel = "MS",
                defaultValue = "-1",
                description = "Only those that have been open for longer.")
        private long durationMs = -1;

        @Option(
                names = "--matching",
                paramLabel = "REGEX",
                defaultValue = "",
                description = "Only ids that this expression matches as a whole.")
        private String pattern = "";

        @Override
        public Integer call() throws IOException {
            try (var open = cluster.connect()) {
                var table = new Table("id", "producer", "state");
                var filter = new TransactionInfo.Filter(states, producerIds, durationMs, pattern);
                for (var one : new TransactionAdmin(open).list(filter)) {
                    table.row(one.id(), one.producerId(), one.state());
                }
                table.print(System.out, cluster.json);
            }
            return 0;
        }
    }

    @Command(
            name = "describe",
            description = "State, producer and partitions of transactional ids.",
            mixinStandardHelpOptions = true)
    static final class Describe implements Callable<Integer> {
        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Parameters(paramLabel = "ID", arity = "1..*")
        private List<String> ids = List.of();

        @Override
        public Integer call() throws IOException {
            try (var open = cluster.connect()) {
                var table = new Table("id", "state", "producer", "epoch", "timeoutMs", "started", "partitions");
                for (var id : ids) {
                    var one = new TransactionAdmin(open).describe(id);
                    table.row(
                            one.id(),
                            one.state(),
                            one.producerId(),
                            one.producerEpoch(),
                            one.timeoutMs(),
                            time(one.startMs()),
                            one.partitions().stream()
                                    .map(each -> each.topic() + "-" + each.partition())
                                    .toList());
                }
                table.print(System.out, cluster.json);
            }
            return 0;
        }
    }

    @Command(
            name = "abort",
            description = {
                "Aborts a transaction in one partition, without its coordinator.",
                "Meant for those that find-hanging shows: another transaction would be aborted in part."
            },
            mixinStandardHelpOptions = true)
    static final class Abort implements Callable<Integer> {
        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Parameters(paramLabel = "TOPIC", index = "0")
        private String topic = "";

        @Parameters(paramLabel = "PARTITION", index = "1")
        private int partition;

        @Option(
                names = "--start-offset",
                required = true,
                paramLabel = "OFFSET",
                description = "Where the transaction begins, as find-hanging shows it.")
        private long startOffset;

        @Override
        public Integer call() {
            try (var open = cluster.connect()) {
                var admin = new TransactionAdmin(open);
                var where = new TopicPartition(topic, partition);
                var found = admin.open(List.of(where)).stream()
                        .filter(one -> one.startOffset() == startOffset)
                        .findFirst()
                        .orElseThrow(() -> new ClientException(
                                ErrorCode.INVALID_TXN_STATE,
                                "No open transaction of " + topic + "-" + partition + " begins at offset " + startOffset
                                        + "; see: moldau transactions find-hanging --topic " + topic));
                admin.abort(found);
                System.err.println("Aborted the transaction of producer " + found.producerId() + " in " + topic + "-"
                        + partition + ".");
            }
            return 0;
        }
    }

    @Command(
            name = "find-hanging",
            description = "Finds transactions that are open in a partition, and that no coordinator will end.",
            mixinStandardHelpOptions = true)
    static final class FindHanging implements Callable<Integer> {
        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Option(names = "--topic", paramLabel = "TOPIC", description = "Only in this topic (default: all).")
        private List<String> topics = List.of();

        @Option(
                names = "--max-transaction-timeout-ms",
                paramLabel = "MS",
                defaultValue = "900000",
                description = "Those written to within this time, and five minutes, are not looked at"
                        + " (default: ${DEFAULT-VALUE}, as transaction.max.timeout.ms).")
        private long maxTimeoutMs;

        @Override
        public Integer call() throws IOException {
            try (var open = cluster.connect()) {
                var admin = new TransactionAdmin(open);
                long before = cluster.environment().clock().wallMs() - maxTimeoutMs - GRACE_MS;
                var late = admin.open(partitions(open)).stream()
                        .filter(one -> maxTimeoutMs <= 0 || one.lastMs() < before)
                        .toList();
                var table =
                        new Table("topic", "partition", "startOffset", "producer", "epoch", "coordinatorEpoch", "last");
                for (var one : admin.hanging(late)) {
                    table.row(
                            one.partition().topic(),
                            one.partition().partition(),
                            one.startOffset(),
                            one.producerId(),
                            one.producerEpoch(),
                            one.coordinatorEpoch(),
                            time(one.lastMs()));
                }
                table.print(System.out, cluster.json);
            }
            return 0;
        }

        private List<TopicPartition> partitions(Cluster open) {
            var all = topics.isEmpty()
                    ? open.allTopics()
                    : topics.stream().map(name -> open.topic(name, false)).toList();
            var partitions = new ArrayList<TopicPartition>();
            for (var topic : all) {
                topic.partitions().forEach(each -> partitions.add(new TopicPartition(topic.name(), each.partition())));
            }
            return partitions;
        }
    }

    @Command(
            name = "explain",
            description = "What the node decided about the transactional id of late, and why.",
            mixinStandardHelpOptions = true)
    static final class Explain implements Callable<Integer> {
        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Parameters(paramLabel = "ID")
        private String name = "";

        @Override
        public Integer call() throws IOException {
            return Decisions.print(cluster, ConfigResource.Kind.TRANSACTION_DECISIONS, name);
        }
    }
}
