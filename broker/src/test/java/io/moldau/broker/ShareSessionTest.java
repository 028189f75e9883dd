package io.moldau.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.Environment;
import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Payload;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.CreateTopicsRequest;
import io.moldau.protocol.message.CreateTopicsResponse;
import io.moldau.protocol.message.FindCoordinatorRequest;
import io.moldau.protocol.message.IncrementalAlterConfigsRequest;
import io.moldau.protocol.message.ProduceRequest;
import io.moldau.protocol.message.ShareAcknowledgeRequest;
import io.moldau.protocol.message.ShareAcknowledgeResponse;
import io.moldau.protocol.message.ShareFetchRequest;
import io.moldau.protocol.message.ShareFetchRequest.AcknowledgementBatch;
import io.moldau.protocol.message.ShareFetchResponse;
import io.moldau.protocol.message.ShareFetchResponse.AcquiredRecords;
import io.moldau.protocol.message.ShareGroupHeartbeatRequest;
import io.moldau.protocol.message.ShareGroupHeartbeatResponse;
import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Share sessions, by requests as they are on the wire.
@Timeout(60)
class ShareSessionTest {
    private static final String GROUP = "workers";
    private static final byte GROUP_RESOURCE = 32;

    @TempDir
    Path directory;

    private Node start() throws Exception {
        return Node.start(
                Environment.real(),
                Map.of(
                        "log.dirs",
                        directory.toString(),
                        "listeners",
                        "PLAINTEXT://127.0.0.1:0",
                        "group.share.max.share.sessions",
                        "2"));
    }

    private static Socket connect(Node node) throws IOException {
        var socket = new Socket();
        socket.connect(node.address());
        return socket;
    }

    /// A topic with three records in one batch, and a group that reads from its beginning.
    private static Uuid prepare(Socket socket) throws IOException {
        EveryVersionTest.ask(
                socket,
                ApiKey.FIND_COORDINATOR,
                (short) 4,
                FindCoordinatorRequest.builder().coordinatorKeys(List.of(GROUP)).build());
        var created = (CreateTopicsResponse) EveryVersionTest.ask(
                socket,
                ApiKey.CREATE_TOPICS,
                (short) 7,
                CreateTopicsRequest.builder()
                        .topics(List.of(CreateTopicsRequest.CreatableTopic.builder()
                                .name("jobs")
                                .numPartitions(1)
                                .replicationFactor((short) 1)
                                .assignments(List.of())
                                .configs(List.of())
                                .build()))
                        .build());
        EveryVersionTest.ask(
                socket,
                ApiKey.INCREMENTAL_ALTER_CONFIGS,
                (short) 1,
                IncrementalAlterConfigsRequest.builder()
                        .resources(List.of(IncrementalAlterConfigsRequest.AlterConfigsResource.builder()
                                .resourceType(GROUP_RESOURCE)
                                .resourceName(GROUP)
                                .configs(List.of(IncrementalAlterConfigsRequest.AlterableConfig.builder()
                                        .name("share.auto.offset.reset")
                                        .value("earliest")
                                        .build()))
                                .build()))
                        .build());
        var batch = new BatchBuilder(Compression.NONE);
        for (int i = 0; i < 3; i++) {
            batch.append(1, null, ByteBuffer.wrap(new byte[] {(byte) i}), List.of());
        }
        EveryVersionTest.ask(
                socket,
                ApiKey.PRODUCE,
                (short) 12,
                ProduceRequest.builder()
                        .acks((short) -1)
                        .topicData(List.of(ProduceRequest.TopicProduceData.builder()
                                .name("jobs")
                                .partitionData(List.of(ProduceRequest.PartitionProduceData.builder()
                                        .records(Payload.of(batch.build()))
                                        .build()))
                                .build()))
                        .build());
        var joined = (ShareGroupHeartbeatResponse) EveryVersionTest.ask(
                socket,
                ApiKey.SHARE_GROUP_HEARTBEAT,
                (short) 1,
                ShareGroupHeartbeatRequest.builder()
                        .groupId(GROUP)
                        .memberId("one")
                        .subscribedTopicNames(List.of("jobs"))
                        .build());
        assertThat(joined.errorCode()).isZero();
        return created.topics().getFirst().topicId();
    }

    private static ShareFetchResponse fetch(
            Socket socket, String member, int epoch, Uuid topic, AcknowledgementBatch... said) throws IOException {
        return (ShareFetchResponse) EveryVersionTest.ask(
                socket,
                ApiKey.SHARE_FETCH,
                (short) 2,
                ShareFetchRequest.builder()
                        .groupId(GROUP)
                        .memberId(member)
                        .shareSessionEpoch(epoch)
                        .maxWaitMs(20_000)
                        .minBytes(1)
                        .maxRecords(100)
                        .batchSize(100)
                        .topics(List.of(ShareFetchRequest.FetchTopic.builder()
                                .topicId(topic)
                                .partitions(List.of(ShareFetchRequest.FetchPartition.builder()
                                        .acknowledgementBatches(List.of(said))
                                        .build()))
                                .build()))
                        .build());
    }

    private static AcknowledgementBatch said(long first, long last, int type) {
        return AcknowledgementBatch.builder()
                .firstOffset(first)
                .lastOffset(last)
                .acknowledgeTypes(List.of((byte) type))
                .build();
    }

