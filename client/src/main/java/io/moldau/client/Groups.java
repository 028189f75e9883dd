package io.moldau.client;

import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.ConsumerGroupDescribeRequest;
import io.moldau.protocol.message.ConsumerGroupDescribeResponse;
import io.moldau.protocol.message.DeleteGroupsRequest;
import io.moldau.protocol.message.DeleteGroupsResponse;
import io.moldau.protocol.message.DescribeGroupsRequest;
import io.moldau.protocol.message.DescribeGroupsResponse;
import io.moldau.protocol.message.ListGroupsRequest;
import io.moldau.protocol.message.ListGroupsResponse;
import io.moldau.protocol.message.OffsetCommitRequest;
import io.moldau.protocol.message.OffsetCommitResponse;
import io.moldau.protocol.message.OffsetDeleteRequest;
import io.moldau.protocol.message.OffsetDeleteResponse;
import io.moldau.protocol.message.OffsetFetchRequest;
import io.moldau.protocol.message.OffsetFetchResponse;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Groups and the offsets they committed.
public final class Groups {
    /// @param type `classic`, `consumer`, …; empty where the broker does not tell
    public record Listed(String id, String type, String protocolType, String state) {}

    public record Description(String id, String type, String state, String assignor, List<Member> members) {}

    public record Member(
            String id, @Nullable String instanceId, String clientId, String host, List<TopicPartition> assignment) {}

    private static final int NO_GENERATION = -1;

    private final Cluster cluster;

    Groups(Cluster cluster) {
        this.cluster = cluster;
    }

    /// Every group of every broker, by id.
    public List<Listed> list() {
        return cluster.patiently(() -> {
            var groups = new ArrayList<Listed>();
            for (int node : cluster.nodes()) {
                var response = cluster.to(node, Cluster.Use.CONTROL)
                        .call(ListGroupsRequest.builder().build(), ListGroupsResponse::read);
                check(response.errorCode(), "listing groups", null);
                response.groups()
                        .forEach(group -> groups.add(new Listed(
                                group.groupId(), group.groupType(), group.protocolType(), group.groupState())));
            }
            groups.sort(Comparator.comparing(Listed::id));
            return groups;
        });
    }

    public Description describe(String group) {
        return cluster.patiently(() -> {
            var connection = cluster.coordinator(group);
            return describeConsumer(connection, group).orElseGet(() -> describeClassic(connection, group));
        });
    }

    private static Optional<Description> describeConsumer(Connection connection, String group) {
        try {
            var _ = connection.version(ApiKey.CONSUMER_GROUP_DESCRIBE);
        } catch (ClientException unknownApi) {
            return Optional.empty();
        }
        var request =
                ConsumerGroupDescribeRequest.builder().groupIds(List.of(group)).build();
        var found = connection
                .call(request, ConsumerGroupDescribeResponse::read)
                .groups()
                .getFirst();
        var error = ErrorCode.of(found.errorCode());
        if (error == ErrorCode.GROUP_ID_NOT_FOUND) {
            return Optional.empty();
        }
        check(found.errorCode(), "describing group '" + group + "'", found.errorMessage());
        var members = new ArrayList<Member>();
        for (var member : found.members()) {
            var assignment = new TreeSet<TopicPartition>();
            for (var topic : member.assignment().topicPartitions()) {
                topic.partitions().forEach(index -> assignment.add(new TopicPartition(topic.topicName(), index)));
            }
            members.add(new Member(
                    member.memberId(),
                    member.instanceId(),
                    member.clientId(),
                    member.clientHost(),
                    List.copyOf(assignment)));
        }
        return Optional.of(new Description(group, "consumer", found.groupState(), found.assignorName(), members));
    }

    private static Description describeClassic(Connection connection, String group) {
        var request = DescribeGroupsRequest.builder().groups(List.of(group)).build();
        var found =
                connection.call(request, DescribeGroupsResponse::read).groups().getFirst();
        check(found.errorCode(), "describing group '" + group + "'", found.errorMessage());
        if (found.groupState().equals("Dead")) {
            throw new ClientException(ErrorCode.GROUP_ID_NOT_FOUND, "there is no group '" + group + "'");
        }
        var members = new ArrayList<Member>();
        for (var member : found.members()) {
            members.add(new Member(
                    member.memberId(),
                    member.groupInstanceId(),
                    member.clientId(),
                    member.clientHost(),
                    ClassicProtocol.readAssignment(member.memberAssignment())));
        }
        return new Description(group, "classic", found.groupState(), found.protocolData(), members);
    }

    public void delete(String group) {
        var request = DeleteGroupsRequest.builder().groupsNames(List.of(group)).build();
        cluster.patiently(() -> {
            var result = cluster.coordinator(group)
                    .call(request, DeleteGroupsResponse::read)
                    .results()
                    .getFirst();
            check(result.errorCode(), "deleting group '" + group + "'", null);
            return result;
        });
    }

