package io.moldau.transactions;

import io.moldau.coordination.CoordinatedState;
import io.moldau.coordination.Effects;
import io.moldau.coordination.Entry;
import io.moldau.protocol.ErrorCode;
import io.moldau.storage.PartitionId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// All the transactional ids of one partition of `__transaction_state`.
///
/// What is decided is the replay of the log. Beside it, and lost with a restart: which markers are written already
/// (they
/// are written again then), who waits, and which InitProducerId could be a repetition.
final class TransactionShard implements CoordinatedState {
    /// Ends and expirations in one batch; what is left is done in the next.
    private static final int MOST_AT_ONCE = 200;

    private static final int MOST_WAITING = 10_000;
    private static final long WAIT_MS = 5_000;

    /// Who became whom by the last change that a client asked for (KIP-360).
    private record Succession(Producer before, Producer after) {}

    private final TransactionSettings settings;
    private final Schedule schedule;
    private final MarkerRun.Sender sender;
    private final Consumer<BiConsumer<TransactionShard, Effects>> later;
    private final BiConsumer<String, String> explanations;
    private final Map<String, Transaction> transactions = new TreeMap<>();
    private final Map<String, MarkerRun> runs = new HashMap<>();
    private final Map<String, Succession> successions = new HashMap<>();
    private final Map<String, List<Consumer<ErrorCode>>> waiting = new HashMap<>();
    private int waitingCount;

    /// @param later runs an operation on this state, or on the one that replaced it; not at all if there is none
    /// @param explanations told a transactional id, and what was decided about it
    TransactionShard(
            TransactionSettings settings,
            Schedule schedule,
            MarkerRun.Sender sender,
            Consumer<BiConsumer<TransactionShard, Effects>> later,
            BiConsumer<String, String> explanations) {
        this.settings = settings;
        this.schedule = schedule;
        this.sender = sender;
        this.later = later;
        this.explanations = explanations;
    }

    @Override
    public void replay(Entry entry) {
        TransactionRecords.id(entry.key())
                .ifPresent(id -> TransactionRecords.value(id, entry.value())
                        .ifPresentOrElse(value -> transactions.put(id, value), () -> transactions.remove(id)));
    }

    @Override
    public void loaded(Schedule schedule, Effects effects) {
        List.copyOf(transactions.values()).forEach(this::sendMarkers);
        scheduleTimeouts(settings.abortIntervalMs());
        scheduleExpiry(settings.expiryIntervalMs());
    }

    @Override
    public void discarded(ErrorCode error) {
        var left = waiting.values().stream().flatMap(List::stream).toList();
        waiting.clear();
        left.forEach(one -> one.accept(error));
    }

    Optional<Transaction> transaction(String id) {
        return Optional.ofNullable(transactions.get(id));
    }

    Collection<Transaction> transactions() {
        return transactions.values();
    }

    long nowMs() {
        return schedule.nowMs();
    }

    TransactionSettings settings() {
        return settings;
    }

    /// The partitions whose markers are not written yet; those of the transaction before its end.
    Set<PartitionId> openPartitions(Transaction transaction) {
        var run = runs.get(transaction.id());
        return transaction.isPrepared() && run != null ? run.missing() : transaction.partitions();
    }

    /// Whether a transaction of this producer is open or being ended, and its marker in the partition is still to come.
    boolean hasUnderWay(String id, long producerId, PartitionId partition) {
        var known = transactions.get(id);
        return known != null
                && known.producer().id() == producerId
                && (known.isOngoing() || known.isPrepared())
                && openPartitions(known).contains(partition);
    }

