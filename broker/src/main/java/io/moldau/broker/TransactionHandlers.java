package io.moldau.broker;

import io.moldau.groups.GroupCoordinator;
import io.moldau.groups.OffsetsApi;
import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.AddOffsetsToTxnRequest;
import io.moldau.protocol.message.AddOffsetsToTxnResponse;
import io.moldau.protocol.message.AddPartitionsToTxnRequest;
import io.moldau.protocol.message.AddPartitionsToTxnRequest.AddPartitionsToTxnTopic;
import io.moldau.protocol.message.AddPartitionsToTxnRequest.AddPartitionsToTxnTransaction;
import io.moldau.protocol.message.AddPartitionsToTxnResponse;
import io.moldau.protocol.message.AddPartitionsToTxnResponse.AddPartitionsToTxnPartitionResult;
import io.moldau.protocol.message.AddPartitionsToTxnResponse.AddPartitionsToTxnResult;
import io.moldau.protocol.message.AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult;
import io.moldau.protocol.message.EndTxnRequest;
import io.moldau.protocol.message.TxnOffsetCommitRequest;
import io.moldau.protocol.message.TxnOffsetCommitResponse;
import io.moldau.protocol.message.TxnOffsetCommitResponse.TxnOffsetCommitResponsePartition;
import io.moldau.protocol.message.TxnOffsetCommitResponse.TxnOffsetCommitResponseTopic;
import io.moldau.storage.PartitionId;
import io.moldau.transactions.Producer;
import io.moldau.transactions.TransactionsApi;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/// What producers ask while they have a transaction: AddPartitionsToTxn (key 24), AddOffsetsToTxn (25), EndTxn
/// (26) and TxnOffsetCommit (28).
final class TransactionHandlers {
    /// From here on AddPartitionsToTxn is a broker's request for many transactions (KIP-890).
    private static final short BATCHES_SINCE = 4;

    private static final short PARTITIONS_KNOW_ABORTABLE = 5;
    private static final short KNOWS_FENCED = 2;
    private static final short OFFSETS_JOIN_SINCE = 5;
    private static final short OFFSETS_KNOW_ABORTABLE = 4;
    private static final short EPOCH_OF_ITS_OWN = 2;
    private static final short EPOCH_FOR_ALL = 0;

    private final NodeContext context;
    private final TopicCreation creation;
    private final TransactionsApi transactions;
    private final OffsetsApi offsets;

    TransactionHandlers(
            NodeContext context, TopicCreation creation, TransactionsApi transactions, GroupCoordinator groups) {
        this.context = context;
        this.creation = creation;
        this.transactions = transactions;
        this.offsets = new OffsetsApi(groups);
    }

    void register(ApiTable table) {
        table.with(ApiKey.ADD_PARTITIONS_TO_TXN, AddPartitionsToTxnRequest.class, this::addPartitions);
        table.with(ApiKey.ADD_OFFSETS_TO_TXN, AddOffsetsToTxnRequest.class, this::addOffsets);
        table.with(ApiKey.TXN_OFFSET_COMMIT, TxnOffsetCommitRequest.class, this::commitOffsets);
        table.with(
                ApiKey.END_TXN,
                EndTxnRequest.class,
                (request, call) -> transactions.end(request, call.version(), call::answer));
    }

    /// Versions 0–3 are one client's transaction, 4 and later those of a broker's clients.
    private void addPartitions(AddPartitionsToTxnRequest request, Call call) {
        if (call.version() >= BATCHES_SINCE) {
            Gathered.<AddPartitionsToTxnTransaction, AddPartitionsToTxnResult>each(
                    request.transactions(),
                    (one, done) -> addPartitions(
                            one,
                            EPOCH_OF_ITS_OWN,
                            call,
                            results -> done.accept(AddPartitionsToTxnResult.builder()
                                    .transactionalId(one.transactionalId())
                                    .topicResults(results)
                                    .build())),
                    results -> call.answer(AddPartitionsToTxnResponse.builder()
                            .resultsByTransaction(results)
                            .build()));
            return;
        }
        var one = AddPartitionsToTxnTransaction.builder()
                .transactionalId(request.v3AndBelowTransactionalId())
                .producerId(request.v3AndBelowProducerId())
                .producerEpoch(request.v3AndBelowProducerEpoch())
                .topics(request.v3AndBelowTopics())
                .build();
        addPartitions(
                one,
                EPOCH_FOR_ALL,
                call,
                results -> call.answer(AddPartitionsToTxnResponse.builder()
                        .resultsByTopicV3AndBelow(results)
                        .build()));
    }

    /// If one partition is unknown nothing is added.
    private void addPartitions(
            AddPartitionsToTxnTransaction one,
            short transactionVersion,
            Call call,
            Consumer<List<AddPartitionsToTxnTopicResult>> done) {
        var caller = new Producer(one.producerId(), one.producerEpoch());
        var wanted = partitions(one.topics());
        var unknown = new LinkedHashSet<>(wanted);
        unknown.removeIf(id -> context.partition(id.topic(), id.partition()).isPresent());
        if (!unknown.isEmpty()) {
            done.accept(results(
                    one.topics(),
                    id -> unknown.contains(id)
                            ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                            : ErrorCode.OPERATION_NOT_ATTEMPTED));
        } else if (one.verifyOnly()) {
            var ids = List.copyOf(wanted);
            transactions.verify(one.transactionalId(), caller, ids, errors -> {
                Map<PartitionId, ErrorCode> byId = new LinkedHashMap<>();
                for (int i = 0; i < ids.size(); i++) {
                    byId.put(ids.get(i), forVersion(errors.get(i), call.version()));
                }
                done.accept(results(one.topics(), id -> byId.getOrDefault(id, ErrorCode.UNKNOWN_SERVER_ERROR)));
            });
        } else {
            transactions.add(
                    one.transactionalId(),
                    caller,
                    wanted,
                    transactionVersion,
                    error -> done.accept(results(one.topics(), id -> forVersion(error, call.version()))));
        }
    }

