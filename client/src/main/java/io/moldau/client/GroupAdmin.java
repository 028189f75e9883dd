package io.moldau.client;

import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ByteReader;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.data.ConsumerProtocolAssignment;
import io.moldau.protocol.message.ConsumerGroupDescribeRequest;
import io.moldau.protocol.message.ConsumerGroupDescribeResponse;
import io.moldau.protocol.message.DeleteGroupsRequest;
import io.moldau.protocol.message.DeleteGroupsResponse;
import io.moldau.protocol.message.DescribeGroupsRequest;
import io.moldau.protocol.message.DescribeGroupsResponse;
import io.moldau.protocol.message.ListGroupsRequest;
import io.moldau.protocol.message.ListGroupsResponse;
import io.moldau.protocol.message.OffsetCommitRequest;
import io.moldau.protocol.message.OffsetCommitRequest.OffsetCommitRequestPartition;
import io.moldau.protocol.message.OffsetCommitRequest.OffsetCommitRequestTopic;
import io.moldau.protocol.message.OffsetCommitResponse;
import io.moldau.protocol.message.OffsetFetchRequest;
import io.moldau.protocol.message.OffsetFetchRequest.OffsetFetchRequestGroup;
import io.moldau.protocol.message.OffsetFetchResponse;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Groups and their offsets.
public final class GroupAdmin {
    private static final int BY_NAME_VERSION = 9;
    private static final String DEAD = "Dead";

    private final Cluster cluster;

    public GroupAdmin(Cluster cluster) {
        this.cluster = cluster;
    }

    /// All groups of the cluster.
    public List<GroupInfo.Listed> list() {
        cluster.refresh(List.of(), false);
        var groups = new ArrayList<GroupInfo.Listed>();
        for (int node : cluster.nodes().keySet()) {
            groups.addAll(cluster.retrying(() -> {
                var answer = (ListGroupsResponse)
                        cluster.call(node, ListGroupsRequest.builder().build(), Cluster.ANY_VERSION);
                ClientException.check(answer.errorCode(), null, "Listing groups");
                return answer.groups().stream()
                        .map(each -> new GroupInfo.Listed(each.groupId(), each.groupType(), each.groupState()))
                        .toList();
            }));
        }
        return groups.stream()
                .sorted((left, right) -> left.group().compareTo(right.group()))
                .toList();
    }

    /// A group with its members; fails if there is none of this name.
    public GroupInfo describe(String group) {
        return cluster.retrying(() -> {
            var consumer = cluster.offers(ApiKey.CONSUMER_GROUP_DESCRIBE)
                    ? describeConsumer(group)
                    : Optional.<GroupInfo>empty();
            return consumer.or(() -> new ShareGroupAdmin(cluster).describe(group))
                    .or(() -> new StreamsGroups(cluster).describe(group))
                    .orElseGet(() -> describeClassic(group));
        });
    }

    private Optional<GroupInfo> describeConsumer(String group) {
        var request =
                ConsumerGroupDescribeRequest.builder().groupIds(List.of(group)).build();
        var answer =
                (ConsumerGroupDescribeResponse) cluster.call(cluster.coordinator(group), request, Cluster.ANY_VERSION);
        var described = answer.groups().getFirst();
        if (described.errorCode() == ErrorCode.GROUP_ID_NOT_FOUND.code()) {
            return Optional.empty();
        }
        ClientException.check(described.errorCode(), described.errorMessage(), "Group '" + group + "'");
        var members = described.members().stream()
                .map(member -> new GroupInfo.Member(
                        member.memberId(),
                        Optional.ofNullable(member.instanceId()).orElse(""),
                        member.clientId(),
                        member.clientHost(),
                        member.assignment().topicPartitions().stream()
                                .flatMap(topic -> topic.partitions().stream()
                                        .map(partition -> new TopicPartition(topic.topicName(), partition)))
                                .sorted()
                                .toList()))
                .toList();
        return Optional.of(new GroupInfo(group, "consumer", described.groupState(), described.assignorName(), members));
    }

