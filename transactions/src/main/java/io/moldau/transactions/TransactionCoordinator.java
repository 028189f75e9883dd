package io.moldau.transactions;

import io.moldau.coordination.Coordinator;
import io.moldau.coordination.Effects;
import io.moldau.environment.DecisionJournal;
import io.moldau.environment.Environment;
import io.moldau.protocol.ErrorCode;
import io.moldau.replication.Partition;
import io.moldau.replication.Partitions;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/// Finds the shard that a transactional id lives in, and runs operations there. One coordinator for each
/// partition of `__transaction_state` on this node, loaded when the partition opens.
public final class TransactionCoordinator implements Partitions.Listener {
    public static final String TOPIC = "__transaction_state";

    private final Environment environment;
    private final TransactionSettings settings;
    private final MarkerWriter markers;
    private final ProducerIds producerIds;
    private final IntSupplier partitionCount;
    private final DecisionJournal journal;
    private final Map<Integer, Coordinator<TransactionShard>> shards = new ConcurrentSkipListMap<>();

    /// @param partitionCount partitions of `__transaction_state`; 0 if there is no such topic yet
    /// @param journal told which producers were fenced and which transactions aborted, and why
    public TransactionCoordinator(
            Environment environment,
            TransactionSettings settings,
            MarkerWriter markers,
            ProducerIds producerIds,
            IntSupplier partitionCount,
            DecisionJournal journal) {
        this.environment = environment;
        this.settings = settings;
        this.markers = markers;
        this.producerIds = producerIds;
        this.partitionCount = partitionCount;
        this.journal = journal;
    }

    TransactionSettings settings() {
        return settings;
    }

    ProducerIds producerIds() {
        return producerIds;
    }

    @Override
    public void opened(Partition partition) {
        if (partition.id().topic().equals(TOPIC)) {
            shards.put(partition.id().partition(), shard(partition));
        }
    }

    /// A coordinator may be loaded, and have its first markers answered, before its constructor has returned:
    /// what comes so early waits for it.
    private Coordinator<TransactionShard> shard(Partition partition) {
        int epoch = partition.leaderEpoch();
        var made = new CompletableFuture<Coordinator<TransactionShard>>();
        var coordinator = new Coordinator<TransactionShard>(
                partition,
                environment,
                schedule -> new TransactionShard(
                        settings,
                        schedule,
                        (to, decided, done) -> markers.write(to, MarkerRun.marker(decided, epoch), done),
                        operation -> made.thenAccept(own -> own.submit(operation, refused -> {})),
                        (id, what) -> journal.note(DecisionJournal.Kind.TRANSACTION, id, what)));
        made.complete(coordinator);
        return coordinator;
    }

    /// Its transactions are nowhere until the node is restarted: producers are told to look for their coordinator.
    @Override
    public void offline(Partition partition) {
        retired(partition);
    }

    @Override
    public void retired(Partition partition) {
        if (partition.id().topic().equals(TOPIC)) {
            Optional.ofNullable(shards.remove(partition.id().partition())).ifPresent(Coordinator::close);
        }
    }

    /// Runs `operation` where the transactional id lives; `refused` is told if that is not possible now.
    void on(String transactionalId, BiConsumer<TransactionShard, Effects> operation, Consumer<ErrorCode> refused) {
        int count = partitionCount.getAsInt();
        var shard = count == 0 ? null : shards.get(partitionOf(transactionalId, count));
        if (shard == null) {
            refused.accept(count == 0 ? ErrorCode.COORDINATOR_NOT_AVAILABLE : ErrorCode.NOT_COORDINATOR);
        } else {
            shard.submit(operation, refused);
        }
    }

    /// The shards of this node, by the partition that they live in.
    Map<Integer, Coordinator<TransactionShard>> shards() {
        return new TreeMap<>(shards);
    }

    /// Whether this node has every partition of the topic: then it knows of every transaction.
    boolean hasAllShards() {
        return shards.size() >= partitionCount.getAsInt();
    }

    /// Kafka's rule, by the hash that Java defines for strings.
    static int partitionOf(String transactionalId, int partitions) {
        int hash = transactionalId.hashCode();
        return (hash == Integer.MIN_VALUE ? 0 : Math.abs(hash)) % partitions;
    }
}
