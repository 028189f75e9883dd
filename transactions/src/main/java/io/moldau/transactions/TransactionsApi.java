package io.moldau.transactions;

import io.moldau.coordination.Effects;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.EndTxnRequest;
import io.moldau.protocol.message.EndTxnResponse;
import io.moldau.protocol.message.InitProducerIdRequest;
import io.moldau.protocol.message.InitProducerIdResponse;
import io.moldau.storage.PartitionId;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;

/// Beginning and ending transactions. Each answer comes once, on any thread, when what it says is in the log.
public final class TransactionsApi {
    /// The version of InitProducerId that knows PRODUCER_FENCED.
    private static final short INIT_KNOWS_FENCED = 4;

    /// The version of AddPartitionsToTxn, AddOffsetsToTxn and EndTxn that knows PRODUCER_FENCED.
    private static final short KNOWS_FENCED = 2;

    private static final short END_BUMPS_SINCE = 5;

    private final TransactionCoordinator transactions;

    public TransactionsApi(TransactionCoordinator transactions) {
        this.transactions = transactions;
    }

    /// InitProducerId (key 22) with a transactional id. Two-phase commit (KIP-939) is understood and refused.
    public void initialise(InitProducerIdRequest request, short version, Consumer<InitProducerIdResponse> answer) {
        var id = request.transactionalId();
        BiConsumer<ErrorCode, Producer> answered = (error, producer) -> answer.accept(InitProducerIdResponse.builder()
                .errorCode(forVersion(error, version >= INIT_KNOWS_FENCED).code())
                .producerId(producer.id())
                .producerEpoch(producer.epoch())
                .build());
        var expected = new Producer(request.producerId(), request.producerEpoch());
        if (id == null || id.isEmpty() || expected.isNone() != (expected.epoch() < 0)) {
            answered.accept(ErrorCode.INVALID_REQUEST, Producer.NONE);
        } else if (request.enable2Pc() || request.keepPreparedTxn()) {
            answered.accept(ErrorCode.UNSUPPORTED_VERSION, Producer.NONE);
        } else if (request.transactionTimeoutMs() <= 0
                || request.transactionTimeoutMs() > transactions.settings().maxTimeoutMs()) {
            answered.accept(ErrorCode.INVALID_TRANSACTION_TIMEOUT, Producer.NONE);
        } else {
            decide(
                    id,
                    false,
                    OptionalLong.empty(),
                    (shard, fresh) -> effects -> shard.initialise(
                            id,
                            request.transactionTimeoutMs(),
                            expected.isNone() ? Producer.NONE : expected,
                            fresh,
                            effects),
                    answered);
        }
    }

    /// EndTxn (key 26). The answer comes with the decision; the markers follow. Behind partitions that wait to join it
    /// waits too: it is about the transaction that they begin.
    public void end(EndTxnRequest request, short version, Consumer<EndTxnResponse> answer) {
        boolean bumps = version >= END_BUMPS_SINCE;
        var caller = new Producer(request.producerId(), request.producerEpoch());
        decide(
                request.transactionalId(),
                true,
                OptionalLong.empty(),
                (shard, fresh) -> effects ->
                        shard.end(request.transactionalId(), caller, request.committed(), bumps, fresh, effects),
                (error, producer) -> answer.accept(EndTxnResponse.builder()
                        .errorCode(forVersion(error, version >= KNOWS_FENCED).code())
                        .producerId(bumps ? producer.id() : -1)
                        .producerEpoch(bumps ? producer.epoch() : -1)
                        .build()));
    }

    /// Partitions join the transaction, as AddPartitionsToTxn and AddOffsetsToTxn ask. If the markers of the last one
    /// are not written yet, they wait for them.
    ///
    /// @param transactionVersion of the client: 2 if the broker asks for it (KIP-890), else 0
    public void add(
            String transactionalId,
            Producer caller,
            Set<PartitionId> partitions,
            short transactionVersion,
            Consumer<ErrorCode> answer) {
        if (transactionalId.isEmpty()) {
            answer.accept(ErrorCode.INVALID_REQUEST);
            return;
        }
        join(transactionalId, caller, partitions, transactionVersion, answer);
    }