    private static AcquiredRecords acquired(ShareFetchResponse response) {
        var records = response.responses().getFirst().partitions().getFirst().acquiredRecords();
        assertThat(records).hasSize(1);
        return records.getFirst();
    }

    @Test
    void aBrokenConnectionGivesItsRecordsToWhoWaits() throws Exception {
        try (var node = start();
                var second = connect(node)) {
            Uuid topic;
            try (var first = connect(node)) {
                topic = prepare(first);
                assertThat(acquired(fetch(first, "one", 0, topic)).lastOffset()).isEqualTo(2);
            }
            var got = acquired(fetch(second, "two", 0, topic));
            assertThat(got.firstOffset()).isZero();
            assertThat(got.lastOffset()).isEqualTo(2);
            // The first one may never have looked at them.
            assertThat(got.deliveryCount()).isEqualTo((short) 1);
        }
    }

    @Test
    void whatIsSaidWithAFetchIsKeptAndReleasedRecordsAreInTheSameAnswer() throws Exception {
        try (var node = start();
                var socket = connect(node)) {
            var topic = prepare(socket);
            assertThat(acquired(fetch(socket, "one", 0, topic)).deliveryCount()).isEqualTo((short) 1);
            var again = fetch(socket, "one", 1, topic, said(0, 0, 1), said(1, 2, 2));
            assertThat(again.responses().getFirst().partitions().getFirst().acknowledgeErrorCode())
                    .isZero();
            assertThat(acquired(again))
                    .isEqualTo(AcquiredRecords.builder()
                            .firstOffset(1)
                            .lastOffset(2)
                            .deliveryCount((short) 2)
                            .build());
        }
    }

    @Test
    void aRequestOutOfTheSessionsOrderIsRefused() throws Exception {
        try (var node = start();
                var socket = connect(node)) {
            var topic = prepare(socket);
            assertThat(fetch(socket, "one", 1, topic).errorCode()).isEqualTo(ErrorCode.SHARE_SESSION_NOT_FOUND.code());
            assertThat(fetch(socket, "one", 0, topic, said(0, 0, 1)).errorCode())
                    .isEqualTo(ErrorCode.INVALID_REQUEST.code());
            assertThat(fetch(socket, "one", 0, topic).errorCode()).isZero();
            assertThat(fetch(socket, "one", 2, topic).errorCode())
                    .isEqualTo(ErrorCode.INVALID_SHARE_SESSION_EPOCH.code());
            // The session is there still, and its last request gives back what is not acknowledged.
            assertThat(fetch(socket, "one", -1, topic, said(0, 0, 1)).errorCode())
                    .isZero();
            assertThat(acquired(fetch(socket, "two", 0, topic)).firstOffset()).isEqualTo(1);
            assertThat(fetch(socket, "one", 1, topic).errorCode()).isEqualTo(ErrorCode.SHARE_SESSION_NOT_FOUND.code());
        }
    }

    @Test
    void moreSessionsThanAllowedAreRefused() throws Exception {
        try (var node = start();
                var socket = connect(node)) {
            prepare(socket);
            var nowhere = new Uuid(1, 1);
            assertThat(fetch(socket, "one", 0, nowhere).errorCode()).isZero();
            assertThat(fetch(socket, "two", 0, nowhere).errorCode()).isZero();
            assertThat(fetch(socket, "three", 0, nowhere).errorCode())
                    .isEqualTo(ErrorCode.SHARE_SESSION_LIMIT_REACHED.code());
            assertThat(fetch(socket, "two", 0, nowhere)
                            .responses()
                            .getFirst()
                            .partitions()
                            .getFirst()
                            .errorCode())
                    .isEqualTo(ErrorCode.UNKNOWN_TOPIC_ID.code());
        }
    }

    @Test
    void recordsOfSomebodyElseAreNotAcknowledged() throws Exception {
        try (var node = start();
                var socket = connect(node)) {
            var topic = prepare(socket);
            fetch(socket, "one", 0, topic);
            fetch(socket, "two", 0, new Uuid(1, 1));
            var response = (ShareAcknowledgeResponse) EveryVersionTest.ask(
                    socket,
                    ApiKey.SHARE_ACKNOWLEDGE,
                    (short) 2,
                    ShareAcknowledgeRequest.builder()
                            .groupId(GROUP)
                            .memberId("two")
                            .shareSessionEpoch(1)
                            .topics(List.of(ShareAcknowledgeRequest.AcknowledgeTopic.builder()
                                    .topicId(topic)
                                    .partitions(List.of(ShareAcknowledgeRequest.AcknowledgePartition.builder()
                                            .acknowledgementBatches(
                                                    List.of(ShareAcknowledgeRequest.AcknowledgementBatch.builder()
                                                            .lastOffset(2)
                                                            .acknowledgeTypes(List.of((byte) 1))
                                                            .build()))
                                            .build()))
                                    .build()))
                            .build());
            assertThat(response.errorCode()).isZero();
            assertThat(response.responses().getFirst().partitions().getFirst().errorCode())
                    .isEqualTo(ErrorCode.INVALID_RECORD_STATE.code());
        }
    }
}
