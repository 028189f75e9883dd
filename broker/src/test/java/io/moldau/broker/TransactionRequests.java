package io.moldau.broker;

import io.moldau.protocol.Request;
import io.moldau.protocol.message.AddOffsetsToTxnRequest;
import io.moldau.protocol.message.AddPartitionsToTxnRequest;
import io.moldau.protocol.message.DescribeProducersRequest;
import io.moldau.protocol.message.DescribeTransactionsRequest;
import io.moldau.protocol.message.EndTxnRequest;
import io.moldau.protocol.message.InitProducerIdRequest;
import io.moldau.protocol.message.ListTransactionsRequest;
import io.moldau.protocol.message.TxnOffsetCommitRequest;
import io.moldau.protocol.message.WriteTxnMarkersRequest;
import java.util.List;

/// What producers with transactions ask, and who looks after them.
final class TransactionRequests {
    private TransactionRequests() {}

    static void addTo(List<Request> all, String topic) {
        all.add(InitProducerIdRequest.builder()
                .transactionalId("t")
                .transactionTimeoutMs(1000)
                .build());
        var topics = List.of(AddPartitionsToTxnRequest.AddPartitionsToTxnTopic.builder()
                .name(topic)
                .partitions(List.of(0))
                .build());
        all.add(AddPartitionsToTxnRequest.builder()
                .v3AndBelowTransactionalId("t")
                .v3AndBelowTopics(topics)
                .transactions(List.of())
                .build());
        all.add(AddPartitionsToTxnRequest.builder()
                .v3AndBelowTopics(List.of())
                .transactions(List.of(AddPartitionsToTxnRequest.AddPartitionsToTxnTransaction.builder()
                        .transactionalId("t")
                        .verifyOnly(true)
                        .topics(topics)
                        .build()))
                .build());
        all.add(AddOffsetsToTxnRequest.builder()
                .transactionalId("t")
                .groupId("g")
                .build());
        all.add(EndTxnRequest.builder().transactionalId("t").committed(true).build());
        all.add(TxnOffsetCommitRequest.builder()
                .transactionalId("t")
                .groupId("g")
                .topics(List.of(TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic.builder()
                        .name(topic)
                        .partitions(List.of(TxnOffsetCommitRequest.TxnOffsetCommitRequestPartition.builder()
                                .committedOffset(1)
                                .build()))
                        .build()))
                .build());
        all.add(WriteTxnMarkersRequest.builder()
                .markers(List.of(WriteTxnMarkersRequest.WritableTxnMarker.builder()
                        .producerId(12345)
                        .topics(List.of(WriteTxnMarkersRequest.WritableTxnMarkerTopic.builder()
                                .name(topic)
                                .partitionIndexes(List.of(0, 7))
                                .build()))
                        .build()))
                .build());
        all.add(DescribeTransactionsRequest.builder()
                .transactionalIds(List.of("t", "nobody"))
                .build());
        all.add(ListTransactionsRequest.builder()
                .stateFilters(List.of())
                .producerIdFilters(List.of())
                .build());
        all.add(DescribeProducersRequest.builder()
                .topics(List.of(DescribeProducersRequest.TopicRequest.builder()
                        .name(topic)
                        .partitionIndexes(List.of(0, 7))
                        .build()))
                .build());
    }
}