    private void join(
            String transactionalId,
            Producer caller,
            Set<PartitionId> partitions,
            short transactionVersion,
            Consumer<ErrorCode> answer) {
        transactions.on(
                transactionalId,
                (shard, effects) -> {
                    Consumer<ErrorCode> again = error -> {
                        if (error == ErrorCode.NONE) {
                            join(transactionalId, caller, partitions, transactionVersion, answer);
                        } else {
                            answer.accept(error);
                        }
                    };
                    if (shard.isAwaited(transactionalId)) {
                        shard.await(transactionalId, again);
                        return;
                    }
                    var decision = shard.add(transactionalId, caller, partitions, transactionVersion, effects);
                    if (decision instanceof Decision.Refused(var error) && error == ErrorCode.CONCURRENT_TRANSACTIONS) {
                        shard.await(transactionalId, again);
                    } else {
                        answer(decision, effects, (error, producer) -> answer.accept(error));
                    }
                },
                answer);
    }

    /// Whether partitions are part of the transaction; errors in the order of the partitions.
    public void verify(
            String transactionalId, Producer caller, List<PartitionId> partitions, Consumer<List<ErrorCode>> answer) {
        transactions.on(
                transactionalId,
                (shard, effects) -> answer.accept(partitions.stream()
                        .map(partition -> shard.verify(transactionalId, caller, partition))
                        .toList()),
                error -> answer.accept(partitions.stream().map(each -> error).toList()));
    }

    /// May this producer write to this partition? Answered on the strand that decides about the transaction's
    /// end: what the answer does at once comes before the marker of that end.
    ///
    /// @param joins the partition joins the transaction if it is not part of it (transaction version 2, KIP-890);
    ///     such a caller may come before the markers of its last transaction are written, and waits for them
    public void admit(
            String transactionalId, Producer caller, PartitionId partition, boolean joins, Consumer<ErrorCode> answer) {
        if (!joins) {
            transactions.on(
                    transactionalId,
                    (shard, effects) -> answer.accept(shard.verify(transactionalId, caller, partition)),
                    answer);
            return;
        }
        join(transactionalId, caller, Set.of(partition), Transaction.EPOCH_OF_ITS_OWN, answer);
    }

    /// Decides, if need be a second time with a new producer id, and answers.
    ///
    /// @param inTurn stands behind those who wait for the markers of the last transaction
    private void decide(
            String transactionalId,
            boolean inTurn,
            OptionalLong freshId,
            DecisionIn decisionIn,
            BiConsumer<ErrorCode, Producer> answer) {
        if (transactionalId.isEmpty()) {
            answer.accept(ErrorCode.INVALID_REQUEST, Producer.NONE);
            return;
        }
        transactions.on(
                transactionalId,
                (shard, effects) -> {
                    if (inTurn && shard.isAwaited(transactionalId)) {
                        shard.await(transactionalId, error -> {
                            if (error == ErrorCode.NONE) {
                                decide(transactionalId, inTurn, freshId, decisionIn, answer);
                            } else {
                                answer.accept(error, Producer.NONE);
                            }
                        });
                        return;
                    }
                    var decision = decisionIn.on(shard, freshId).apply(effects);
                    if (decision instanceof Decision.NeedsProducerId) {
                        transactions.producerIds().next().whenComplete((id, failure) -> {
                            if (failure != null) {
                                answer.accept(ErrorCode.COORDINATOR_NOT_AVAILABLE, Producer.NONE);
                            } else {
                                decide(transactionalId, inTurn, OptionalLong.of(id), decisionIn, answer);
                            }
                        });
                    } else {
                        answer(decision, effects, answer);
                    }
                },
                error -> answer.accept(error, Producer.NONE));
    }

    private interface DecisionIn {
        Function<Effects, Decision> on(TransactionShard shard, OptionalLong freshId);
    }

    private static void answer(Decision decision, Effects effects, BiConsumer<ErrorCode, Producer> answer) {
        switch (decision) {
            case Decision.Refused(var error) -> effects.whenCommitted(() -> answer.accept(error, Producer.NONE));
            case Decision.Settled(var producer) -> effects.whenCommitted(() -> answer.accept(ErrorCode.NONE, producer));
            case Decision.Change(var next, var producer, var error) ->
                effects.whenCommitted(() -> answer.accept(error, producer));
            case Decision.NeedsProducerId needs ->
                throw new IllegalStateException("a decision without the producer id that it asked for");
        }
        effects.whenFailed(error -> answer.accept(error, Producer.NONE));
    }

    /// Old clients know one error for all fenced producers.
    public static ErrorCode forVersion(ErrorCode error, boolean knowsFenced) {
        return error == ErrorCode.PRODUCER_FENCED && !knowsFenced ? ErrorCode.INVALID_PRODUCER_EPOCH : error;
    }
}
