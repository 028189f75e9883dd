package io.moldau.broker;

import io.moldau.metadata.TopicImage;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.DescribeTopicPartitionsRequest;
import io.moldau.protocol.message.DescribeTopicPartitionsRequest.TopicRequest;
import io.moldau.protocol.message.DescribeTopicPartitionsResponse;
import io.moldau.protocol.message.DescribeTopicPartitionsResponse.Cursor;
import io.moldau.protocol.message.DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponsePartition;
import io.moldau.protocol.message.DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// DescribeTopicPartitions (key 75), version 0 (KIP-966): topics sorted by name, page by page of partitions.
final class DescribeTopicPartitionsHandler implements ApiHandler<DescribeTopicPartitionsRequest> {
    private static final int MAX_PARTITIONS_PER_PAGE = 2000;

    private final NodeContext context;

    DescribeTopicPartitionsHandler(NodeContext context) {
        this.context = context;
    }

    @Override
    public void handle(DescribeTopicPartitionsRequest request, Call call) {
        var image = context.image();
        var cursor = request.cursor();
        List<String> names = request.topics().isEmpty()
                ? List.copyOf(image.topics().keySet())
                : request.topics().stream()
                        .map(TopicRequest::name)
                        .distinct()
                        .sorted()
                        .toList();
        int room = Math.clamp(request.responsePartitionLimit(), 1, MAX_PARTITIONS_PER_PAGE);
        var topics = new ArrayList<DescribeTopicPartitionsResponseTopic>();
        Cursor next = null;
        for (var name : names) {
            if (cursor != null && name.compareTo(cursor.topicName()) < 0) {
                continue;
            }
            int first = cursor != null && name.equals(cursor.topicName()) ? Math.max(0, cursor.partitionIndex()) : 0;
            if (room == 0) {
                next = new Cursor(name, first);
                break;
            }
            var topic = image.topic(name).orElse(null);
            if (topic == null) {
                topics.add(unknown(name));
                continue;
            }
            int last = Math.min(topic.partitions().size(), first + room);
            topics.add(page(context, topic, first, last));
            room -= Math.max(0, last - first);
            if (last < topic.partitions().size()) {
                next = new Cursor(name, last);
                break;
            }
        }
        call.answer(response(topics, next));
    }

    private static DescribeTopicPartitionsResponse response(
            List<DescribeTopicPartitionsResponseTopic> topics, @Nullable Cursor next) {
        return DescribeTopicPartitionsResponse.builder()
                .topics(topics)
                .nextCursor(next)
                .build();
    }

    private static DescribeTopicPartitionsResponseTopic unknown(String name) {
        return DescribeTopicPartitionsResponseTopic.builder()
                .errorCode(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION.code())
                .name(name)
                .topicId(Uuid.ZERO)
                .partitions(List.of())
                .topicAuthorizedOperations(Operations.NOT_ASKED)
                .build();
    }

    private static DescribeTopicPartitionsResponseTopic page(
            NodeContext context, TopicImage topic, int first, int last) {
        return DescribeTopicPartitionsResponseTopic.builder()
                .name(topic.name())
                .topicId(topic.id())
                .isInternal(topic.internal())
                .partitions(topic.partitions().subList(Math.min(first, last), last).stream()
                        .map(partition -> {
                            boolean offline = context.partitions().isOffline(topic.name(), partition.index());
                            return DescribeTopicPartitionsResponsePartition.builder()
                                    .errorCode((offline ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.NONE).code())
                                    .partitionIndex(partition.index())
                                    .leaderId(offline ? -1 : partition.leader())
                                    .leaderEpoch(partition.leaderEpoch())
                                    .replicaNodes(partition.replicas())
                                    .isrNodes(partition.isr())
                                    .eligibleLeaderReplicas(List.of())
                                    .lastKnownElr(List.of())
                                    .offlineReplicas(offline ? List.of(context.nodeId()) : List.of())
                                    .build();
                        })
                        .toList())
                .topicAuthorizedOperations(Operations.TOPIC)
                .build();
    }
}
