package io.moldau.broker;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.DeleteRecordsRequest;
import io.moldau.protocol.message.DeleteRecordsRequest.DeleteRecordsPartition;
import io.moldau.protocol.message.DeleteRecordsResponse;
import io.moldau.protocol.message.DeleteRecordsResponse.DeleteRecordsPartitionResult;
import io.moldau.protocol.message.DeleteRecordsResponse.DeleteRecordsTopicResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// DeleteRecords (key 21), versions 0–2: moves the log start offset up; -1 stands for the high watermark.
/// The new start is written to disk, so the work leaves the event loop.
final class DeleteRecordsHandler implements ApiHandler<DeleteRecordsRequest> {
    private record Topic(String name, List<CompletableFuture<DeleteRecordsPartitionResult>> partitions) {}

    private final NodeContext context;

    DeleteRecordsHandler(NodeContext context) {
        this.context = context;
    }

    @Override
    public void handle(DeleteRecordsRequest request, Call call) {
        context.environment().threads().blocking().execute(() -> {
            var topics = new ArrayList<Topic>();
            var all = new ArrayList<CompletableFuture<DeleteRecordsPartitionResult>>();
            for (var topic : request.topics()) {
                var partitions = topic.partitions().stream()
                        .map(wanted -> delete(topic.name(), wanted))
                        .toList();
                topics.add(new Topic(topic.name(), partitions));
                all.addAll(partitions);
            }
            CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0])).whenComplete((done, failure) -> {
                if (failure != null) {
                    call.fail(failure);
                    return;
                }
                call.answer(DeleteRecordsResponse.builder()
                        .topics(topics.stream()
                                .map(topic -> DeleteRecordsTopicResult.builder()
                                        .name(topic.name())
                                        .partitions(topic.partitions().stream()
                                                .map(CompletableFuture::join)
                                                .toList())
                                        .build())
                                .toList())
                        .build());
            });
        });
    }

    private CompletableFuture<DeleteRecordsPartitionResult> delete(String topic, DeleteRecordsPartition wanted) {
        var result = new CompletableFuture<DeleteRecordsPartitionResult>();
        var partition = context.partition(topic, wanted.partitionIndex()).orElse(null);
        if (partition == null) {
            result.complete(result(wanted, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1));
        } else {
            partition.deleteBefore(
                    wanted.offset(),
                    lowWatermark -> result.complete(result(wanted, ErrorCode.NONE, lowWatermark)),
                    refused -> result.complete(result(wanted, refused.error(), -1)));
        }
        return result;
    }

    private static DeleteRecordsPartitionResult result(
            DeleteRecordsPartition wanted, ErrorCode error, long lowWatermark) {
        return DeleteRecordsPartitionResult.builder()
                .partitionIndex(wanted.partitionIndex())
                .errorCode(error.code())
                .lowWatermark(lowWatermark)
                .build();
    }
}
