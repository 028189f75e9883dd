package io.moldau.storage;

import io.moldau.records.BatchBuilder;
import io.moldau.records.ControlRecord;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The transactions of one log: who has one open, how they end, and what readers of committed records must not see.
public final class LogTransactions {
    private final PartitionLog log;
    private final ProducerStates producers;

    LogTransactions(PartitionLog log, ProducerStates producers) {
        this.log = log;
        this.producers = producers;
    }

    /// Writes the marker that ends a producer's transaction. Without an open one it is written all the same: it keeps
    /// older epochs out.
    ///
    /// @param transactionVersion from 2 on the marker has the producer's next epoch (KIP-890, KIP-1228)
    public AppendResult end(
            long producerId, short producerEpoch, int transactionVersion, ControlRecord marker, int leaderEpoch) {
        synchronized (log) {
            var refused = refusal(producerId, producerEpoch, transactionVersion, marker.coordinatorEpoch());
            if (refused.isPresent()) {
                return refused.get();
            }
            long nowMs = log.directory().clock().wallMs();
            return log.append(
                    BatchBuilder.controlBatch(nowMs, producerId, producerEpoch, marker),
                    leaderEpoch,
                    AppendOrigin.COORDINATOR);
        }
    }

    /// Why such a marker would be refused.
    public Optional<AppendResult.Refused> refusal(
            long producerId, short producerEpoch, int transactionVersion, int coordinatorEpoch) {
        return asked(() -> producers.checkMarker(producerId, producerEpoch, transactionVersion, coordinatorEpoch));
    }

    /// Why a coordinator's batch of a producer would be refused.
    public Optional<AppendResult.Refused> refusal(long producerId, short producerEpoch) {
        return asked(() -> producers.checkEpoch(producerId, producerEpoch));
    }

    private interface Question {
        AppendResult.@Nullable Refused ask();
    }

    private Optional<AppendResult.Refused> asked(Question question) {
        synchronized (log) {
            try {
                log.segments();
                return Optional.ofNullable(question.ask());
            } catch (IOException failed) {
                log.directory().fail("opening the log of " + log.id(), failed);
                return Optional.of(new AppendResult.Refused(
                        AppendError.KAFKA_STORAGE_ERROR, "opening the log of " + log.id() + " failed: " + failed));
            }
        }
    }

    /// The aborted transactions that concern what was read up to `below`: at most the last stable offset.
    public List<AbortedTransaction> aborted(LogSlice slice, long below) throws IOException {
        return LogReader.aborted(log.segments(), slice, below);
    }

    /// Whether the producer has an open transaction here in this epoch. A log that nobody used since the start does
    /// not know, and says no.
    public boolean isOpen(long producerId, short producerEpoch) {
        return producers.transactions().isOpen(producerId, producerEpoch);
    }

    /// The producers that have a transaction open here. Whether there are any is known without reading files; a log
    /// that nobody used since the start has to be opened then.
    public List<ProducerView> open() throws IOException {
        if (log.segmentList().resting() == null ? producers.transactions().isNone() : noneAtRest()) {
            return List.of();
        }
        return log.producers().stream()
                .filter(producer -> producer.currentTransactionStartOffset() >= 0)
                .toList();
    }

    private boolean noneAtRest() {
        var view = log.view();
        return view.lastStableOffset() >= view.logEndOffset();
    }

    /// Everything below an offset keeps the partition's promise: markers there count. For the owner of the log.
    public void promised(long offset) {
        if (producers.transactions().promised(offset)) {
            synchronized (log) {
                producers.transactions().decide();
                log.publishStable();
            }
        }
    }
}
