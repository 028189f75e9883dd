package io.moldau.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.Environment;
import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Payload;
import io.moldau.protocol.Request;
import io.moldau.protocol.Response;
import io.moldau.protocol.message.AlterClientQuotasResponse;
import io.moldau.protocol.message.CreatePartitionsRequest;
import io.moldau.protocol.message.CreatePartitionsResponse;
import io.moldau.protocol.message.CreateTopicsRequest;
import io.moldau.protocol.message.CreateTopicsResponse;
import io.moldau.protocol.message.DeleteTopicsRequest;
import io.moldau.protocol.message.DeleteTopicsResponse;
import io.moldau.protocol.message.FetchRequest;
import io.moldau.protocol.message.FetchResponse;
import io.moldau.protocol.message.ListOffsetsRequest;
import io.moldau.protocol.message.ListOffsetsResponse;
import io.moldau.protocol.message.MetadataRequest;
import io.moldau.protocol.message.MetadataResponse;
import io.moldau.protocol.message.ProduceRequest;
import io.moldau.protocol.message.ProduceResponse;
import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What clients over their quotas are answered, by requests as they are on the wire; each on a connection of its
/// own, as one that was throttled is not listened to for a while.
@Timeout(60)
class QuotaEnforcementTest {
    private static final String CLIENT = "every";
    private static final String TOPIC = "orders";
    private static final int VALUE_BYTES = 5_000;
    private static final int INITIAL_EPOCH = 0;
    private static final int NO_SESSION = -1;
    private static final short PRODUCE_VERSION = 12;

    @TempDir
    Path directory;

    private Node node;

