package io.moldau.groups.consumer;

import io.moldau.groups.Topics;
import io.moldau.protocol.message.ConsumerGroupDescribeResponse;
import io.moldau.protocol.message.ConsumerGroupDescribeResponse.DescribedGroup;
import io.moldau.protocol.message.ConsumerGroupDescribeResponse.Member;
import io.moldau.protocol.message.ConsumerGroupHeartbeatResponse;
import java.util.List;

/// Groups and assignments in the shapes of the protocol.
final class ConsumerViews {
    /// Which protocol a member speaks (ConsumerGroupDescribe 1).
    private static final byte CLASSIC_MEMBER = 0;

    private static final byte CONSUMER_MEMBER = 1;

    private ConsumerViews() {}

    static ConsumerGroupHeartbeatResponse.Assignment assignment(PartitionSet partitions) {
        return ConsumerGroupHeartbeatResponse.Assignment.builder()
                .topicPartitions(partitions.byTopic().entrySet().stream()
                        .map(entry -> ConsumerGroupHeartbeatResponse.TopicPartitions.builder()
                                .topicId(entry.getKey())
                                .partitions(List.copyOf(entry.getValue()))
                                .build())
                        .toList())
                .build();
    }

    static DescribedGroup describe(ConsumerGroup group, Assignor assignor, Topics topics) {
        return DescribedGroup.builder()
                .groupId(group.id)
                .groupState(group.state())
                .groupEpoch(group.epoch)
                .assignmentEpoch(group.targetEpoch)
                .assignorName(assignor.text())
                .members(group.members.values().stream()
                        .map(member -> Member.builder()
                                .memberId(member.id())
                                .instanceId(member.instanceId())
                                .rackId(member.rackId())
                                .memberEpoch(member.epoch())
                                .clientId(member.clientId())
                                .clientHost(member.clientHost())
                                .subscribedTopicNames(member.topics())
                                .subscribedTopicRegex(member.regex())
                                .assignment(named(member.assigned(), topics))
                                .targetAssignment(named(group.target(member.id()), topics))
                                .memberType(member.isClassic() ? CLASSIC_MEMBER : CONSUMER_MEMBER)
                                .build())
                        .toList())
                .build();
    }

    private static ConsumerGroupDescribeResponse.Assignment named(PartitionSet partitions, Topics topics) {
        return ConsumerGroupDescribeResponse.Assignment.builder()
                .topicPartitions(partitions.byTopic().entrySet().stream()
                        .map(entry -> ConsumerGroupDescribeResponse.TopicPartitions.builder()
                                .topicId(entry.getKey())
                                .topicName(topics.name(entry.getKey()).orElse(""))
                                .partitions(List.copyOf(entry.getValue()))
                                .build())
                        .toList())
                .build();
    }
}
