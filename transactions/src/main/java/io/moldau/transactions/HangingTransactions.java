package io.moldau.transactions;

import io.moldau.environment.DecisionJournal;
import io.moldau.environment.Environment;
import io.moldau.protocol.ErrorCode;
import io.moldau.replication.TransactionMarker;
import io.moldau.storage.PartitionId;
import io.moldau.storage.ProducerView;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Aborts what nobody else would end (KIP-664): transactions that are open in a partition's log, and that no
/// transactional id has. They come from batches of older clients that arrive late, from a broker that did not verify
/// them, from a `__transaction_state` that was lost; and keep readers of committed records waiting for ever.
///
/// An abort must be sure. It needs two looks in a row that found the same transaction, every partition of
/// `__transaction_state` here and loaded, and a coordinator that does not have the partition in a transaction of that
/// producer. The coordinator is asked once more where it decides, and the marker is sent from there: whoever joins
/// afterwards writes after the marker.
public final class HangingTransactions implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HangingTransactions.class);

    /// A transaction that a log has open.
    ///
    /// @param producer as the log knows it
    public record Open(PartitionId partition, ProducerView producer) {
        private Suspect suspect() {
            return new Suspect(
                    partition,
                    producer.producerId(),
                    producer.producerEpoch(),
                    producer.coordinatorEpoch(),
                    producer.currentTransactionStartOffset());
        }
    }

    private record Suspect(
            PartitionId partition, long producerId, short producerEpoch, int coordinatorEpoch, long startOffset) {
        TransactionMarker abort() {
            return new TransactionMarker(producerId, producerEpoch, Math.max(0, coordinatorEpoch), false, (short) 0);
        }
    }

    private final Environment environment;
    private final TransactionCoordinator transactions;
    private final MarkerWriter markers;
    private final Supplier<List<Open>> open;
    private final DecisionJournal journal;
    private Set<Suspect> before = Set.of();
    private volatile boolean closed;

    /// @param open the transactions that logs have open; asked where waiting for a disk is allowed
    /// @param journal told, under the topic and the transactional id, what was aborted
    public HangingTransactions(
            Environment environment,
            TransactionCoordinator transactions,
            MarkerWriter markers,
            Supplier<List<Open>> open,
            DecisionJournal journal) {
        this.environment = environment;
        this.transactions = transactions;
        this.markers = markers;
        this.open = open;
        this.journal = journal;
    }

    /// Looks now and then.
    public void start(long intervalMs) {
        environment.timers().schedule(intervalMs, () -> {
            if (!closed) {
                environment.threads().blocking().execute(this::look);
                start(intervalMs);
            }
        });
    }

    @Override
    public void close() {
        closed = true;
    }

    /// Looks once. The aborts are on their way when it returns, or will be.
    synchronized void look() {
        var now = open.get().stream().map(Open::suspect).collect(Collectors.toSet());
        var again = new HashSet<>(now);
        again.retainAll(before);
        before = now;
        if (!again.isEmpty() && transactions.hasAllShards()) {
            findOwners(
                    again.stream().map(Suspect::producerId).collect(Collectors.toSet()),
                    owners -> again.forEach(suspect ->
                            abortUnlessOwned(suspect, Optional.ofNullable(owners.get(suspect.producerId())))));
        }
    }

    /// The transactional ids of these producers; told only if every shard answers.
    private void findOwners(Set<Long> producerIds, Consumer<Map<Long, String>> told) {
        var shards = transactions.shards().values();
        var owners = new ConcurrentHashMap<Long, String>();
        if (shards.isEmpty()) {
            told.accept(owners);
            return;
        }
        var missing = new AtomicInteger(shards.size());
        for (var shard : shards) {
            shard.submit(
                    (state, effects) -> {
                        for (var transaction : state.transactions()) {
                            long id = transaction.producer().id();
                            if (producerIds.contains(id)) {
                                owners.put(id, transaction.id());
                            }
                        }
                        if (missing.decrementAndGet() == 0) {
                            told.accept(owners);
                        }
                    },
                    refused -> LOG.debug("Whether transactions hang is not sure: {}", refused));
        }
    }

    private void abortUnlessOwned(Suspect suspect, Optional<String> owner) {
        if (owner.isEmpty()) {
            abort(suspect, Optional.empty());
            return;
        }
        transactions.on(
                owner.get(),
                (shard, effects) -> {
                    if (!shard.hasUnderWay(owner.get(), suspect.producerId(), suspect.partition())) {
                        abort(suspect, owner);
                    }
                },
                refused -> LOG.debug("Whether transactions of {} hang is not sure: {}", owner.get(), refused));
    }

    private void abort(Suspect suspect, Optional<String> owner) {
        var what = "a transaction of producer " + suspect.producerId() + " in epoch " + suspect.producerEpoch()
                + ", open since offset " + suspect.startOffset() + " of " + suspect.partition() + ", is aborted: "
                + owner.map(id -> "transactional id \"" + id + "\" does not have that partition in a transaction")
                        .orElse("no transactional id has that producer");
        markers.write(suspect.partition(), suspect.abort(), error -> {
            if (error == ErrorCode.NONE) {
                LOG.warn("Hanging: {}", what);
                journal.note(DecisionJournal.Kind.TOPIC, suspect.partition().topic(), what);
                owner.ifPresent(id -> journal.note(DecisionJournal.Kind.TRANSACTION, id, what));
            } else {
                LOG.warn("Hanging, and not over yet ({}; it is looked at again): {}", error.text(), what);
            }
        });
    }
}
