package io.moldau.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.Environment;
import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ByteReader;
import io.moldau.protocol.ByteWriter;
import io.moldau.protocol.Payload;
import io.moldau.protocol.Request;
import io.moldau.protocol.Response;
import io.moldau.protocol.UnsupportedFieldException;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.*;
import io.moldau.protocol.message.AddRaftVoterRequest;
import io.moldau.protocol.message.AlterPartitionReassignmentsRequest;
import io.moldau.protocol.message.AlterReplicaLogDirsRequest;
import io.moldau.protocol.message.DescribeQuorumRequest;
import io.moldau.protocol.message.ElectLeadersRequest;
import io.moldau.protocol.message.ListPartitionReassignmentsRequest;
import io.moldau.protocol.message.RemoveRaftVoterRequest;
import io.moldau.protocol.message.StreamsGroupDescribeRequest;
import io.moldau.protocol.message.StreamsGroupHeartbeatRequest;
import io.moldau.protocol.message.UnregisterBrokerRequest;
import io.moldau.protocol.message.UpdateFeaturesRequest;
import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every API key that ApiVersions announces is answered in every version that it announces: with content where the
/// content is, with an error where it is not, never with a closed connection.
class EveryVersionTest {
    private static final String TOPIC = "every";

    @TempDir
    Path directory;

    @Test
    void everyAnnouncedVersionOfEveryKeyIsAnswered() throws Exception {
        try (var node = Node.start(
                        Environment.real(),
                        Map.of("log.dirs", directory.toString(), "listeners", "PLAINTEXT://127.0.0.1:0"));
                var socket = new Socket()) {
            socket.connect(node.address());
            var announced = announced(socket);
            var topicId = createTopic(socket);
            ask(socket, ApiKey.FIND_COORDINATOR, (short) 4, findCoordinator());
            var templates = templates(topicId);
            assertThat(templates.keySet()).containsAll(announced.keySet());
            var answered = EnumSet.noneOf(ApiKey.class);
            for (var entry : announced.entrySet()) {
                var key = entry.getKey();
                for (short version = key.oldestVersion(); version <= entry.getValue(); version++) {
                    for (var request : templates.getOrDefault(key, List.of())) {
                        Request fitting = request;
                        try {
                            bytes(fitting, version);
                        } catch (UnsupportedFieldException notInThisVersion) {
                            continue;
                        }
                        assertThat(ask(socket, key, version, fitting))
                                .as("%s v%d", key, version)
                                .isNotNull();
                        answered.add(key);
                    }
                }
            }
            assertThat(answered).containsAll(announced.keySet());
        }
    }

    private static Map<ApiKey, Short> announced(Socket socket) throws IOException {
        var request = ApiVersionsRequest.builder()
                .clientSoftwareName("test")
                .clientSoftwareVersion("1")
                .build();
        var response = (ApiVersionsResponse) ask(socket, ApiKey.API_VERSIONS, (short) 4, request);
        var announced = new EnumMap<ApiKey, Short>(ApiKey.class);
        response.apiKeys().forEach(key -> announced.put(ApiKey.of(key.apiKey()).orElseThrow(), key.maxVersion()));
        assertThat(announced).hasSizeGreaterThan(30);
        return announced;
    }

    private static Uuid createTopic(Socket socket) throws IOException {
        var response = (CreateTopicsResponse) ask(
                socket,
                ApiKey.CREATE_TOPICS,
                (short) 7,
                CreateTopicsRequest.builder()
                        .topics(List.of(CreateTopicsRequest.CreatableTopic.builder()
                                .name(TOPIC)
                                .numPartitions(1)
                                .replicationFactor((short) 1)
                                .assignments(List.of())
                                .configs(List.of())
                                .build()))
                        .timeoutMs(1000)
                        .build());
        assertThat(response.topics().getFirst().errorCode()).isZero();
        return response.topics().getFirst().topicId();
    }

    private static FindCoordinatorRequest findCoordinator() {
        return FindCoordinatorRequest.builder().coordinatorKeys(List.of("g")).build();
    }

