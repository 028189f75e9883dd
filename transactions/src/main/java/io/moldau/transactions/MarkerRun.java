package io.moldau.transactions;

import io.moldau.protocol.ErrorCode;
import io.moldau.replication.TransactionMarker;
import io.moldau.storage.PartitionId;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The markers of one decided transaction, on their way to its partitions.
final class MarkerRun {
    private static final Logger LOG = LoggerFactory.getLogger(MarkerRun.class);
    static final long RETRY_MS = 100;

    /// Writes one marker and tells, once and on any thread, what became of it.
    interface Sender {
        void send(PartitionId partition, Transaction decided, Consumer<ErrorCode> done);
    }

    /// Told on any thread; without a partition if there was none to write to.
    interface Settled {
        void accept(Transaction of, Optional<PartitionId> partition, ErrorCode error);
    }

    private final Transaction decided;
    private final Sender sender;
    private final Settled settled;
    private final Set<PartitionId> missing;

    MarkerRun(Transaction decided, Sender sender, Settled settled) {
        this.decided = decided;
        this.sender = sender;
        this.settled = settled;
        this.missing = new LinkedHashSet<>(decided.partitions());
    }

    static TransactionMarker marker(Transaction decided, int coordinatorEpoch) {
        return new TransactionMarker(
                decided.producer().id(),
                decided.producer().epoch(),
                coordinatorEpoch,
                decided.state() == TransactionState.PREPARE_COMMIT,
                decided.version());
    }

    /// The same decision about the same transaction.
    boolean isOf(Transaction other) {
        return decided.producer().equals(other.producer())
                && decided.state() == other.state()
                && decided.startMs() == other.startMs();
    }

    void begin() {
        if (missing.isEmpty()) {
            settled.accept(decided, Optional.empty(), ErrorCode.NONE);
        }
        List.copyOf(missing).forEach(this::again);
    }

    void again(PartitionId partition) {
        sender.send(partition, decided, error -> settled.accept(decided, Optional.of(partition), error));
    }

    /// False if it must be tried again.
    boolean settled(PartitionId partition, ErrorCode error) {
        switch (error) {
            case NONE -> {}
            case UNKNOWN_TOPIC_OR_PARTITION ->
                LOG.info("Transaction \"{}\" ends without {}: the partition was deleted", decided.id(), partition);
            case INVALID_PRODUCER_EPOCH ->
                LOG.info("Transaction \"{}\" is over in {} already: no marker is needed", decided.id(), partition);
            default -> {
                return false;
            }
        }
        missing.remove(partition);
        return true;
    }

    Set<PartitionId> missing() {
        return Set.copyOf(missing);
    }
}
