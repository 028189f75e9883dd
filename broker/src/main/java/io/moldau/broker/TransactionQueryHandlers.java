package io.moldau.broker;

import io.moldau.protocol.ApiKey;
import io.moldau.protocol.message.DescribeTransactionsRequest;
import io.moldau.protocol.message.DescribeTransactionsResponse;
import io.moldau.protocol.message.ListTransactionsRequest;
import io.moldau.transactions.TransactionQueries;

/// DescribeTransactions (key 65) and ListTransactions (key 66; v1 by duration, v2 by pattern: KIP-994, KIP-1152).
final class TransactionQueryHandlers {
    private TransactionQueryHandlers() {}

    static void register(ApiTable table, TransactionQueries queries) {
        table.with(
                ApiKey.DESCRIBE_TRANSACTIONS,
                DescribeTransactionsRequest.class,
                (request, call) -> Gathered.<String, DescribeTransactionsResponse.TransactionState>each(
                        request.transactionalIds(),
                        queries::describe,
                        described -> call.answer(DescribeTransactionsResponse.builder()
                                .transactionStates(described)
                                .build())));
        table.with(
                ApiKey.LIST_TRANSACTIONS,
                ListTransactionsRequest.class,
                (request, call) -> queries.list(request, call::answer));
    }
}