    /// Requests with content; versions that lack a field of one are asked by another.
    private static Map<ApiKey, List<Request>> templates(Uuid topicId) {
        var all = new ArrayList<Request>();
        all.add(ApiVersionsRequest.builder()
                .clientSoftwareName("test")
                .clientSoftwareVersion("1")
                .build());
        all.addAll(ShareTemplates.all(TOPIC, topicId));
        all.addAll(SecurityTemplates.all());
        all.add(MetadataRequest.builder().topics(null).build());
        all.add(MetadataRequest.builder()
                .topics(List.of(MetadataRequest.MetadataRequestTopic.builder()
                        .name(TOPIC)
                        .build()))
                .build());
        for (boolean byId : List.of(false, true)) {
            all.add(ProduceRequest.builder()
                    .acks((short) -1)
                    .timeoutMs(1000)
                    .topicData(List.of(ProduceRequest.TopicProduceData.builder()
                            .name(byId ? "" : TOPIC)
                            .topicId(byId ? topicId : Uuid.ZERO)
                            .partitionData(List.of(ProduceRequest.PartitionProduceData.builder()
                                    .records(Payload.of(batch()))
                                    .build()))
                            .build()))
                    .build());
            all.add(FetchRequest.builder()
                    .maxBytes(1 << 20)
                    .minBytes(1)
                    .topics(List.of(FetchRequest.FetchTopic.builder()
                            .topic(byId ? "" : TOPIC)
                            .topicId(byId ? topicId : Uuid.ZERO)
                            .partitions(List.of(FetchRequest.FetchPartition.builder()
                                    .partitionMaxBytes(1 << 20)
                                    .build()))
                            .build()))
                    .forgottenTopicsData(List.of())
                    .build());
        }
        for (long timestamp = -6; timestamp <= 1; timestamp++) {
            all.add(ListOffsetsRequest.builder()
                    .topics(List.of(ListOffsetsRequest.ListOffsetsTopic.builder()
                            .name(TOPIC)
                            .partitions(List.of(ListOffsetsRequest.ListOffsetsPartition.builder()
                                    .timestamp(timestamp)
                                    .build()))
                            .build()))
                    .build());
        }
        all.add(DescribeTopicPartitionsRequest.builder()
                .topics(List.of())
                .responsePartitionLimit(10)
                .build());
        all.add(DescribeClusterRequest.builder().build());
        all.add(CreateTopicsRequest.builder()
                .topics(List.of(CreateTopicsRequest.CreatableTopic.builder()
                        .name("validated")
                        .numPartitions(1)
                        .replicationFactor((short) 1)
                        .assignments(List.of())
                        .configs(List.of())
                        .build()))
                .validateOnly(true)
                .build());
        all.add(DeleteTopicsRequest.builder()
                .topicNames(List.of("nowhere"))
                .topics(List.of())
                .build());
        all.add(DeleteTopicsRequest.builder()
                .topicNames(List.of())
                .topics(List.of(DeleteTopicsRequest.DeleteTopicState.builder()
                        .name("nowhere")
                        .build()))
                .build());
        all.add(CreatePartitionsRequest.builder()
                .topics(List.of(CreatePartitionsRequest.CreatePartitionsTopic.builder()
                        .name(TOPIC)
                        .count(2)
                        .assignments(null)
                        .build()))
                .validateOnly(true)
                .build());
        all.add(DeleteRecordsRequest.builder()
                .topics(List.of(DeleteRecordsRequest.DeleteRecordsTopic.builder()
                        .name(TOPIC)
                        .partitions(List.of(DeleteRecordsRequest.DeleteRecordsPartition.builder()
                                .build()))
                        .build()))
                .build());
        all.add(DescribeProducersRequest.builder()
                .topics(List.of(DescribeProducersRequest.TopicRequest.builder()
                        .name(TOPIC)
                        .partitionIndexes(List.of(0, 9))
                        .build()))
                .build());
        all.add(OffsetForLeaderEpochRequest.builder()
                .topics(List.of(OffsetForLeaderEpochRequest.OffsetForLeaderTopic.builder()
                        .topic(TOPIC)
                        .partitions(List.of(OffsetForLeaderEpochRequest.OffsetForLeaderPartition.builder()
                                .build()))
                        .build()))
                .build());
        all.add(InitProducerIdRequest.builder().transactionalId(null).build());
        all.add(FindCoordinatorRequest.builder().key("g").build());
        all.add(findCoordinator());
        all.add(JoinGroupRequest.builder()
                .groupId("g")
                .sessionTimeoutMs(6_000)
                .protocolType("consumer")
                .protocols(List.of(JoinGroupRequest.JoinGroupRequestProtocol.builder()
                        .name("range")
                        .metadata(ByteBuffer.allocate(0))
                        .build()))
                .build());
        all.add(SyncGroupRequest.builder()
                .groupId("g")
                .memberId("m")
                .assignments(List.of())
                .build());
        all.add(HeartbeatRequest.builder().groupId("g").memberId("m").build());
        all.add(LeaveGroupRequest.builder()
                .groupId("g")
                .memberId("m")
                .members(List.of())
                .build());
        all.add(LeaveGroupRequest.builder()
                .groupId("g")
                .members(List.of(
                        LeaveGroupRequest.MemberIdentity.builder().memberId("m").build()))
                .build());
        for (boolean byId : List.of(false, true)) {
            all.add(OffsetCommitRequest.builder()
                    .groupId("simple")
                    .topics(List.of(OffsetCommitRequest.OffsetCommitRequestTopic.builder()
                            .name(byId ? "" : TOPIC)
                            .topicId(byId ? topicId : Uuid.ZERO)
                            .partitions(List.of(OffsetCommitRequest.OffsetCommitRequestPartition.builder()
                                    .committedOffset(1)
                                    .build()))
                            .build()))
                    .build());
        }
        all.add(OffsetFetchRequest.builder().groupId("simple").topics(null).build());
        all.add(OffsetFetchRequest.builder()
                .groupId("simple")
                .topics(List.of(OffsetFetchRequest.OffsetFetchRequestTopic.builder()
                        .name(TOPIC)
                        .partitionIndexes(List.of(0))
                        .build()))
                .build());
        all.add(OffsetFetchRequest.builder()
                .topics(List.of())
                .groups(List.of(OffsetFetchRequest.OffsetFetchRequestGroup.builder()
                        .groupId("simple")
                        .topics(null)
                        .build()))
                .build());
        all.add(OffsetDeleteRequest.builder()
                .groupId("simple")
                .topics(List.of())
                .build());
        all.add(ListGroupsRequest.builder().build());
        all.add(DescribeGroupsRequest.builder().groups(List.of("g", "nobody")).build());
        all.add(DeleteGroupsRequest.builder().groupsNames(List.of("nobody")).build());
        all.add(ConsumerGroupHeartbeatRequest.builder()
                .groupId("modern")
                .memberId("m")
                .rebalanceTimeoutMs(1000)
                .subscribedTopicNames(List.of(TOPIC))
                .topicPartitions(List.of())
                .build());
        all.add(ConsumerGroupDescribeRequest.builder()
                .groupIds(List.of("modern", "nobody"))
                .build());
        TransactionRequests.addTo(all, TOPIC);
        all.add(DescribeConfigsRequest.builder()
                .resources(List.of(DescribeConfigsRequest.DescribeConfigsResource.builder()
                        .resourceType((byte) 2)
                        .resourceName(TOPIC)
                        .configurationKeys(null)
                        .build()))
                .build());
        all.add(AlterConfigsRequest.builder().resources(List.of()).build());
        all.add(IncrementalAlterConfigsRequest.builder().resources(List.of()).build());
        all.add(ListConfigResourcesRequest.builder().build());
        all.add(DescribeLogDirsRequest.builder().topics(null).build());
        all.add(AlterReplicaLogDirsRequest.builder()
                .dirs(List.of(AlterReplicaLogDirsRequest.AlterReplicaLogDir.builder()
                        .path("/nowhere")
                        .topics(List.of(AlterReplicaLogDirsRequest.AlterReplicaLogDirTopic.builder()
                                .name(TOPIC)
                                .partitions(List.of(0))
                                .build()))
                        .build()))
                .build());
        all.add(GetTelemetrySubscriptionsRequest.builder().build());
        all.add(PushTelemetryRequest.builder().build());
        all.add(ElectLeadersRequest.builder().topicPartitions(null).build());
        all.add(AlterPartitionReassignmentsRequest.builder().build());
        all.add(ListPartitionReassignmentsRequest.builder().topics(null).build());
        all.add(DescribeQuorumRequest.builder().build());
        all.add(UpdateFeaturesRequest.builder().build());
        all.add(UnregisterBrokerRequest.builder().brokerId(99).build());
        all.add(AddRaftVoterRequest.builder().build());
        all.add(RemoveRaftVoterRequest.builder().build());
        all.add(StreamsGroupHeartbeatRequest.builder().groupId("g").build());
        all.add(StreamsGroupDescribeRequest.builder().groupIds(List.of("g")).build());
        var byKey = new EnumMap<ApiKey, List<Request>>(ApiKey.class);
        all.forEach(request -> byKey.computeIfAbsent(request.apiKey(), key -> new ArrayList<>())
                .add(request));
        return byKey;
    }

