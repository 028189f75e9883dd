package io.moldau.groups.share;

import io.moldau.groups.Topics;
import io.moldau.protocol.message.ShareGroupDescribeResponse;
import io.moldau.protocol.message.ShareGroupDescribeResponse.DescribedGroup;
import io.moldau.protocol.message.ShareGroupDescribeResponse.Member;
import io.moldau.protocol.message.ShareGroupHeartbeatResponse;
import java.util.List;

/// Groups and assignments in the shapes of the protocol.
final class ShareViews {
    private static final String ASSIGNOR = "simple";

    private ShareViews() {}

    static ShareGroupHeartbeatResponse.Assignment assignment(TopicParts partitions) {
        return ShareGroupHeartbeatResponse.Assignment.builder()
                .topicPartitions(partitions.byTopic().entrySet().stream()
                        .map(topic -> ShareGroupHeartbeatResponse.TopicPartitions.builder()
                                .topicId(topic.getKey())
                                .partitions(List.copyOf(topic.getValue()))
                                .build())
                        .toList())
                .build();
    }

    static DescribedGroup describe(ShareGroup group, Topics topics) {
        return DescribedGroup.builder()
                .groupId(group.id)
                .groupState(group.state())
                .groupEpoch(group.epoch)
                .assignmentEpoch(group.targetEpoch)
                .assignorName(ASSIGNOR)
                .members(group.members.values().stream()
                        .map(member -> Member.builder()
                                .memberId(member.id())
                                .rackId(member.rackId())
                                .memberEpoch(member.epoch())
                                .clientId(member.clientId())
                                .clientHost(member.clientHost())
                                .subscribedTopicNames(member.topics())
                                .assignment(ShareGroupDescribeResponse.Assignment.builder()
                                        .topicPartitions(member.assigned().byTopic().entrySet().stream()
                                                .map(topic -> ShareGroupDescribeResponse.TopicPartitions.builder()
                                                        .topicId(topic.getKey())
                                                        .topicName(topics.name(topic.getKey())
                                                                .orElse(""))
                                                        .partitions(List.copyOf(topic.getValue()))
                                                        .build())
                                                .toList())
                                        .build())
                                .build())
                        .toList())
                .build();
    }
}