    Decision initialise(String id, int timeoutMs, Producer expected, OptionalLong freshId, Effects effects) {
        var known = transactions.get(id);
        long now = schedule.nowMs();
        if (known == null) {
            if (freshId.isEmpty()) {
                return new Decision.NeedsProducerId();
            }
            var begun = Transaction.begin(id, freshId.getAsLong(), timeoutMs, now);
            return settle(expected, new Decision.Change(begun, begun.producer()), effects);
        }
        if (isRepetition(known, expected)) {
            return new Decision.Settled(known.producer());
        }
        var decision = known.initialise(timeoutMs, expected, freshId, now);
        explainInitialisation(known, expected, decision);
        return settle(expected, decision, effects);
    }

    private boolean isRepetition(Transaction known, Producer expected) {
        return !expected.isNone()
                && !known.isOngoing()
                && !known.isPrepared()
                && new Succession(expected, known.producer()).equals(successions.get(known.id()));
    }

    Decision add(String id, Producer caller, Set<PartitionId> partitions, short version, Effects effects) {
        var known = transactions.get(id);
        if (known == null) {
            return new Decision.Refused(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
        }
        var decision = known.add(caller, partitions, version, schedule.nowMs());
        explainFencing(known, caller, decision);
        return settle(Producer.NONE, decision, effects);
    }

    ErrorCode verify(String id, Producer caller, PartitionId partition) {
        var known = transactions.get(id);
        return known == null ? ErrorCode.INVALID_PRODUCER_ID_MAPPING : known.verify(caller, partition);
    }

    Decision end(String id, Producer caller, boolean commit, boolean bumps, OptionalLong freshId, Effects effects) {
        var known = transactions.get(id);
        if (known == null) {
            return new Decision.Refused(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
        }
        var decision = known.end(caller, commit, bumps, freshId, schedule.nowMs());
        explainFencing(known, caller, decision);
        return settle(bumps ? caller : Producer.NONE, decision, effects);
    }

    private void explainInitialisation(Transaction known, Producer expected, Decision decision) {
        if (decision instanceof Decision.Change(var next, var after, var error)) {
            if (known.isOngoing()) {
                explanations.accept(
                        known.id(),
                        "the transaction that the producer with epoch "
                                + known.producer().epoch() + " left open since "
                                + Instant.ofEpochMilli(known.startMs())
                                + " is aborted, and that producer fenced: another asks for its transactional id");
            } else if (expected.isNone()) {
                explanations.accept(
                        known.id(),
                        "a new producer begins with epoch " + after.epoch()
                                + "; should an earlier one run still, it is fenced");
            }
        }
        explainFencing(known, expected, decision);
    }

    private void explainFencing(Transaction known, Producer caller, Decision decision) {
        if (decision instanceof Decision.Refused(var error)
                && (error == ErrorCode.PRODUCER_FENCED || error == ErrorCode.INVALID_PRODUCER_EPOCH)) {
            explanations.accept(
                    known.id(),
                    "producer " + caller.id() + " with epoch " + caller.epoch()
                            + " is fenced: the transactional id is at"
                            + " producer " + known.producer().id() + " with epoch "
                            + known.producer().epoch() + " now");
        }
    }

    /// @param before whom the caller was, if it is to be recognised when it asks the same again
    private Decision settle(Producer before, Decision decision, Effects effects) {
        if (decision instanceof Decision.Change(var next, var after, var error)) {
            if (before.isNone() || after.isNone()) {
                successions.remove(next.id());
            } else {
                successions.put(next.id(), new Succession(before, after));
            }
            write(next, effects);
        }
        return decision;
    }

    private void write(Transaction next, Effects effects) {
        effects.append(TransactionRecords.entry(next));
        if (next.isPrepared()) {
            effects.whenCommitted(() ->
                    later.accept((shard, more) -> shard.transaction(next.id()).ifPresent(shard::sendMarkers)));
        }
    }

    /// Begins to write the markers of a transaction that was decided, unless that is under way.
    private void sendMarkers(Transaction transaction) {
        var running = runs.get(transaction.id());
        if (transaction.isPrepared() && (running == null || !running.isOf(transaction))) {
            var run = new MarkerRun(transaction, sender, this::markerSettled);
            runs.put(transaction.id(), run);
            run.begin();
        }
    }

    /// Told on any thread.
    private void markerSettled(Transaction of, Optional<PartitionId> partition, ErrorCode error) {
        later.accept((shard, effects) -> shard.marked(of, partition, error, effects));
    }

    private void marked(Transaction of, Optional<PartitionId> partition, ErrorCode error, Effects effects) {
        var run = runs.get(of.id());
        if (run == null || !run.isOf(of)) {
            return;
        }
        if (partition.isPresent() && !run.settled(partition.get(), error)) {
            schedule.after("marker " + of.id() + " " + partition.get(), MarkerRun.RETRY_MS, more -> {
                if (runs.get(of.id()) == run) {
                    run.again(partition.get());
                }
            });
            return;
        }
        var current = transactions.get(of.id());
        if (run.missing().isEmpty() && current != null && run.isOf(current)) {
            runs.remove(of.id());
            effects.append(TransactionRecords.entry(current.completed(schedule.nowMs())));
            effects.whenCommitted(() -> later.accept((shard, more) -> shard.wake(of.id(), ErrorCode.NONE)));
        }
    }

    /// Waits until the markers of this transaction are written, but not for ever.
    ///
    /// @param again told NONE when it is time to try again, else the error to answer
    void await(String id, Consumer<ErrorCode> again) {
        if (waitingCount >= MOST_WAITING) {
            again.accept(ErrorCode.CONCURRENT_TRANSACTIONS);
            return;
        }
        waitingCount++;
        var others = waiting.get(id);
        if (others != null) {
            others.add(again);
            return;
        }
        waiting.put(id, new ArrayList<>(List.of(again)));
        schedule.after("waiting " + id, WAIT_MS, effects -> wake(id, ErrorCode.CONCURRENT_TRANSACTIONS));
    }

    /// Who comes while others wait stands behind them.
    boolean isAwaited(String id) {
        return waiting.containsKey(id);
    }

    private void wake(String id, ErrorCode error) {
        var ready = waiting.remove(id);
        if (ready != null) {
            schedule.cancel("waiting " + id);
            waitingCount -= ready.size();
            ready.forEach(one -> one.accept(error));
        }
    }

    private void scheduleTimeouts(long delayMs) {
        schedule.after("time-outs", delayMs, effects -> {
            long now = schedule.nowMs();
            var late = transactions.values().stream()
                    .filter(transaction -> transaction.isTimedOut(now))
                    .limit(MOST_AT_ONCE)
                    .toList();
            for (var transaction : late) {
                successions.remove(transaction.id());
                explanations.accept(
                        transaction.id(),
                        "the transaction, open since " + Instant.ofEpochMilli(transaction.startMs())
                                + ", is aborted, and its producer fenced: it took longer than "
                                + transaction.timeoutMs() + " ms (the producer's transaction.timeout.ms)");
                write(transaction.fenced(now), effects);
            }
            scheduleTimeouts(late.size() < MOST_AT_ONCE ? settings.abortIntervalMs() : 0);
        });
    }

    private void scheduleExpiry(long delayMs) {
        schedule.after("expiry", delayMs, effects -> {
            long now = schedule.nowMs();
            var old = transactions.values().stream()
                    .filter(transaction -> transaction.isExpired(now, settings.expirationMs()))
                    .limit(MOST_AT_ONCE)
                    .map(Transaction::id)
                    .toList();
            for (var id : old) {
                successions.remove(id);
                explanations.accept(
                        id,
                        "the transactional id is forgotten: not used for " + settings.expirationMs()
                                + " ms (transactional.id.expiration.ms)");
                effects.append(TransactionRecords.tombstone(id));
            }
            scheduleExpiry(old.size() < MOST_AT_ONCE ? settings.expiryIntervalMs() : 0);
        });
    }
}
