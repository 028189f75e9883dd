package io.moldau.broker;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.ProduceRequest;
import io.moldau.records.RecordBatch;
import io.moldau.replication.AppendListener;
import io.moldau.replication.AppendOutcome;
import io.moldau.replication.Partition;
import io.moldau.storage.Append;
import io.moldau.storage.AppendOrigin;
import io.moldau.transactions.Producer;
import io.moldau.transactions.TransactionsApi;

/// Lets batches of transactions into the log, if they belong there (KIP-890). The batch waits in its request.
///
/// - Produce v12 and later: the partition joins with its first batch. Later ones find the transaction open in the
///   log; they cannot come too late, as the marker that ends it has a newer epoch.
/// - Before: the partition must have joined (AddPartitionsToTxn). Its coordinator is asked for each batch, since
///   the next transaction of such a producer has the same epoch: what it lets in is appended before the marker of
///   the end.
final class TransactionAdmission {
    private static final short JOINS_SINCE = 12;
    private static final short KNOWS_ABORTABLE = 11;

    private final NodeContext context;
    private final TransactionsApi transactions;

    TransactionAdmission(NodeContext context, TransactionsApi transactions) {
        this.context = context;
        this.transactions = transactions;
    }

    void append(Partition partition, RecordBatch batch, ProduceRequest request, Call call, AppendListener listener) {
        var producer = new Producer(batch.producerId(), batch.producerEpoch());
        boolean joins = call.version() >= JOINS_SINCE;
        var id = request.transactionalId();
        if (id == null || id.isEmpty()) {
            listener.done(new AppendOutcome.Refused(
                    ErrorCode.INVALID_REQUEST,
                    "the batch belongs to a transaction, and the request names no transactional id"));
            return;
        }
        var wanted = new Append(batch.buffer(), call.loan());
        Runnable append = () -> partition.append(wanted, AppendOrigin.CLIENT, request.acks() != 0, listener);
        boolean known = joins
                ? partition.inTransaction(producer.id(), producer.epoch())
                : !context.settings().bool("transaction.partition.verification.enable");
        if (known) {
            append.run();
            return;
        }
        transactions.admit(id, producer, partition.id(), joins, error -> {
            if (error == ErrorCode.NONE) {
                append.run();
            } else {
                listener.done(refused(error, id, producer, call.version()));
            }
        });
    }

    private static AppendOutcome.Refused refused(ErrorCode error, String id, Producer producer, short version) {
        var text =
                "transactional id \"" + id + "\", producer " + producer.id() + " in epoch " + producer.epoch() + ": ";
        return switch (error) {
            case TRANSACTION_ABORTABLE ->
                new AppendOutcome.Refused(
                        version >= KNOWS_ABORTABLE ? error : ErrorCode.INVALID_TXN_STATE,
                        text + "the partition is not part of the transaction; abort it");
            case PRODUCER_FENCED, INVALID_PRODUCER_EPOCH ->
                new AppendOutcome.Refused(
                        ErrorCode.INVALID_PRODUCER_EPOCH,
                        text + "another producer took over, or the transaction took too long and was aborted");
            case INVALID_PRODUCER_ID_MAPPING ->
                new AppendOutcome.Refused(error, text + "another producer id belongs to it now, or none any more");
            // What passes by itself has a name here that old producers try again for.
            case COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR ->
                new AppendOutcome.Refused(ErrorCode.NOT_ENOUGH_REPLICAS, text + error.text());
            case CONCURRENT_TRANSACTIONS ->
                new AppendOutcome.Refused(
                        version >= JOINS_SINCE ? error : ErrorCode.NOT_ENOUGH_REPLICAS,
                        text + "its last transaction is still being ended; try again");
            default -> new AppendOutcome.Refused(error, text + error.text());
        };
    }
}