    private GroupInfo describeClassic(String group) {
        var request = DescribeGroupsRequest.builder().groups(List.of(group)).build();
        var answer = (DescribeGroupsResponse) cluster.call(cluster.coordinator(group), request, Cluster.ANY_VERSION);
        var described = answer.groups().getFirst();
        if (described.errorCode() == ErrorCode.GROUP_ID_NOT_FOUND.code()
                || described.groupState().equals(DEAD)) {
            throw new ClientException(ErrorCode.GROUP_ID_NOT_FOUND, "There is no group '" + group + "'.");
        }
        ClientException.check(described.errorCode(), described.errorMessage(), "Group '" + group + "'");
        var members = described.members().stream()
                .map(member -> new GroupInfo.Member(
                        member.memberId(),
                        Optional.ofNullable(member.groupInstanceId()).orElse(""),
                        member.clientId(),
                        member.clientHost(),
                        assignment(member.memberAssignment())))
                .toList();
        return new GroupInfo(group, "classic", described.groupState(), described.protocolData(), members);
    }

    private static List<TopicPartition> assignment(ByteBuffer bytes) {
        if (bytes.remaining() < 2) {
            return List.of();
        }
        var reader = new ByteReader(bytes.duplicate());
        short version = reader.int16();
        if (version < 0) {
            return List.of();
        }
        short readable = version > ConsumerProtocolAssignment.HIGHEST_VERSION
                ? ConsumerProtocolAssignment.HIGHEST_VERSION
                : version;
        return ConsumerProtocolAssignment.read(reader, readable).assignedPartitions().stream()
                .flatMap(topic ->
                        topic.partitions().stream().map(partition -> new TopicPartition(topic.topic(), partition)))
                .sorted()
                .toList();
    }

    /// The committed offsets of a group; none if there is no such group.
    public Map<TopicPartition, Long> committed(String group) {
        var request = OffsetFetchRequest.builder()
                .groups(List.of(OffsetFetchRequestGroup.builder()
                        .groupId(group)
                        .topics(null)
                        .build()))
                .build();
        return cluster.retrying(() -> {
            var answer = (OffsetFetchResponse) cluster.call(cluster.coordinator(group), request, BY_NAME_VERSION);
            var offsets = new TreeMap<TopicPartition, Long>();
            for (var each : answer.groups()) {
                if (each.errorCode() == ErrorCode.GROUP_ID_NOT_FOUND.code()) {
                    continue;
                }
                ClientException.check(each.errorCode(), null, "Reading offsets of group '" + group + "'");
                for (var topic : each.topics()) {
                    for (var partition : topic.partitions()) {
                        ClientException.check(partition.errorCode(), null, "Reading offsets of group '" + group + "'");
                        if (partition.committedOffset() >= 0) {
                            offsets.put(
                                    new TopicPartition(topic.name(), partition.partitionIndex()),
                                    partition.committedOffset());
                        }
                    }
                }
            }
            return offsets;
        });
    }

    /// Sets the offsets of a group that has no members now.
    public void reset(String group, Map<TopicPartition, Long> offsets) {
        var byTopic = new TreeMap<String, List<OffsetCommitRequestPartition>>();
        offsets.forEach((partition, offset) -> byTopic.computeIfAbsent(partition.topic(), name -> new ArrayList<>())
                .add(OffsetCommitRequestPartition.builder()
                        .partitionIndex(partition.partition())
                        .committedOffset(offset)
                        .build()));
        var request = OffsetCommitRequest.builder()
                .groupId(group)
                .generationIdOrMemberEpoch(-1)
                .topics(byTopic.entrySet().stream()
                        .map(entry -> OffsetCommitRequestTopic.builder()
                                .name(entry.getKey())
                                .partitions(entry.getValue())
                                .build())
                        .toList())
                .build();
        try {
            cluster.retrying(() -> {
                var answer = (OffsetCommitResponse) cluster.call(cluster.coordinator(group), request, BY_NAME_VERSION);
                Admin.check(answer, "Resetting offsets of group '" + group + "'");
                return answer;
            });
        } catch (ClientException failure) {
            if (failure.error() == ErrorCode.UNKNOWN_MEMBER_ID) {
                throw new ClientException(
                        ErrorCode.NON_EMPTY_GROUP,
                        "Group '" + group + "' has members; stop its consumers before you reset its offsets.");
            }
            throw failure;
        }
    }

    public void delete(String group) {
        var request = DeleteGroupsRequest.builder().groupsNames(List.of(group)).build();
        cluster.retrying(() -> {
            var answer = (DeleteGroupsResponse) cluster.call(cluster.coordinator(group), request, Cluster.ANY_VERSION);
            answer.results()
                    .forEach(result ->
                            ClientException.check(result.errorCode(), null, "Deleting group '" + group + "'"));
            return answer;
        });
    }
}