    private static ByteBuffer batch() {
        return new BatchBuilder(Compression.NONE)
                .append(1, null, ByteBuffer.wrap("value".getBytes(StandardCharsets.UTF_8)))
                .build();
    }

    private static byte[] bytes(Request request, short version) {
        var out = new ByteWriter();
        RequestHeader.builder()
                .requestApiKey(request.apiKey().id())
                .requestApiVersion(version)
                .correlationId(7)
                .clientId("every")
                .build()
                .write(out, request.apiKey().requestHeaderVersion(version));
        request.write(out, version);
        var buffer = out.toBuffer();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    static Response ask(Socket socket, ApiKey key, short version, Request request) throws IOException {
        socket.getOutputStream().write(frame(request, version));
        return answer(socket, key, version);
    }

    /// A request as it is on the wire.
    static byte[] frame(Request request, short version) {
        byte[] bytes = bytes(request, version);
        return ByteBuffer.allocate(4 + bytes.length)
                .putInt(bytes.length)
                .put(bytes)
                .array();
    }

    /// The next answer that comes.
    static Response answer(Socket socket, ApiKey key, short version) throws IOException {
        var in = new DataInputStream(socket.getInputStream());
        byte[] answer;
        try {
            answer = new byte[in.readInt()];
            in.readFully(answer);
        } catch (IOException closed) {
            throw new AssertionError(key + " v" + version + " was not answered", closed);
        }
        var reader = new ByteReader(ByteBuffer.wrap(answer));
        assertThat(ResponseHeader.read(reader, key.responseHeaderVersion(version))
                        .correlationId())
                .isEqualTo(7);
        var response = key.readResponse(reader, version);
        assertThat(reader.remaining())
                .as("%s v%d leaves nothing over", key, version)
                .isZero();
        return response;
    }
}
