package io.moldau.client;

import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.DescribeShareGroupOffsetsRequest;
import io.moldau.protocol.message.DescribeShareGroupOffsetsRequest.DescribeShareGroupOffsetsRequestGroup;
import io.moldau.protocol.message.DescribeShareGroupOffsetsResponse;
import io.moldau.protocol.message.ShareGroupDescribeRequest;
import io.moldau.protocol.message.ShareGroupDescribeResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Share groups and where they read (KIP-932).
public final class ShareGroupAdmin {
    private final Cluster cluster;

    /// Where a share group reads a partition.
    /// @param start all records before it are done with
    /// @param lag records from there on that are not done with; -1 if the node does not say
    public record Offset(long start, long lag) {}

    public ShareGroupAdmin(Cluster cluster) {
        this.cluster = cluster;
    }

    /// A share group with its members; empty if there is none of this name.
    public Optional<GroupInfo> describe(String group) {
        if (!cluster.offers(ApiKey.SHARE_GROUP_DESCRIBE)) {
            return Optional.empty();
        }
        return cluster.retrying(() -> {
            var request =
                    ShareGroupDescribeRequest.builder().groupIds(List.of(group)).build();
            var answer =
                    (ShareGroupDescribeResponse) cluster.call(cluster.coordinator(group), request, Cluster.ANY_VERSION);
            var described = answer.groups().getFirst();
            if (described.errorCode() == ErrorCode.GROUP_ID_NOT_FOUND.code()) {
                return Optional.empty();
            }
            ClientException.check(described.errorCode(), described.errorMessage(), "Group '" + group + "'");
            var members = described.members().stream()
                    .map(member -> new GroupInfo.Member(
                            member.memberId(),
                            "",
                            member.clientId(),
                            member.clientHost(),
                            member.assignment().topicPartitions().stream()
                                    .flatMap(topic -> topic.partitions().stream()
                                            .map(partition -> new TopicPartition(topic.topicName(), partition)))
                                    .sorted()
                                    .toList()))
                    .toList();
            return Optional.of(
                    new GroupInfo(group, "share", described.groupState(), described.assignorName(), members));
        });
    }

    /// Where the group reads; partitions that it has not begun are left out.
    public Map<TopicPartition, Offset> offsets(String group) {
        var request = DescribeShareGroupOffsetsRequest.builder()
                .groups(List.of(DescribeShareGroupOffsetsRequestGroup.builder()
                        .groupId(group)
                        .topics(null)
                        .build()))
                .build();
        return cluster.retrying(() -> {
            var answer = (DescribeShareGroupOffsetsResponse)
                    cluster.call(cluster.coordinator(group), request, Cluster.ANY_VERSION);
            var offsets = new TreeMap<TopicPartition, Offset>();
            for (var each : answer.groups()) {
                ClientException.check(each.errorCode(), each.errorMessage(), "Offsets of group '" + group + "'");
                for (var topic : each.topics()) {
                    for (var partition : topic.partitions()) {
                        ClientException.check(
                                partition.errorCode(), partition.errorMessage(), "Offsets of group '" + group + "'");
                        if (partition.startOffset() >= 0) {
                            offsets.put(
                                    new TopicPartition(topic.topicName(), partition.partitionIndex()),
                                    new Offset(partition.startOffset(), partition.lag()));
                        }
                    }
                }
            }
            return offsets;
        });
    }
}