    /// What the group committed, everywhere.
    public Map<TopicPartition, Long> offsets(String group) {
        return cluster.patiently(() -> fetchOffsets(cluster.coordinator(group), group, null));
    }

    /// What the group committed in these partitions; those without a commit are left out.
    static Map<TopicPartition, Long> fetchOffsets(
            Connection coordinator, String group, @Nullable Collection<TopicPartition> partitions) {
        List<OffsetFetchRequest.OffsetFetchRequestTopics> topics = null;
        if (partitions != null) {
            var byTopic = new LinkedHashMap<String, List<Integer>>();
            partitions.forEach(partition -> Topics.add(byTopic, partition.topic(), partition.partition()));
            topics = byTopic.entrySet().stream()
                    .map(topic -> OffsetFetchRequest.OffsetFetchRequestTopics.builder()
                            .name(topic.getKey())
                            .partitionIndexes(topic.getValue())
                            .build())
                    .toList();
        }
        var request = OffsetFetchRequest.builder()
                .groups(List.of(OffsetFetchRequest.OffsetFetchRequestGroup.builder()
                        .groupId(group)
                        .topics(topics)
                        .build()))
                .build();
        var found =
                coordinator.call(request, OffsetFetchResponse::read).groups().getFirst();
        check(found.errorCode(), "reading the offsets of group '" + group + "'", null);
        var offsets = new TreeMap<TopicPartition, Long>();
        for (var topic : found.topics()) {
            for (var each : topic.partitions()) {
                check(each.errorCode(), "reading the offsets of group '" + group + "'", null);
                if (each.committedOffset() >= 0) {
                    offsets.put(new TopicPartition(topic.name(), each.partitionIndex()), each.committedOffset());
                }
            }
        }
        return offsets;
    }

    /// Commits for a group that has no members now.
    public void commit(String group, Map<TopicPartition, Long> offsets) {
        cluster.patiently(() -> {
            commit(cluster.coordinator(group), group, NO_GENERATION, "", null, offsets);
            return group;
        });
    }

    static void commit(
            Connection coordinator,
            String group,
            int generation,
            String member,
            @Nullable String instanceId,
            Map<TopicPartition, Long> offsets) {
        if (offsets.isEmpty()) {
            return;
        }
        var byTopic = new LinkedHashMap<String, List<OffsetCommitRequest.OffsetCommitRequestPartition>>();
        offsets.forEach((partition, offset) -> Topics.add(
                byTopic,
                partition.topic(),
                OffsetCommitRequest.OffsetCommitRequestPartition.builder()
                        .partitionIndex(partition.partition())
                        .committedOffset(offset)
                        .committedMetadata("")
                        .build()));
        var request = OffsetCommitRequest.builder()
                .groupId(group)
                .generationIdOrMemberEpoch(generation)
                .memberId(member)
                .groupInstanceId(instanceId)
                .topics(byTopic.entrySet().stream()
                        .map(topic -> OffsetCommitRequest.OffsetCommitRequestTopic.builder()
                                .name(topic.getKey())
                                .partitions(topic.getValue())
                                .build())
                        .toList())
                .build();
        var response = coordinator.call(request, OffsetCommitResponse::read);
        for (var topic : response.topics()) {
            for (var each : topic.partitions()) {
                check(each.errorCode(), "committing offsets of group '" + group + "'", null);
            }
        }
    }

    /// Forgets what the group committed in these partitions.
    public void deleteOffsets(String group, Collection<TopicPartition> partitions) {
        var byTopic = new LinkedHashMap<String, List<OffsetDeleteRequest.OffsetDeleteRequestPartition>>();
        partitions.forEach(partition -> Topics.add(
                byTopic,
                partition.topic(),
                new OffsetDeleteRequest.OffsetDeleteRequestPartition(partition.partition())));
        var request = new OffsetDeleteRequest(
                group,
                byTopic.entrySet().stream()
                        .map(topic ->
                                new OffsetDeleteRequest.OffsetDeleteRequestTopic(topic.getKey(), topic.getValue()))
                        .toList());
        cluster.patiently(() -> {
            var response = cluster.coordinator(group).call(request, OffsetDeleteResponse::read);
            check(response.errorCode(), "deleting offsets of group '" + group + "'", null);
            response.topics()
                    .forEach(topic -> topic.partitions()
                            .forEach(each ->
                                    check(each.errorCode(), "deleting offsets of group '" + group + "'", null)));
            return response;
        });
    }

    static void check(short code, String what, @Nullable String message) {
        var error = ErrorCode.of(code);
        if (error != ErrorCode.NONE) {
            throw ClientException.answered(error, what, message);
        }
    }
}