    @BeforeEach
    void start() throws Exception {
        node = Node.start(
                Environment.real(), Map.of("log.dirs", directory.toString(), "listeners", "PLAINTEXT://127.0.0.1:0"));
        assertThat(create(TOPIC, 1, 7).topics().getFirst().errorCode()).isZero();
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private Response ask(ApiKey key, int version, Request request) throws IOException {
        try (var socket = new Socket()) {
            socket.connect(node.address());
            return EveryVersionTest.ask(socket, key, (short) version, request);
        }
    }

    private void limit(String type, String name, String key, double value) throws IOException {
        var request = SecurityTemplates.alterQuota(type, name, key, value);
        var response = (AlterClientQuotasResponse) ask(ApiKey.ALTER_CLIENT_QUOTAS, 1, request);
        assertThat(response.entries().getFirst().errorMessage()).isNull();
    }

    private CreateTopicsResponse create(String name, int partitions, int version) throws IOException {
        return (CreateTopicsResponse) ask(
                ApiKey.CREATE_TOPICS,
                version,
                CreateTopicsRequest.builder()
                        .topics(List.of(CreateTopicsRequest.CreatableTopic.builder()
                                .name(name)
                                .numPartitions(partitions)
                                .replicationFactor((short) 1)
                                .assignments(List.of())
                                .configs(List.of())
                                .build()))
                        .build());
    }

    private ProduceResponse produce() throws IOException {
        return (ProduceResponse) ask(ApiKey.PRODUCE, PRODUCE_VERSION, oneRecord());
    }

    private static ProduceRequest oneRecord() {
        var batch = new BatchBuilder(Compression.NONE)
                .append(1, null, ByteBuffer.allocate(VALUE_BYTES), List.of())
                .build();
        return ProduceRequest.builder()
                .acks((short) -1)
                .topicData(List.of(ProduceRequest.TopicProduceData.builder()
                        .name(TOPIC)
                        .partitionData(List.of(ProduceRequest.PartitionProduceData.builder()
                                .records(Payload.of(batch))
                                .build()))
                        .build()))
                .build();
    }

    private static long baseOffset(ProduceResponse response) {
        return response.responses().getFirst().partitionResponses().getFirst().baseOffset();
    }

    private long logEnd() throws IOException {
        var answer = (ListOffsetsResponse) ask(
                ApiKey.LIST_OFFSETS,
                7,
                ListOffsetsRequest.builder()
                        .replicaId(-1)
                        .topics(List.of(ListOffsetsRequest.ListOffsetsTopic.builder()
                                .name(TOPIC)
                                .partitions(List.of(ListOffsetsRequest.ListOffsetsPartition.builder()
                                        .timestamp(-1)
                                        .build()))
                                .build()))
                        .build());
        return answer.topics().getFirst().partitions().getFirst().offset();
    }

    private FetchResponse fetch(int sessionEpoch) throws IOException {
        return (FetchResponse) ask(
                ApiKey.FETCH,
                12,
                FetchRequest.builder()
                        .maxBytes(1 << 20)
                        .minBytes(1)
                        .sessionEpoch(sessionEpoch)
                        .topics(List.of(FetchRequest.FetchTopic.builder()
                                .topic(TOPIC)
                                .partitions(List.of(FetchRequest.FetchPartition.builder()
                                        .partitionMaxBytes(1 << 20)
                                        .build()))
                                .build()))
                        .build());
    }

    private static int bytes(FetchResponse response) {
        return response.responses().stream()
                .flatMap(topic -> topic.partitions().stream())
                .mapToInt(partition -> {
                    var records = partition.records();
                    return records == null ? 0 : records.sizeBytes();
                })
                .sum();
    }

    @Test
    void aProducerOverItsQuotaIsToldAndItsRecordsAreTaken() throws Exception {
        assertThat(produce().throttleTimeMs()).isZero();
        limit("client-id", "somebody else", "producer_byte_rate", 1);
        assertThat(produce().throttleTimeMs()).isZero();
        limit("client-id", CLIENT, "producer_byte_rate", 1_000);
        assertThat(produce().throttleTimeMs()).isZero();
        produce();
        var throttled = produce();
        // Three requests of 5 KB in a window of ten to eleven seconds.
        assertThat(throttled.throttleTimeMs()).isBetween(3_000, 6_000);
        assertThat(baseOffset(throttled)).isEqualTo(4);
    }

    @Test
    void ofManyRequestsSentAtOnceNoneIsTakenAfterTheFirstThatIsTooMuch() throws Exception {
        // Given: two requests of 5 KB are within the quota of a window, the third is not.
        limit("client-id", CLIENT, "producer_byte_rate", 1_200);
        var clock = Environment.real().clock();
        int count = 20;
        var together = new ByteArrayOutputStream();
        for (int i = 0; i < count; i++) {
            together.writeBytes(EveryVersionTest.frame(oneRecord(), PRODUCE_VERSION));
        }
        try (var socket = new Socket()) {
            socket.connect(node.address());
            // When
            socket.getOutputStream().write(together.toByteArray());
            // Then
            for (int i = 0; i < 2; i++) {
                assertThat(produced(socket).throttleTimeMs()).isZero();
            }
            var tooMuch = produced(socket);
            long told = clock.nanos();
            assertThat(tooMuch.throttleTimeMs()).isBetween(1_000, 3_500);
            assertThat(logEnd()).isEqualTo(3);
            limit("client-id", CLIENT, "producer_byte_rate", 1e9);
            for (int i = 3; i < count; i++) {
                var later = produced(socket);
                assertThat(clock.nanos() - told).isGreaterThan(tooMuch.throttleTimeMs() * 500_000L);
                assertThat(later.throttleTimeMs()).isZero();
                assertThat(baseOffset(later)).isEqualTo(i);
            }
        }
    }

    private static ProduceResponse produced(Socket socket) throws IOException {
        return (ProduceResponse) EveryVersionTest.answer(socket, ApiKey.PRODUCE, PRODUCE_VERSION);
    }

    @Test
    void aConsumerOverItsQuotaIsAnsweredWithNothingAndItsSessionDoesNotBegin() throws Exception {
        produce();
        limit("client-id", CLIENT, "consumer_byte_rate", 700);
        assertThat(bytes(fetch(NO_SESSION))).isGreaterThan(VALUE_BYTES);
        for (int epoch : new int[] {NO_SESSION, INITIAL_EPOCH}) {
            var throttled = fetch(epoch);
            assertThat(throttled.throttleTimeMs()).isPositive();
            assertThat(throttled.responses()).isEmpty();
            assertThat(throttled.errorCode()).isZero();
            assertThat(throttled.sessionId()).isZero();
        }
        limit("client-id", CLIENT, "consumer_byte_rate", 1e9);
        var free = fetch(INITIAL_EPOCH);
        assertThat(free.throttleTimeMs()).isZero();
        assertThat(bytes(free)).isGreaterThan(VALUE_BYTES);
        assertThat(free.sessionId()).isPositive();
    }

    @Test
    void oneAnswerIsNoLargerThanTheWindowsAllowButHasABatch() throws Exception {
        for (int i = 0; i < 10; i++) {
            produce();
        }
        limit("client-id", CLIENT, "consumer_byte_rate", 1_100);
        assertThat(bytes(fetch(NO_SESSION))).isBetween(2 * VALUE_BYTES, 3 * VALUE_BYTES);
        limit("client-id", CLIENT, "consumer_byte_rate", 1e9);
        limit("user", "ANONYMOUS", "consumer_byte_rate", 1);
        assertThat(bytes(fetch(NO_SESSION))).isBetween(VALUE_BYTES, 2 * VALUE_BYTES);
    }

    @Test
    void whoKeepsThreadsBusyIsThrottledWhateverHeAsks() throws Exception {
        var metadata = MetadataRequest.builder().topics(null).build();
        assertThat(((MetadataResponse) ask(ApiKey.METADATA, 12, metadata)).throttleTimeMs())
                .isZero();
        limit("user", "ANONYMOUS", "request_percentage", 1e-6);
        assertThat(((MetadataResponse) ask(ApiKey.METADATA, 12, metadata)).throttleTimeMs())
                .isBetween(1, 1_000);
        assertThat(produce().throttleTimeMs()).isBetween(1, 1_000);
        assertThat(ask(ApiKey.METADATA, 2, metadata))
                .as("a version that cannot tell")
                .isNotNull();
    }

    @Test
    void creatingAndDeletingPartitionsIsRefusedOrOwedByVersion() throws Exception {
        limit("user", "ANONYMOUS", "controller_mutation_rate", 1);
        assertThat(create("burst", 20, 7).throttleTimeMs()).isZero();
        var refused = create("more", 1, 7);
        assertThat(refused.topics().getFirst().errorCode()).isEqualTo(ErrorCode.THROTTLING_QUOTA_EXCEEDED.code());
        assertThat(refused.topics().getFirst().errorMessage()).contains("controller_mutation_rate");
        assertThat(refused.throttleTimeMs()).isBetween(1_000, 10_000);
        var grown = (CreatePartitionsResponse) ask(ApiKey.CREATE_PARTITIONS, 3, grow());
        assertThat(grown.results().getFirst().errorCode()).isEqualTo(ErrorCode.THROTTLING_QUOTA_EXCEEDED.code());
        var deleted = (DeleteTopicsResponse) ask(ApiKey.DELETE_TOPICS, 5, delete());
        assertThat(deleted.responses().getFirst().errorCode()).isEqualTo(ErrorCode.THROTTLING_QUOTA_EXCEEDED.code());
        assertThat(deleted.throttleTimeMs()).isPositive();
        var older = create("more", 1, 5);
        assertThat(older.topics().getFirst().errorCode()).isZero();
        assertThat(older.throttleTimeMs()).isPositive();
        assertThat(((CreatePartitionsResponse) ask(ApiKey.CREATE_PARTITIONS, 2, grow()))
                        .results()
                        .getFirst()
                        .errorCode())
                .isZero();
        assertThat(((DeleteTopicsResponse) ask(ApiKey.DELETE_TOPICS, 4, delete()))
                        .responses()
                        .getFirst()
                        .errorCode())
                .isZero();
    }

    private static CreatePartitionsRequest grow() {
        return CreatePartitionsRequest.builder()
                .topics(List.of(CreatePartitionsRequest.CreatePartitionsTopic.builder()
                        .name(TOPIC)
                        .count(2)
                        .assignments(null)
                        .build()))
                .build();
    }

    private static DeleteTopicsRequest delete() {
        return DeleteTopicsRequest.builder()
                .topicNames(List.of(TOPIC))
                .topics(List.of())
                .build();
    }

    @Test
    void anAddressThatConnectsTooOftenIsNotServed() throws Exception {
        limit("ip", "127.0.0.1", "connection_creation_rate", 1);
        int served = 0;
        boolean refused = false;
        while (!refused && served < 100) {
            try (var socket = new Socket()) {
                socket.connect(node.address());
                refused = !isAnswered(socket);
                served++;
            }
        }
        assertThat(refused).isTrue();
        assertThat(served).isGreaterThan(5);
    }

    private static boolean isAnswered(Socket socket) {
        try {
            var metadata = MetadataRequest.builder().topics(null).build();
            return EveryVersionTest.ask(socket, ApiKey.METADATA, (short) 12, metadata) != null;
        } catch (IOException | AssertionError closed) {
            return false;
        }
    }
}
