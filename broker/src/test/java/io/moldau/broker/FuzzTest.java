package io.moldau.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.Environment;
import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ByteReader;
import io.moldau.protocol.ByteWriter;
import io.moldau.protocol.Payload;
import io.moldau.protocol.Request;
import io.moldau.protocol.UnsupportedFieldException;
import io.moldau.protocol.message.ApiVersionsRequest;
import io.moldau.protocol.message.DescribeConfigsRequest;
import io.moldau.protocol.message.FetchRequest;
import io.moldau.protocol.message.FindCoordinatorRequest;
import io.moldau.protocol.message.HeartbeatRequest;
import io.moldau.protocol.message.JoinGroupRequest;
import io.moldau.protocol.message.ListOffsetsRequest;
import io.moldau.protocol.message.MetadataRequest;
import io.moldau.protocol.message.MetadataResponse;
import io.moldau.protocol.message.OffsetCommitRequest;
import io.moldau.protocol.message.OffsetFetchRequest;
import io.moldau.protocol.message.ProduceRequest;
import io.moldau.protocol.message.RequestHeader;
import io.moldau.protocol.message.ResponseHeader;
import io.moldau.protocol.message.SyncGroupRequest;
import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Sends 200,000 random and mutated frames. The broker must answer an honest client all the while.
class FuzzTest {
    private static final int FRAMES = 200_000;
    private static final int HONEST_EVERY = 500;
    private static final long SEED = 0x5EED_2026L;

    @TempDir
    Path directory;

    @Test
    void randomAndMutatedFramesDisturbNobodyElse() throws Exception {
        System.setProperty("org.slf4j.simpleLogger.log.io.moldau.network.Connection", "error");
        var random = new Random(SEED);
        try (var node = Node.start(
                        Environment.real(),
                        Map.of(
                                "log.dirs", directory.toString(),
                                "listeners", "PLAINTEXT://127.0.0.1:0",
                                "auto.create.topics.enable", "false"));
                var honest = new Socket()) {
            honest.connect(node.address());
            var templates = templates();
            int honestRequests = 0;
            for (int sent = 0; sent < FRAMES; sent++) {
                attack(node.address(), templates, random);
                if (sent % HONEST_EVERY == 0) {
                    assertThat(askMetadata(honest, ++honestRequests))
                            .as("seed %d after %d frames", SEED, sent)
                            .isEqualTo(1);
                }
            }
            assertThat(askMetadata(honest, -1)).isEqualTo(1);
            assertThat(node.heldRequestBytes()).isZero();
        }
    }

    /// One frame that is certainly read, sometimes with more behind it, and then silence until the broker hangs up.
    private static void attack(InetSocketAddress address, List<byte[]> templates, Random random) throws IOException {
        try (var socket = new Socket()) {
            socket.setSoLinger(true, 0);
            socket.connect(address);
            int count = 1 + (random.nextInt(10) == 0 ? random.nextInt(30) : 0);
            var all = new ByteArrayOutputStream();
            var data = new DataOutputStream(all);
            for (int i = 0; i < count; i++) {
                byte[] frame = frame(templates, random);
                data.writeInt(random.nextInt(200) == 0 ? random.nextInt() : frame.length);
                data.write(frame);
            }
            try {
                socket.getOutputStream().write(all.toByteArray());
                socket.shutdownOutput();
                socket.getInputStream().transferTo(OutputStream.nullOutputStream());
            } catch (IOException reset) {
                assertThat(reset).hasMessageMatching("(?i).*(reset|broken pipe|not connected).*");
            }
        }
    }

