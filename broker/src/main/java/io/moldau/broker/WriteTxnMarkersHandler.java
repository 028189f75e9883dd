package io.moldau.broker;

import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.WriteTxnMarkersRequest;
import io.moldau.protocol.message.WriteTxnMarkersRequest.WritableTxnMarker;
import io.moldau.protocol.message.WriteTxnMarkersResponse;
import io.moldau.protocol.message.WriteTxnMarkersResponse.WritableTxnMarkerPartitionResult;
import io.moldau.protocol.message.WriteTxnMarkersResponse.WritableTxnMarkerResult;
import io.moldau.protocol.message.WriteTxnMarkersResponse.WritableTxnMarkerTopicResult;
import io.moldau.replication.TransactionMarker;
import io.moldau.storage.PartitionId;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/// WriteTxnMarkers (key 27), versions 1–2: ends transactions in partitions without asking the coordinator. Between
/// brokers, and for whoever aborts a hanging transaction (KIP-664).
final class WriteTxnMarkersHandler implements ApiHandler<WriteTxnMarkersRequest> {
    private record Wanted(TransactionMarker marker, PartitionId partition) {}

    private final TransactionMarkers markers;

    WriteTxnMarkersHandler(TransactionMarkers markers) {
        this.markers = markers;
    }

    void register(ApiTable table) {
        table.with(ApiKey.WRITE_TXN_MARKERS, WriteTxnMarkersRequest.class, this);
    }

    @Override
    public void handle(WriteTxnMarkersRequest request, Call call) {
        var wanted = new ArrayList<Wanted>();
        for (var one : request.markers()) {
            var marker = new TransactionMarker(
                    one.producerId(),
                    one.producerEpoch(),
                    one.coordinatorEpoch(),
                    one.transactionResult(),
                    one.transactionVersion());
            for (var topic : one.topics()) {
                topic.partitionIndexes()
                        .forEach(index -> wanted.add(new Wanted(marker, new PartitionId(topic.name(), index))));
            }
        }
        Gathered.<Wanted, ErrorCode>each(
                wanted,
                (one, done) -> markers.write(one.partition(), one.marker(), done),
                errors -> call.answer(response(request.markers(), errors.iterator())));
    }

    private static WriteTxnMarkersResponse response(List<WritableTxnMarker> asked, Iterator<ErrorCode> errors) {
        return WriteTxnMarkersResponse.builder()
                .markers(asked.stream()
                        .map(marker -> WritableTxnMarkerResult.builder()
                                .producerId(marker.producerId())
                                .topics(marker.topics().stream()
                                        .map(topic -> WritableTxnMarkerTopicResult.builder()
                                                .name(topic.name())
                                                .partitions(topic.partitionIndexes().stream()
                                                        .map(index -> WritableTxnMarkerPartitionResult.builder()
                                                                .partitionIndex(index)
                                                                .errorCode(errors.next()
                                                                        .code())
                                                                .build())
                                                        .toList())
                                                .build())
                                        .toList())
                                .build())
                        .toList())
                .build();
    }
}