    private static ErrorCode forVersion(ErrorCode error, short version) {
        return error == ErrorCode.TRANSACTION_ABORTABLE && version < PARTITIONS_KNOW_ABORTABLE
                ? ErrorCode.INVALID_TXN_STATE
                : TransactionsApi.forVersion(error, version >= KNOWS_FENCED);
    }

    private static Set<PartitionId> partitions(List<AddPartitionsToTxnTopic> topics) {
        var ids = new LinkedHashSet<PartitionId>();
        for (var topic : topics) {
            topic.partitions().forEach(index -> ids.add(new PartitionId(topic.name(), index)));
        }
        return ids;
    }

    private static List<AddPartitionsToTxnTopicResult> results(
            List<AddPartitionsToTxnTopic> topics, Function<PartitionId, ErrorCode> errors) {
        return topics.stream()
                .map(topic -> AddPartitionsToTxnTopicResult.builder()
                        .name(topic.name())
                        .resultsByPartition(topic.partitions().stream()
                                .map(index -> AddPartitionsToTxnPartitionResult.builder()
                                        .partitionIndex(index)
                                        .partitionErrorCode(errors.apply(new PartitionId(topic.name(), index))
                                                .code())
                                        .build())
                                .toList())
                        .build())
                .toList();
    }

    /// The group's partition of `__consumer_offsets` joins, which is made if need be.
    private void addOffsets(AddOffsetsToTxnRequest request, Call call) {
        Consumer<ErrorCode> answer = error -> call.answer(AddOffsetsToTxnResponse.builder()
                .errorCode(TransactionsApi.forVersion(error, call.version() >= KNOWS_FENCED)
                        .code())
                .build());
        creation.whenThere(GroupCoordinator.TOPIC, failure -> {
            if (failure.isPresent()) {
                answer.accept(ErrorCode.COORDINATOR_NOT_AVAILABLE);
                return;
            }
            transactions.add(
                    request.transactionalId(),
                    new Producer(request.producerId(), request.producerEpoch()),
                    Set.of(offsetsPartition(request.groupId())),
                    EPOCH_FOR_ALL,
                    answer);
        });
    }

    private PartitionId offsetsPartition(String groupId) {
        int count = new TopicsView(context.controller()).partitions(GroupCoordinator.TOPIC);
        return new PartitionId(GroupCoordinator.TOPIC, GroupCoordinator.partitionOf(groupId, Math.max(1, count)));
    }

    /// From version 5 on the group's offsets join the transaction here; before, they must have (KIP-890).
    private void commitOffsets(TxnOffsetCommitRequest request, Call call) {
        if (request.transactionalId().isEmpty()) {
            call.answer(refused(request, ErrorCode.INVALID_REQUEST));
            return;
        }
        creation.whenThere(GroupCoordinator.TOPIC, failure -> {
            if (failure.isPresent()) {
                call.answer(refused(request, ErrorCode.COORDINATOR_NOT_AVAILABLE));
                return;
            }
            boolean joins = call.version() >= OFFSETS_JOIN_SINCE;
            transactions.admit(
                    request.transactionalId(),
                    new Producer(request.producerId(), request.producerEpoch()),
                    offsetsPartition(request.groupId()),
                    joins,
                    error -> {
                        if (error == ErrorCode.NONE) {
                            offsets.commitTransactional(request, GroupHandlers.caller(call), call::answer);
                        } else {
                            call.answer(refused(request, forOffsets(error, call.version())));
                        }
                    });
        });
    }

    private static ErrorCode forOffsets(ErrorCode error, short version) {
        return switch (error) {
            case PRODUCER_FENCED -> ErrorCode.INVALID_PRODUCER_EPOCH;
            case TRANSACTION_ABORTABLE -> version >= OFFSETS_KNOW_ABORTABLE ? error : ErrorCode.INVALID_TXN_STATE;
            // Old clients take no other word for "try again".
            case CONCURRENT_TRANSACTIONS -> ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
            default -> error;
        };
    }

    private static TxnOffsetCommitResponse refused(TxnOffsetCommitRequest request, ErrorCode error) {
        return TxnOffsetCommitResponse.builder()
                .topics(request.topics().stream()
                        .map(topic -> TxnOffsetCommitResponseTopic.builder()
                                .name(topic.name())
                                .partitions(topic.partitions().stream()
                                        .map(partition -> TxnOffsetCommitResponsePartition.builder()
                                                .partitionIndex(partition.partitionIndex())
                                                .errorCode(error.code())
                                                .build())
                                        .toList())
                                .build())
                        .toList())
                .build();
    }
}
