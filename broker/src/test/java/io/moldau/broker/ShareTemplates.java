package io.moldau.broker;

import io.moldau.protocol.Request;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.AlterShareGroupOffsetsRequest;
import io.moldau.protocol.message.DeleteShareGroupOffsetsRequest;
import io.moldau.protocol.message.DeleteShareGroupStateRequest;
import io.moldau.protocol.message.DescribeShareGroupOffsetsRequest;
import io.moldau.protocol.message.InitializeShareGroupStateRequest;
import io.moldau.protocol.message.ReadShareGroupStateRequest;
import io.moldau.protocol.message.ReadShareGroupStateSummaryRequest;
import io.moldau.protocol.message.ShareAcknowledgeRequest;
import io.moldau.protocol.message.ShareFetchRequest;
import io.moldau.protocol.message.ShareGroupDescribeRequest;
import io.moldau.protocol.message.ShareGroupHeartbeatRequest;
import io.moldau.protocol.message.WriteShareGroupStateRequest;
import java.util.List;

/// The requests of share groups, with content.
final class ShareTemplates {
    private static final String GROUP = "sharing";
    private static final String MEMBER = "member";

    private ShareTemplates() {}

    static List<Request> all(String topic, Uuid id) {
        return List.of(
                ShareGroupHeartbeatRequest.builder()
                        .groupId(GROUP)
                        .memberId(MEMBER)
                        .subscribedTopicNames(List.of(topic))
                        .build(),
                ShareGroupDescribeRequest.builder().groupIds(List.of(GROUP)).build(),
                ShareFetchRequest.builder()
                        .groupId(GROUP)
                        .memberId(MEMBER)
                        .maxWaitMs(10)
                        .minBytes(1)
                        .maxRecords(10)
                        .batchSize(10)
                        .topics(List.of(ShareFetchRequest.FetchTopic.builder()
                                .topicId(id)
                                .partitions(List.of(ShareFetchRequest.FetchPartition.builder()
                                        .build()))
                                .build()))
                        .build(),
                ShareAcknowledgeRequest.builder()
                        .groupId(GROUP)
                        .memberId(MEMBER)
                        .shareSessionEpoch(1)
                        .topics(List.of(ShareAcknowledgeRequest.AcknowledgeTopic.builder()
                                .topicId(id)
                                .partitions(List.of(ShareAcknowledgeRequest.AcknowledgePartition.builder()
                                        .acknowledgementBatches(
                                                List.of(ShareAcknowledgeRequest.AcknowledgementBatch.builder()
                                                        .acknowledgeTypes(List.of((byte) 1))
                                                        .build()))
                                        .build()))
                                .build()))
                        .build(),
                InitializeShareGroupStateRequest.builder()
                        .groupId(GROUP)
                        .topics(List.of(InitializeShareGroupStateRequest.InitializeStateData.builder()
                                .topicId(id)
                                .partitions(List.of(InitializeShareGroupStateRequest.PartitionData.builder()
                                        .build()))
                                .build()))
                        .build(),
                ReadShareGroupStateRequest.builder()
                        .groupId(GROUP)
                        .topics(List.of(ReadShareGroupStateRequest.ReadStateData.builder()
                                .topicId(id)
                                .partitions(List.of(ReadShareGroupStateRequest.PartitionData.builder()
                                        .build()))
                                .build()))
                        .build(),
                WriteShareGroupStateRequest.builder()
                        .groupId(GROUP)
                        .topics(List.of(WriteShareGroupStateRequest.WriteStateData.builder()
                                .topicId(id)
                                .partitions(List.of(WriteShareGroupStateRequest.PartitionData.builder()
                                        .stateBatches(List.of(WriteShareGroupStateRequest.StateBatch.builder()
                                                .lastOffset(4)
                                                .deliveryState((byte) 2)
                                                .build()))
                                        .build()))
                                .build()))
                        .build(),
                ReadShareGroupStateSummaryRequest.builder()
                        .groupId(GROUP)
                        .topics(List.of(ReadShareGroupStateSummaryRequest.ReadStateSummaryData.builder()
                                .topicId(id)
                                .partitions(List.of(ReadShareGroupStateSummaryRequest.PartitionData.builder()
                                        .build()))
                                .build()))
                        .build(),
                DeleteShareGroupStateRequest.builder()
                        .groupId(GROUP)
                        .topics(List.of(DeleteShareGroupStateRequest.DeleteStateData.builder()
                                .topicId(id)
                                .partitions(List.of(DeleteShareGroupStateRequest.PartitionData.builder()
                                        .build()))
                                .build()))
                        .build(),
                DescribeShareGroupOffsetsRequest.builder()
                        .groups(List.of(DescribeShareGroupOffsetsRequest.DescribeShareGroupOffsetsRequestGroup.builder()
                                .groupId(GROUP)
                                .topics(null)
                                .build()))
                        .build(),
                AlterShareGroupOffsetsRequest.builder()
                        .groupId(GROUP)
                        .topics(List.of(AlterShareGroupOffsetsRequest.AlterShareGroupOffsetsRequestTopic.builder()
                                .topicName(topic)
                                .partitions(List.of(
                                        AlterShareGroupOffsetsRequest.AlterShareGroupOffsetsRequestPartition.builder()
                                                .build()))
                                .build()))
                        .build(),
                DeleteShareGroupOffsetsRequest.builder()
                        .groupId(GROUP)
                        .topics(List.of(DeleteShareGroupOffsetsRequest.DeleteShareGroupOffsetsRequestTopic.builder()
                                .topicName(topic)
                                .build()))
                        .build());
    }
}
