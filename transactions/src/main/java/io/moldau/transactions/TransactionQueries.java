package io.moldau.transactions;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.DescribeTransactionsResponse;
import io.moldau.protocol.message.DescribeTransactionsResponse.TopicData;
import io.moldau.protocol.message.ListTransactionsRequest;
import io.moldau.protocol.message.ListTransactionsResponse;
import io.moldau.protocol.message.ListTransactionsResponse.TransactionState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// Looking at transactions. Each answer comes once, on any thread.
public final class TransactionQueries {
    private final TransactionCoordinator transactions;

    public TransactionQueries(TransactionCoordinator transactions) {
        this.transactions = transactions;
    }

    /// One transactional id of DescribeTransactions (key 65).
    public void describe(String transactionalId, Consumer<DescribeTransactionsResponse.TransactionState> answer) {
        transactions.on(
                transactionalId,
                (shard, effects) -> {
                    var described = shard.transaction(transactionalId)
                            .map(transaction -> described(shard, transaction))
                            .orElseGet(() -> refused(transactionalId, ErrorCode.TRANSACTIONAL_ID_NOT_FOUND));
                    effects.whenCommitted(() -> answer.accept(described));
                    effects.whenFailed(error -> answer.accept(refused(transactionalId, error)));
                },
                error -> answer.accept(refused(
                        transactionalId,
                        // Without the internal topic there never was a transaction.
                        error == ErrorCode.COORDINATOR_NOT_AVAILABLE ? ErrorCode.TRANSACTIONAL_ID_NOT_FOUND : error)));
    }

    private static DescribeTransactionsResponse.TransactionState described(
            TransactionShard shard, Transaction transaction) {
        var byTopic = new TreeMap<String, List<Integer>>();
        if (transaction.isOngoing() || transaction.isPrepared()) {
            shard.openPartitions(transaction)
                    .forEach(partition -> byTopic.computeIfAbsent(partition.topic(), topic -> new ArrayList<>())
                            .add(partition.partition()));
        }
        return DescribeTransactionsResponse.TransactionState.builder()
                .transactionalId(transaction.id())
                .transactionState(transaction.state().text())
                .transactionTimeoutMs(transaction.timeoutMs())
                .transactionStartTimeMs(transaction.startMs())
                .producerId(transaction.producer().id())
                .producerEpoch(transaction.producer().epoch())
                .topics(byTopic.entrySet().stream()
                        .map(topic -> TopicData.builder()
                                .topic(topic.getKey())
                                .partitions(topic.getValue().stream().sorted().toList())
                                .build())
                        .toList())
                .build();
    }

    private static DescribeTransactionsResponse.TransactionState refused(String transactionalId, ErrorCode error) {
        return DescribeTransactionsResponse.TransactionState.builder()
                .errorCode(error.code())
                .transactionalId(transactionalId)
                .transactionState("")
                .topics(List.of())
                .build();
    }

    /// ListTransactions (key 66): of every shard, or an error if one cannot say.
    public void list(ListTransactionsRequest request, Consumer<ListTransactionsResponse> answer) {
        Predicate<Transaction> named;
        try {
            var text = request.transactionalIdPattern();
            var pattern = text == null || text.isEmpty() ? null : Pattern.compile(text);
            named = transaction -> pattern == null || pattern.matches(transaction.id());
        } catch (PatternSyntaxException malformed) {
            answer.accept(listed(ErrorCode.INVALID_REGULAR_EXPRESSION, List.of(), List.of()));
            return;
        }
        var unknown = request.stateFilters().stream()
                .filter(state ->
                        io.moldau.transactions.TransactionState.of(state).isEmpty())
                .toList();
        var shards = transactions.shards().values();
        if (shards.isEmpty()) {
            answer.accept(listed(ErrorCode.NONE, unknown, List.of()));
            return;
        }
        var found = Collections.synchronizedList(new ArrayList<TransactionState>());
        var missing = new AtomicInteger(shards.size());
        var silent = new AtomicInteger();
        Runnable one = () -> {
            if (missing.decrementAndGet() == 0) {
                var sorted = new ArrayList<>(found);
                sorted.sort(Comparator.comparing(TransactionState::transactionalId));
                answer.accept(
                        silent.get() == 0
                                ? listed(ErrorCode.NONE, unknown, sorted)
                                : listed(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, List.of(), List.of()));
            }
        };
        for (var shard : shards) {
            shard.submit(
                    (state, effects) -> {
                        state.transactions().stream()
                                .filter(named)
                                .filter(transaction -> isWanted(transaction, request, state.nowMs()))
                                .map(transaction -> TransactionState.builder()
                                        .transactionalId(transaction.id())
                                        .producerId(transaction.producer().id())
                                        .transactionState(transaction.state().text())
                                        .build())
                                .forEach(found::add);
                        one.run();
                    },
                    error -> {
                        silent.incrementAndGet();
                        one.run();
                    });
        }
    }

    private static boolean isWanted(Transaction transaction, ListTransactionsRequest request, long nowMs) {
        boolean open = transaction.isOngoing() || transaction.isPrepared();
        return (request.stateFilters().isEmpty()
                        || request.stateFilters().contains(transaction.state().text()))
                && (request.producerIdFilters().isEmpty()
                        || request.producerIdFilters()
                                .contains(transaction.producer().id()))
                && (request.durationFilter() < 0 || (open && nowMs - transaction.startMs() > request.durationFilter()));
    }

    private static ListTransactionsResponse listed(
            ErrorCode error, List<String> unknownStates, List<TransactionState> states) {
        return ListTransactionsResponse.builder()
                .errorCode(error.code())
                .unknownStateFilters(unknownStates)
                .transactionStates(states)
                .build();
    }
}
