package io.moldau.transactions;

import io.moldau.protocol.ErrorCode;
import io.moldau.storage.PartitionId;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.OptionalLong;
import java.util.Set;

/// A transactional id with its producer and its transaction, as the log has it. Each method is a transition or says
/// why there is none; [TransactionState] has the diagram.
///
/// Epochs: a producer is given at most [#LAST_EPOCH]. One more is left for the marker that ends its transaction,
/// then the transactional id gets a new producer id.
///
/// @param previousProducerId whose epochs were used up; -1 if none
/// @param nextProducerId what the client has already, while the markers of the last epoch of [#producer] are on
///     their way; -1 if none
/// @param startMs when the first partition joined; -1 before
/// @param version transaction version of the client: from 2 on each transaction has an epoch of its own (KIP-890)
record Transaction(
        String id,
        Producer producer,
        long previousProducerId,
        long nextProducerId,
        int timeoutMs,
        TransactionState state,
        Set<PartitionId> partitions,
        long startMs,
        long lastUpdateMs,
        short version) {
    static final short LAST_EPOCH = Short.MAX_VALUE - 1;
    static final short EPOCH_OF_ITS_OWN = 2;

    Transaction {
        partitions = Collections.unmodifiableSet(new LinkedHashSet<>(partitions));
    }

    /// A transactional id that was not known before.
    static Transaction begin(String id, long producerId, int timeoutMs, long nowMs) {
        return new Transaction(
                id,
                new Producer(producerId, (short) 0),
                -1,
                -1,
                timeoutMs,
                TransactionState.EMPTY,
                Set.of(),
                -1,
                nowMs,
                (short) 0);
    }

    boolean isOngoing() {
        return state == TransactionState.ONGOING || state == TransactionState.PREPARE_EPOCH_FENCE;
    }

    /// Decided, and the markers may not all be there.
    boolean isPrepared() {
        return state == TransactionState.PREPARE_COMMIT || state == TransactionState.PREPARE_ABORT;
    }

    boolean isTimedOut(long nowMs) {
        return isOngoing() && startMs + timeoutMs < nowMs;
    }

    boolean isExpired(long nowMs, long expirationMs) {
        return !isOngoing() && !isPrepared() && lastUpdateMs + expirationMs <= nowMs;
    }

    private boolean isExhausted() {
        return producer.epoch() >= LAST_EPOCH;
    }

    private Producer bumped() {
        return new Producer(producer.id(), (short) (producer.epoch() + 1));
    }

    /// InitProducerId: the caller becomes the only producer of this transactional id. A transaction that an
    /// earlier one left open is aborted first, and the caller has to come again.
    ///
    /// @param expected who the caller says it is (KIP-360), or [Producer#NONE]
    /// @param freshId a producer id that was never used, if one is at hand
    Decision initialise(int timeout, Producer expected, OptionalLong freshId, long nowMs) {
        if (isPrepared()) {
            return expected.isNone() || expected.id() == producer.id() || expected.id() == nextProducerId
                    ? new Decision.Refused(ErrorCode.CONCURRENT_TRANSACTIONS)
                    : new Decision.Refused(ErrorCode.PRODUCER_FENCED);
        }
        if (!expected.isNone() && !expected.equals(producer)) {
            return new Decision.Refused(ErrorCode.PRODUCER_FENCED);
        }
        if (isOngoing()) {
            return new Decision.Change(fenced(nowMs), Producer.NONE, ErrorCode.CONCURRENT_TRANSACTIONS);
        }
        if (!isExhausted()) {
            return initialised(bumped(), previousProducerId, timeout, nowMs);
        }
        return freshId.isEmpty()
                ? new Decision.NeedsProducerId()
                : initialised(new Producer(freshId.getAsLong(), (short) 0), producer.id(), timeout, nowMs);
    }

    private Decision initialised(Producer given, long previousId, int timeout, long nowMs) {
        return new Decision.Change(
                new Transaction(
                        id, given, previousId, -1, timeout, TransactionState.EMPTY, Set.of(), -1, nowMs, version),
                given);
    }

    /// NONE if this is the producer, in a transaction or not.
    private ErrorCode refusal(Producer caller) {
        if (isPrepared() && nextProducerId >= 0 && caller.equals(new Producer(nextProducerId, (short) 0))) {
            return ErrorCode.CONCURRENT_TRANSACTIONS;
        }
        if (caller.id() != producer.id()) {
            return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
        }
        if (caller.epoch() != producer.epoch() || caller.epoch() > LAST_EPOCH) {
            return ErrorCode.PRODUCER_FENCED;
        }
        return isPrepared() ? ErrorCode.CONCURRENT_TRANSACTIONS : ErrorCode.NONE;
    }

    /// Partitions join; the first begin the transaction.
    Decision add(Producer caller, Set<PartitionId> added, short clientVersion, long nowMs) {
        var refusal = refusal(caller);
        if (refusal != ErrorCode.NONE) {
            return new Decision.Refused(refusal);
        }
        if (isOngoing() && partitions.containsAll(added)) {
            return new Decision.Settled(caller);
        }
        var all = new LinkedHashSet<PartitionId>();
        if (isOngoing()) {
            all.addAll(partitions);
        }
        all.addAll(added);
        return new Decision.Change(
                new Transaction(
                        id,
                        producer,
                        previousProducerId,
                        -1,
                        timeoutMs,
                        TransactionState.ONGOING,
                        all,
                        isOngoing() ? startMs : nowMs,
                        nowMs,
                        isOngoing() && version > clientVersion ? version : clientVersion),
                caller);
    }

    /// Whether the caller may write to this partition; TRANSACTION_ABORTABLE if the partition never joined.
    ErrorCode verify(Producer caller, PartitionId partition) {
        var refusal = refusal(caller);
        if (refusal != ErrorCode.NONE) {
            return refusal;
        }
        return isOngoing() && partitions.contains(partition) ? ErrorCode.NONE : ErrorCode.TRANSACTION_ABORTABLE;
    }

    /// EndTxn.
    ///
    /// @param bumps the client takes a new epoch from the answer (version 5, KIP-890)
    /// @param freshId a producer id that was never used, if one is at hand
    Decision end(Producer caller, boolean commit, boolean bumps, OptionalLong freshId, long nowMs) {
        if (bumps && isRetry(caller)) {
            return endAgain(commit);
        }
        if (caller.id() != producer.id()) {
            return new Decision.Refused(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
        }
        if (caller.epoch() != producer.epoch() || (caller.epoch() > LAST_EPOCH && !isPrepared())) {
            return new Decision.Refused(ErrorCode.PRODUCER_FENCED);
        }
        return switch (state) {
            case ONGOING, PREPARE_EPOCH_FENCE -> ended(commit, bumps, freshId, nowMs);
            case PREPARE_COMMIT -> concurrentIf(commit);
            case PREPARE_ABORT -> concurrentIf(!commit);
            // Without epochs of their own, this cannot be told from the same request sent again.
            case COMPLETE_COMMIT ->
                !bumps && commit ? new Decision.Settled(producer) : endNothing(commit, bumps, freshId, nowMs);
            case COMPLETE_ABORT ->
                !bumps && !commit ? new Decision.Settled(producer) : endNothing(commit, bumps, freshId, nowMs);
            case EMPTY, DEAD -> endNothing(commit, bumps, freshId, nowMs);
        };
    }

    /// The client may not know whether anything was written: it may abort what never began, and gets a new epoch,
    /// which keeps late batches out (KIP-890).
    private Decision endNothing(boolean commit, boolean bumps, OptionalLong freshId, long nowMs) {
        return bumps && !commit
                ? ended(false, true, freshId, nowMs)
                : new Decision.Refused(ErrorCode.INVALID_TXN_STATE);
    }

    private static Decision concurrentIf(boolean sameDecision) {
        return new Decision.Refused(sameDecision ? ErrorCode.CONCURRENT_TRANSACTIONS : ErrorCode.INVALID_TXN_STATE);
    }

    /// True of the producer whose transaction was the last one that ended.
    private boolean isRetry(Producer caller) {
        boolean overflow = caller.id() == previousProducerId && caller.epoch() == LAST_EPOCH && producer.epoch() == 0;
        boolean bump = caller.id() == producer.id() && caller.epoch() + 1 == producer.epoch();
        boolean ended =
                isPrepared() || state == TransactionState.COMPLETE_COMMIT || state == TransactionState.COMPLETE_ABORT;
        return version >= EPOCH_OF_ITS_OWN && ended && (overflow || bump);
    }

    /// A transaction that was aborted because it took too long can be aborted by its producer, who then goes on.
    private Decision endAgain(boolean commit) {
        return switch (state) {
            case PREPARE_COMMIT -> concurrentIf(commit);
            case PREPARE_ABORT ->
                new Decision.Refused(commit ? ErrorCode.TRANSACTION_ABORTABLE : ErrorCode.CONCURRENT_TRANSACTIONS);
            case COMPLETE_COMMIT ->
                commit ? new Decision.Settled(producer) : new Decision.Refused(ErrorCode.INVALID_TXN_STATE);
            case COMPLETE_ABORT -> {
                if (commit) {
                    yield new Decision.Refused(ErrorCode.TRANSACTION_ABORTABLE);
                }
                // The epoch after the last one is no one's: only InitProducerId helps.
                yield producer.epoch() > LAST_EPOCH
                        ? new Decision.Refused(ErrorCode.PRODUCER_FENCED)
                        : new Decision.Settled(producer);
            }
            case EMPTY, ONGOING, DEAD, PREPARE_EPOCH_FENCE -> new Decision.Refused(ErrorCode.PRODUCER_FENCED);
        };
    }

    private Decision ended(boolean commit, boolean bumps, OptionalLong freshId, long nowMs) {
        boolean rotates = bumps && isExhausted();
        if (rotates && freshId.isEmpty()) {
            return new Decision.NeedsProducerId();
        }
        long nextId = rotates ? freshId.orElseThrow() : -1;
        // Whoever ends decides: a client that joined as a new one does and ends as an old one keeps its epoch, and a
        // log that expected a newer one in the marker would refuse it, and show nothing from here on.
        var next = prepared(commit, bumps, nextId, bumps ? EPOCH_OF_ITS_OWN : 0, nowMs);
        return new Decision.Change(next, rotates ? new Producer(nextId, (short) 0) : next.producer);
    }

    private Transaction prepared(boolean commit, boolean bumps, long nextId, int clientVersion, long nowMs) {
        return new Transaction(
                id,
                bumps ? bumped() : producer,
                previousProducerId,
                nextId,
                timeoutMs,
                commit ? TransactionState.PREPARE_COMMIT : TransactionState.PREPARE_ABORT,
                isOngoing() ? partitions : Set.of(),
                startMs,
                nowMs,
                (short) clientVersion);
    }

    /// The open transaction is aborted and its producer's epoch is over: it took too long, or another one came.
    Transaction fenced(long nowMs) {
        return prepared(false, true, -1, version, nowMs);
    }

    /// All markers are written.
    Transaction completed(long nowMs) {
        boolean rotates = nextProducerId >= 0;
        return new Transaction(
                id,
                rotates ? new Producer(nextProducerId, (short) 0) : producer,
                rotates ? producer.id() : previousProducerId,
                -1,
                timeoutMs,
                state == TransactionState.PREPARE_COMMIT
                        ? TransactionState.COMPLETE_COMMIT
                        : TransactionState.COMPLETE_ABORT,
                Set.of(),
                startMs,
                nowMs,
                version);
    }
}
