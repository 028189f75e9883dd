package io.moldau.broker;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.ListOffsetsRequest;
import io.moldau.protocol.message.ListOffsetsRequest.ListOffsetsPartition;
import io.moldau.protocol.message.ListOffsetsResponse;
import io.moldau.protocol.message.ListOffsetsResponse.ListOffsetsPartitionResponse;
import io.moldau.protocol.message.ListOffsetsResponse.ListOffsetsTopicResponse;
import io.moldau.replication.Partition;
import io.moldau.storage.TimestampOffset;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// ListOffsets (key 2), versions 1–11.
/// Special timestamps: -1 latest, -2 earliest, -3 of the largest timestamp (KIP-734), -4 earliest on local disk
/// (KIP-405), -5 latest in tiered storage, -6 earliest not yet uploaded (both unknown: there is no tiered storage).
/// Look-ups by time may read files, so they leave the event loop.
final class ListOffsetsHandler implements ApiHandler<ListOffsetsRequest> {
    private static final Logger LOG = LoggerFactory.getLogger(ListOffsetsHandler.class);
    private static final short LEADER_EPOCHS_SINCE = 4;
    private static final long LATEST = -1;
    private static final long EARLIEST = -2;
    private static final long MAX_TIMESTAMP = -3;
    private static final long EARLIEST_LOCAL = -4;
    private static final long LATEST_TIERED = -5;
    private static final long EARLIEST_PENDING_UPLOAD = -6;

    private final NodeContext context;

    ListOffsetsHandler(NodeContext context) {
        this.context = context;
    }

    @Override
    public void handle(ListOffsetsRequest request, Call call) {
        boolean reads = request.topics().stream()
                .flatMap(topic -> topic.partitions().stream())
                .anyMatch(partition -> partition.timestamp() >= 0 || partition.timestamp() == MAX_TIMESTAMP);
        if (reads) {
            context.environment().threads().blocking().execute(() -> {
                try {
                    call.answer(response(request, call.version()));
                } catch (RuntimeException failure) {
                    call.fail(failure);
                }
            });
        } else {
            call.answer(response(request, call.version()));
        }
    }

    private ListOffsetsResponse response(ListOffsetsRequest request, short version) {
        boolean committedOnly = request.isolationLevel() == 1;
        var topics = new ArrayList<ListOffsetsTopicResponse>();
        for (var topic : request.topics()) {
            var partitions = new ArrayList<ListOffsetsPartitionResponse>();
            for (var wanted : topic.partitions()) {
                var found = context.partition(topic.name(), wanted.partitionIndex())
                        .map(partition -> lookUp(partition, wanted, committedOnly))
                        .orElseGet(() -> refused(wanted, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION));
                partitions.add(
                        version >= LEADER_EPOCHS_SINCE
                                ? found
                                : found.toBuilder().leaderEpoch(-1).build());
            }
            topics.add(ListOffsetsTopicResponse.builder()
                    .name(topic.name())
                    .partitions(partitions)
                    .build());
        }
        return ListOffsetsResponse.builder().topics(topics).build();
    }

    private static ListOffsetsPartitionResponse lookUp(
            Partition partition, ListOffsetsPartition wanted, boolean committedOnly) {
        var refusal = partition.refusal();
        if (refusal.isPresent()) {
            return refused(wanted, refusal.get().error());
        }
        int epoch = wanted.currentLeaderEpoch();
        if (epoch >= 0 && epoch != partition.leaderEpoch()) {
            return refused(
                    wanted,
                    epoch < partition.leaderEpoch() ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH);
        }
        long end = committedOnly ? partition.lastStableOffset() : partition.highWatermark();
        long timestamp = wanted.timestamp();
        if (timestamp == LATEST) {
            return found(partition, wanted, end, -1);
        } else if (timestamp == EARLIEST || timestamp == EARLIEST_LOCAL) {
            return found(partition, wanted, partition.logStartOffset(), -1);
        } else if (timestamp == LATEST_TIERED || timestamp == EARLIEST_PENDING_UPLOAD) {
            return nothing(wanted);
        } else if (timestamp == MAX_TIMESTAMP || timestamp >= 0) {
            Optional<TimestampOffset> hit;
            try {
                hit = timestamp >= 0
                        ? partition.log().offsetForTimestamp(timestamp)
                        : partition.log().maxTimestampOffset();
            } catch (IOException failure) {
                LOG.error("Searching {} for timestamp {} failed", partition.id(), timestamp, failure);
                return refused(wanted, ErrorCode.KAFKA_STORAGE_ERROR);
            }
            return hit.filter(found -> found.offset() < end)
                    .map(found -> found(partition, wanted, found.offset(), found.timestamp()))
                    .orElseGet(() -> nothing(wanted));
        }
        return refused(wanted, ErrorCode.INVALID_REQUEST);
    }

    private static ListOffsetsPartitionResponse found(
            Partition partition, ListOffsetsPartition wanted, long offset, long timestamp) {
        return ListOffsetsPartitionResponse.builder()
                .partitionIndex(wanted.partitionIndex())
                .offset(offset)
                .timestamp(timestamp)
                .leaderEpoch(partition.leaderEpoch())
                .build();
    }

    private static ListOffsetsPartitionResponse nothing(ListOffsetsPartition wanted) {
        return ListOffsetsPartitionResponse.builder()
                .partitionIndex(wanted.partitionIndex())
                .offset(-1)
                .timestamp(-1)
                .leaderEpoch(-1)
                .build();
    }

    private static ListOffsetsPartitionResponse refused(ListOffsetsPartition wanted, ErrorCode error) {
        return ListOffsetsPartitionResponse.builder()
                .partitionIndex(wanted.partitionIndex())
                .errorCode(error.code())
                .offset(-1)
                .timestamp(-1)
                .build();
    }
}
