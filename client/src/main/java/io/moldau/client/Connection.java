package io.moldau.client;

import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ByteReader;
import io.moldau.protocol.ByteWriter;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.MalformedMessageException;
import io.moldau.protocol.Request;
import io.moldau.protocol.Response;
import io.moldau.protocol.message.ApiVersionsRequest;
import io.moldau.protocol.message.ApiVersionsResponse;
import io.moldau.protocol.message.ApiVersionsResponse.ApiVersion;
import io.moldau.protocol.message.RequestHeader;
import io.moldau.protocol.message.ResponseHeader;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.Map;
import java.util.Queue;

/// One connection to a broker, blocking. Requests may be sent ahead; responses come in the same order.
final class Connection implements AutoCloseable {
    private static final int CONNECT_TIMEOUT_MS = 10_000;
    private static final int MOST_RESPONSE_BYTES = 256 << 20;
    private static final String SOFTWARE = "moldau";

    private record Expected(ApiKey api, short version, int correlation) {}

    private final String name;
    private final String clientId;
    private final Socket socket;
    private final DataInputStream in;
    private final Queue<Expected> expected = new ArrayDeque<>();
    private final Map<ApiKey, ApiVersion> offered = new EnumMap<>(ApiKey.class);
    private int correlation;

    private Connection(String name, String clientId, Socket socket) throws IOException {
        this.name = name;
        this.clientId = clientId;
        this.socket = socket;
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 64 << 10));
    }

    static Connection open(String host, int port, String clientId, int timeoutMs) throws IOException {
        var socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(host, port), CONNECT_TIMEOUT_MS);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(timeoutMs);
            var connection = new Connection(host + ":" + port, clientId, socket);
            connection.negotiate();
            return connection;
        } catch (IOException | RuntimeException failure) {
            socket.close();
            throw failure;
        }
    }

    private void negotiate() throws IOException {
        short version = ApiKey.API_VERSIONS.newestStableVersion();
        write(
                ApiVersionsRequest.builder()
                        .clientSoftwareName(SOFTWARE)
                        .clientSoftwareVersion("0.1.0")
                        .build(),
                version);
        var body = readBody(expectedNow());
        boolean tooNew = body.getShort(body.position()) == ErrorCode.UNSUPPORTED_VERSION.code();
        var answer = ApiVersionsResponse.read(new ByteReader(body), tooNew ? 0 : version);
        for (var offer : answer.apiKeys()) {
            ApiKey.of(offer.apiKey()).ifPresent(key -> offered.put(key, offer));
        }
        if (offered.isEmpty()) {
            throw new IOException(name + " did not say which requests it answers");
        }
    }

    boolean offers(ApiKey api) {
        return offered.containsKey(api);
    }

    /// Sends a request in the newest version that both sides know, at most `newest`.
    void send(Request request, int newest) throws IOException {
        var api = request.apiKey();
        var offer = offered.get(api);
        if (offer == null) {
            throw new ClientException(
                    ErrorCode.UNSUPPORTED_VERSION, "The broker " + name + " does not answer " + api + ".");
        }
        int version = Math.min(Math.min(offer.maxVersion(), api.newestStableVersion()), newest);
        if (version < offer.minVersion() || version < api.oldestVersion()) {
            throw new ClientException(
                    ErrorCode.UNSUPPORTED_VERSION,
                    "The broker " + name + " and this client have no version of " + api + " in common.");
        }
        write(request, (short) version);
    }

    private void write(Request request, short version) throws IOException {
        var api = request.apiKey();
        int id = correlation++;
        var out = ByteWriter.frame();
        RequestHeader.builder()
                .requestApiKey(api.id())
                .requestApiVersion(version)
                .correlationId(id)
                .clientId(clientId)
                .build()
                .write(out, api.requestHeaderVersion(version));
        request.write(out, version);
        var stream = socket.getOutputStream();
        for (var part : out.parts()) {
            var bytes = part.buffer();
            if (bytes.hasArray()) {
                stream.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
            } else {
                byte[] copy = new byte[bytes.remaining()];
                bytes.get(copy);
                stream.write(copy);
            }
        }
        expected.add(new Expected(api, version, id));
    }

    /// Forgets the response of the request sent last: it will not be answered (produce with acks=0).
    void expectNothing() {
        expected.clear();
    }

    /// The response to the oldest request not yet answered.
    Response receive() throws IOException {
        var next = expectedNow();
        try {
            return next.api().readResponse(new ByteReader(readBody(next)), next.version());
        } catch (MalformedMessageException malformed) {
            throw new IOException(name + " sent a response to " + next.api() + " that cannot be read", malformed);
        }
    }

    private Expected expectedNow() {
        var next = expected.poll();
        if (next == null) {
            throw new IllegalStateException("no response is expected from " + name);
        }
        return next;
    }

    private ByteBuffer readBody(Expected next) throws IOException {
        int size = in.readInt();
        if (size < 4 || size > MOST_RESPONSE_BYTES) {
            throw new IOException(name + " sent a response of " + size + " bytes; is it a Kafka listener?");
        }
        var frame = ByteBuffer.wrap(in.readNBytes(size));
        if (frame.remaining() < size) {
            throw new IOException(name + " closed the connection in the middle of a response");
        }
        var reader = new ByteReader(frame);
        var header = ResponseHeader.read(reader, next.api().responseHeaderVersion(next.version()));
        if (header.correlationId() != next.correlation()) {
            throw new IOException(name + " answered out of order");
        }
        return frame.slice(reader.position(), size - reader.position());
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException alreadyGone) {
            expected.clear();
        }
    }
}