    private static byte[] frame(List<byte[]> templates, Random random) {
        int kind = random.nextInt(4);
        if (kind == 0) {
            byte[] noise = new byte[random.nextInt(200)];
            random.nextBytes(noise);
            return noise;
        }
        byte[] frame = templates.get(random.nextInt(templates.size())).clone();
        if (kind == 1) {
            // A right header, anything behind it.
            for (int i = Math.min(frame.length, 12); i < frame.length; i++) {
                frame[i] = (byte) random.nextInt();
            }
            return frame;
        }
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            int at = 8 + random.nextInt(frame.length - 8);
            frame[at] = random.nextBoolean() ? (byte) random.nextInt() : (byte) (frame[at] ^ 1 << random.nextInt(8));
        }
        return kind == 2 ? frame : Arrays.copyOf(frame, 1 + random.nextInt(frame.length + 20));
    }

    private static List<byte[]> templates() {
        var requests = List.<Request>of(
                ApiVersionsRequest.builder()
                        .clientSoftwareName("fuzz")
                        .clientSoftwareVersion("1")
                        .build(),
                MetadataRequest.builder().topics(List.of()).build(),
                ProduceRequest.builder()
                        .acks((short) 1)
                        .timeoutMs(1000)
                        .topicData(List.of(ProduceRequest.TopicProduceData.builder()
                                .name("fuzz")
                                .partitionData(List.of(ProduceRequest.PartitionProduceData.builder()
                                        .index(0)
                                        .records(Payload.of(batch()))
                                        .build()))
                                .build()))
                        .build(),
                FetchRequest.builder()
                        .maxWaitMs(1)
                        .topics(List.of(FetchRequest.FetchTopic.builder()
                                .topic("fuzz")
                                .partitions(List.of(FetchRequest.FetchPartition.builder()
                                        .partitionMaxBytes(100)
                                        .build()))
                                .build()))
                        .forgottenTopicsData(List.of())
                        .build(),
                ListOffsetsRequest.builder().topics(List.of()).build(),
                FindCoordinatorRequest.builder().key("g").build(),
                JoinGroupRequest.builder()
                        .groupId("g")
                        .sessionTimeoutMs(10_000)
                        .protocolType("consumer")
                        .protocols(List.of(JoinGroupRequest.JoinGroupRequestProtocol.builder()
                                .name("range")
                                .metadata(ByteBuffer.wrap("m".getBytes(StandardCharsets.UTF_8)))
                                .build()))
                        .build(),
                SyncGroupRequest.builder()
                        .groupId("g")
                        .memberId("m")
                        .assignments(List.of())
                        .build(),
                HeartbeatRequest.builder().groupId("g").memberId("m").build(),
                OffsetCommitRequest.builder()
                        .groupId("g")
                        .memberId("m")
                        .topics(List.of())
                        .build(),
                OffsetFetchRequest.builder().groupId("g").topics(List.of()).build(),
                DescribeConfigsRequest.builder().resources(List.of()).build());
        var frames = new ArrayList<byte[]>();
        for (var request : requests) {
            short oldest = request.apiKey().oldestVersion();
            for (short version = oldest; version <= request.apiKey().newestStableVersion(); version++) {
                try {
                    frames.add(bytes(request, version, 1));
                } catch (UnsupportedFieldException notInThisVersion) {
                    assertThat(notInThisVersion).hasMessageContaining("version");
                }
            }
        }
        return frames;
    }

    private static ByteBuffer batch() {
        return new BatchBuilder(Compression.GZIP)
                .append(1, null, ByteBuffer.wrap("value".getBytes(StandardCharsets.UTF_8)))
                .build();
    }

    private static byte[] bytes(Request request, short version, int correlationId) {
        var out = new ByteWriter();
        RequestHeader.builder()
                .requestApiKey(request.apiKey().id())
                .requestApiVersion(version)
                .correlationId(correlationId)
                .clientId("fuzz")
                .build()
                .write(out, request.apiKey().requestHeaderVersion(version));
        request.write(out, version);
        var buffer = out.toBuffer();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    /// The number of brokers in the answer.
    private static int askMetadata(Socket socket, int correlationId) throws IOException {
        short version = 12;
        byte[] request = bytes(MetadataRequest.builder().topics(List.of()).build(), version, correlationId);
        var out = ByteBuffer.allocate(4 + request.length).putInt(request.length).put(request);
        socket.getOutputStream().write(out.array());
        var in = new DataInputStream(socket.getInputStream());
        byte[] answer = new byte[in.readInt()];
        in.readFully(answer);
        var reader = new ByteReader(ByteBuffer.wrap(answer));
        var header = ResponseHeader.read(reader, ApiKey.METADATA.responseHeaderVersion(version));
        assertThat(header.correlationId()).isEqualTo(correlationId);
        return MetadataResponse.read(reader, version).brokers().size();
    }
}
