package io.moldau.broker;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.OffsetForLeaderEpochRequest;
import io.moldau.protocol.message.OffsetForLeaderEpochRequest.OffsetForLeaderPartition;
import io.moldau.protocol.message.OffsetForLeaderEpochResponse;
import io.moldau.protocol.message.OffsetForLeaderEpochResponse.EpochEndOffset;
import io.moldau.protocol.message.OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult;
import io.moldau.replication.Partition;
import java.util.ArrayList;

/// OffsetForLeaderEpoch (key 23), versions 2–4 (KIP-320): where a leader epoch ended in the log.
final class OffsetForLeaderEpochHandler implements ApiHandler<OffsetForLeaderEpochRequest> {
    private final NodeContext context;

    OffsetForLeaderEpochHandler(NodeContext context) {
        this.context = context;
    }

    @Override
    public void handle(OffsetForLeaderEpochRequest request, Call call) {
        var topics = new ArrayList<OffsetForLeaderTopicResult>();
        for (var topic : request.topics()) {
            var partitions = new ArrayList<EpochEndOffset>();
            for (var wanted : topic.partitions()) {
                partitions.add(context.partition(topic.topic(), wanted.partition())
                        .map(partition -> end(partition, wanted))
                        .orElseGet(() -> refused(wanted, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)));
            }
            topics.add(OffsetForLeaderTopicResult.builder()
                    .topic(topic.topic())
                    .partitions(partitions)
                    .build());
        }
        call.answer(OffsetForLeaderEpochResponse.builder().topics(topics).build());
    }

    private static EpochEndOffset end(Partition partition, OffsetForLeaderPartition wanted) {
        var refusal = partition.refusal();
        if (refusal.isPresent()) {
            return refused(wanted, refusal.get().error());
        }
        int current = wanted.currentLeaderEpoch();
        if (current >= 0 && current != partition.leaderEpoch()) {
            return refused(
                    wanted,
                    current < partition.leaderEpoch() ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH);
        }
        var end = partition.log().endOffsetForEpoch(wanted.leaderEpoch());
        return EpochEndOffset.builder()
                .partition(wanted.partition())
                .leaderEpoch(end.leaderEpoch())
                .endOffset(end.endOffset())
                .build();
    }

    private static EpochEndOffset refused(OffsetForLeaderPartition wanted, ErrorCode error) {
        return EpochEndOffset.builder()
                .partition(wanted.partition())
                .errorCode(error.code())
                .leaderEpoch(-1)
                .endOffset(-1)
                .build();
    }
}
