package io.moldau.client;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.DescribeProducersRequest;
import io.moldau.protocol.message.DescribeProducersResponse;
import io.moldau.protocol.message.DescribeTransactionsRequest;
import io.moldau.protocol.message.DescribeTransactionsResponse;
import io.moldau.protocol.message.ListTransactionsRequest;
import io.moldau.protocol.message.ListTransactionsResponse;
import io.moldau.protocol.message.WriteTxnMarkersRequest;
import io.moldau.protocol.message.WriteTxnMarkersRequest.WritableTxnMarker;
import io.moldau.protocol.message.WriteTxnMarkersRequest.WritableTxnMarkerTopic;
import io.moldau.protocol.message.WriteTxnMarkersResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Transactions, those that hang among them (KIP-664).
public final class TransactionAdmin {
    private final Cluster cluster;

    public TransactionAdmin(Cluster cluster) {
        this.cluster = cluster;
    }

    /// The transactional ids of the cluster that the filter lets through.
    public List<TransactionInfo.Listed> list(TransactionInfo.Filter filter) {
        cluster.refresh(List.of(), false);
        var request = ListTransactionsRequest.builder()
                .stateFilters(filter.states())
                .producerIdFilters(filter.producerIds())
                .durationFilter(filter.durationMs())
                .transactionalIdPattern(filter.pattern().isEmpty() ? null : filter.pattern())
                .build();
        var found = new ArrayList<TransactionInfo.Listed>();
        for (int node : cluster.nodes().keySet()) {
            found.addAll(cluster.retrying(() -> {
                var answer = (ListTransactionsResponse) cluster.call(node, request, Cluster.ANY_VERSION);
                ClientException.check(answer.errorCode(), null, "Listing transactions");
                if (!answer.unknownStateFilters().isEmpty()) {
                    throw new ClientException(
                            ErrorCode.INVALID_REQUEST,
                            "There is no transaction state " + answer.unknownStateFilters()
                                    + "; expected Empty, Ongoing, PrepareCommit, PrepareAbort, CompleteCommit,"
                                    + " CompleteAbort.");
                }
                return answer.transactionStates().stream()
                        .map(each -> new TransactionInfo.Listed(
                                each.transactionalId(), each.producerId(), each.transactionState()))
                        .toList();
            }));
        }
        found.sort(Comparator.comparing(TransactionInfo.Listed::id));
        return found;
    }

    /// One transactional id; fails if it is not known.
    public TransactionInfo describe(String id) {
        return find(id).orElseThrow(() -> new ClientException(
                ErrorCode.TRANSACTIONAL_ID_NOT_FOUND,
                "There is no transactional id '" + id + "'; see: moldau transactions list"));
    }

    private Optional<TransactionInfo> find(String id) {
        var request = DescribeTransactionsRequest.builder()
                .transactionalIds(List.of(id))
                .build();
        return cluster.retrying(() -> {
            var answer = (DescribeTransactionsResponse)
                    cluster.call(cluster.transactionCoordinator(id), request, Cluster.ANY_VERSION);
            var described = answer.transactionStates().getFirst();
            if (described.errorCode() == ErrorCode.TRANSACTIONAL_ID_NOT_FOUND.code()) {
                return Optional.empty();
            }
            ClientException.check(described.errorCode(), null, "Transactional id '" + id + "'");
            return Optional.of(new TransactionInfo(
                    id,
                    described.transactionState(),
                    described.producerId(),
                    described.producerEpoch(),
                    described.transactionTimeoutMs(),
                    described.transactionStartTimeMs(),
                    described.topics().stream()
                            .flatMap(topic -> topic.partitions().stream()
                                    .map(partition -> new TopicPartition(topic.topic(), partition)))
                            .sorted()
                            .toList()));
        });
    }

    /// The transactions that the logs of these partitions have open.
    public List<TransactionInfo.Open> open(List<TopicPartition> partitions) {
        var found = new ArrayList<TransactionInfo.Open>();
        for (var partition : partitions) {
            var request = DescribeProducersRequest.builder()
                    .topics(List.of(DescribeProducersRequest.TopicRequest.builder()
                            .name(partition.topic())
                            .partitionIndexes(List.of(partition.partition()))
                            .build()))
                    .build();
            var answer = cluster.retrying(() -> {
                var given = (DescribeProducersResponse) cluster.call(leader(partition), request, Cluster.ANY_VERSION);
                var one = given.topics().getFirst().partitions().getFirst();
                ClientException.check(one.errorCode(), one.errorMessage(), "Producers of " + partition);
                return one;
            });
            for (var producer : answer.activeProducers()) {
                if (producer.currentTxnStartOffset() >= 0) {
                    found.add(new TransactionInfo.Open(
                            partition,
                            producer.producerId(),
                            (short) producer.producerEpoch(),
                            producer.coordinatorEpoch(),
                            producer.currentTxnStartOffset(),
                            producer.lastTimestamp()));
                }
            }
        }
        return found;
    }

    /// Of open transactions those that no coordinator will end: it does not know the producer, or it knows another
    /// transaction of it, without this partition.
    public List<TransactionInfo.Open> hanging(List<TransactionInfo.Open> open) {
        var hanging = new ArrayList<TransactionInfo.Open>();
        for (var one : open) {
            var owners = list(new TransactionInfo.Filter(List.of(), List.of(one.producerId()), -1, ""));
            if (owners.stream().noneMatch(owner -> owns(owner, one))) {
                hanging.add(one);
            }
        }
        return hanging;
    }

    private boolean owns(TransactionInfo.Listed owner, TransactionInfo.Open one) {
        return find(owner.id())
                .filter(known -> known.partitions().contains(one.partition()))
                .isPresent();
    }

    /// Ends a transaction in one partition by an abort marker, without asking its coordinator.
    public void abort(TransactionInfo.Open one) {
        var request = WriteTxnMarkersRequest.builder()
                .markers(List.of(WritableTxnMarker.builder()
                        .producerId(one.producerId())
                        .producerEpoch(one.producerEpoch())
                        .coordinatorEpoch(Math.max(0, one.coordinatorEpoch()))
                        .transactionResult(false)
                        .topics(List.of(WritableTxnMarkerTopic.builder()
                                .name(one.partition().topic())
                                .partitionIndexes(List.of(one.partition().partition()))
                                .build()))
                        .build()))
                .build();
        cluster.retrying(() -> {
            var answer = (WriteTxnMarkersResponse) cluster.call(leader(one.partition()), request, Cluster.ANY_VERSION);
            answer.markers()
                    .forEach(marker -> marker.topics()
                            .forEach(topic -> topic.partitions()
                                    .forEach(partition -> ClientException.check(
                                            partition.errorCode(), null, "Aborting in " + one.partition()))));
            return answer;
        });
    }

    private int leader(TopicPartition partition) {
        return cluster.topic(partition.topic(), false).partitions().stream()
                .filter(each -> each.partition() == partition.partition())
                .findFirst()
                .orElseThrow(() -> new ClientException(
                        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "There is no partition " + partition + "."))
                .leader();
    }
}
