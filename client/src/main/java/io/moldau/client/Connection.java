package io.moldau.client;

import io.moldau.environment.Environment;
import io.moldau.environment.Sockets;
import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ByteReader;
import io.moldau.protocol.ByteWriter;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Payload;
import io.moldau.protocol.Request;
import io.moldau.protocol.message.ApiVersionsRequest;
import io.moldau.protocol.message.ApiVersionsResponse;
import io.moldau.protocol.message.RequestHeader;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A connection to one broker. Requests may be sent by any thread, one after the other without waiting; a thread of
/// the connection reads the answers, which come in the order of the requests, and completes their futures.
/// Once it is broken every request under way fails with a retriable [ClientException], and it stays broken.
final class Connection implements AutoCloseable {
    /// Larger answers than this are not believed.
    private static final int MAX_ANSWER_BYTES = 512 << 20;

    private static final int HEAD_BYTES = 64 << 10;
    private static final String SOFTWARE = "moldau";

    private record Waiting(int correlationId, Consumer<ByteReader> answer, Consumer<ClientException> failure) {}

    private final String broker;
    private final String clientId;
    private final int requestTimeoutMs;
    private final Sockets.Wire wire;
    private final Object lock = new Object();
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private int nextCorrelationId;
    private @Nullable ClientException broken;
    private Versions versions = new Versions(Map.of());

    private Connection(String broker, String clientId, int requestTimeoutMs, Sockets.Wire wire) {
        this.broker = broker;
        this.clientId = clientId;
        this.requestTimeoutMs = requestTimeoutMs;
        this.wire = wire;
    }

    /// Connects and asks what the broker speaks.
    static Connection open(
            Environment environment, Sockets sockets, ClientSettings settings, ClientSettings.Endpoint endpoint) {
        var broker = endpoint.toString();
        Sockets.Wire wire;
        try {
            wire = sockets.connect(endpoint.host(), endpoint.port(), settings.connectTimeoutMs());
        } catch (IOException failure) {
            var why = failure.getMessage() == null ? failure.toString() : failure.getMessage();
            throw new ClientException(ErrorCode.NETWORK_EXCEPTION, "cannot connect to " + broker + ": " + why, failure);
        }
        var connection = new Connection(broker, settings.clientId(), settings.requestTimeoutMs(), wire);
        environment.threads().start("moldau-client-" + broker, connection::readAnswers);
        try {
            connection.negotiate();
        } catch (RuntimeException failure) {
            connection.close();
            throw failure;
        }
        return connection;
    }

    private void negotiate() {
        var request = ApiVersionsRequest.builder()
                .clientSoftwareName(SOFTWARE)
                .clientSoftwareVersion("0.1")
                .build();
        var answer = await(askVersions(request, ApiKey.API_VERSIONS.newestStableVersion()));
        if (ErrorCode.of(answer.errorCode()) == ErrorCode.UNSUPPORTED_VERSION) {
            answer = await(askVersions(request, (short) 0));
        }
        var error = ErrorCode.of(answer.errorCode());
        if (error != ErrorCode.NONE) {
            throw ClientException.answered(error, "asking " + broker + " for its versions", null);
        }
        versions = Versions.of(answer);
    }

    /// A broker that does not know the version answers in version 0, whatever was asked.
    private CompletableFuture<ApiVersionsResponse> askVersions(ApiVersionsRequest request, short version) {
        return sendAs(request, version, (in, asked) -> {
            var rest = in.slice(in.remaining());
            try {
                return ApiVersionsResponse.read(new ByteReader(rest.duplicate()), asked);
            } catch (RuntimeException otherVersion) {
                if (asked != 0) {
                    return ApiVersionsResponse.read(new ByteReader(rest), (short) 0);
                }
                throw otherVersion;
            }
        });
    }

    String broker() {
        return broker;
    }

    short version(ApiKey key) {
        return versions.of(key, broker);
    }

    boolean isBroken() {
        synchronized (lock) {
            return broken != null;
        }
    }

    <R> CompletableFuture<R> send(Request request, Decoder<R> decoder) {
        return sendAs(request, version(request.apiKey()), decoder);
    }

    private <R> CompletableFuture<R> sendAs(Request request, short version, Decoder<R> decoder) {
        var future = new CompletableFuture<R>();
        offer(
                request,
                version,
                in -> {
                    R answer;
                    try {
                        answer = decoder.read(in, version);
                    } catch (RuntimeException unreadable) {
                        future.completeExceptionally(new ClientException(
                                ErrorCode.UNKNOWN_SERVER_ERROR,
                                "the answer of " + broker + " to " + request.apiKey() + " version " + version
                                        + " cannot be read: " + unreadable.getMessage(),
                                unreadable));
                        return;
                    }
                    future.complete(answer);
                },
                future::completeExceptionally);
        return future;
    }

    /// Sends a request that is never answered (produce with acks=0).
    void sendOnly(Request request) {
        var failure = new CompletableFuture<ClientException>();
        offer(request, version(request.apiKey()), null, failure::complete);
        if (failure.isDone()) {
            throw failure.join();
        }
    }

    /// Sends and waits; a broker that does not answer within the request timeout loses its connection.
    <R> R call(Request request, Decoder<R> decoder) {
        return await(send(request, decoder));
    }

    /// As [#call], for requests that the broker itself may hold back for `extraMs`.
    <R> R call(Request request, Decoder<R> decoder, int extraMs) {
        return await(send(request, decoder), extraMs);
    }

    private <R> R await(CompletableFuture<R> future) {
        return await(future, 0);
    }

    <R> R await(CompletableFuture<R> future, int extraMs) {
        try {
            return future.get((long) requestTimeoutMs + extraMs, TimeUnit.MILLISECONDS);
        } catch (ExecutionException failure) {
            throw ClientException.of(failure);
        } catch (TimeoutException late) {
            var failure = new ClientException(
                    ErrorCode.REQUEST_TIMED_OUT,
                    broker + " did not answer within " + (requestTimeoutMs + extraMs) + " ms",
                    late);
            fail(failure);
            throw failure;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ClientException(ErrorCode.NETWORK_EXCEPTION, "interrupted", interrupted);
        }
    }

    /// Gives the connection up, with everything under way on it.
    void abandon(String why) {
        fail(new ClientException(ErrorCode.REQUEST_TIMED_OUT, why));
    }

    private void offer(
            Request request, short version, @Nullable Consumer<ByteReader> answer, Consumer<ClientException> failure) {
        ClientException why;
        synchronized (lock) {
            why = broken;
            if (why == null) {
                int correlationId = nextCorrelationId++ & Integer.MAX_VALUE;
                try {
                    var out = ByteWriter.frame();
                    var key = request.apiKey();
                    new RequestHeader(key.id(), version, correlationId, clientId)
                            .write(out, key.requestHeaderVersion(version));
                    request.write(out, version);
                    if (answer != null) {
                        int headerVersion = key.responseHeaderVersion(version);
                        waiting.add(new Waiting(
                                correlationId,
                                in -> {
                                    if (headerVersion > 0) {
                                        in.skipTaggedFields();
                                    }
                                    answer.accept(in);
                                },
                                failure));
                    }
                    wire.write(out.parts().stream().map(Payload::buffer).toArray(ByteBuffer[]::new));
                    return;
                } catch (IOException lost) {
                    why = lost(lost);
                }
            }
        }
        fail(why);
        failure.accept(why);
    }

    private void readAnswers() {
        try {
            var head = ByteBuffer.allocate(HEAD_BYTES).limit(0);
            while (true) {
                var frame = nextFrame(head);
                var in = new ByteReader(frame);
                int correlationId = in.int32();
                Waiting oldest;
                synchronized (lock) {
                    oldest = waiting.poll();
                }
                if (oldest == null || oldest.correlationId() != correlationId) {
                    throw new IOException("an answer came that was not asked for");
                }
                oldest.answer().accept(in);
            }
        } catch (IOException | RuntimeException failure) {
            fail(lost(failure));
        }
    }

    /// Reads whole frames; small ones share reads through `head`, but each gets bytes of its own.
    private ByteBuffer nextFrame(ByteBuffer head) throws IOException {
        while (head.remaining() < Integer.BYTES) {
            head.compact();
            int count = wire.read(head);
            head.flip();
            if (count < 0) {
                throw new EOFException("the broker closed the connection");
            }
        }
        int size = head.getInt();
        if (size < Integer.BYTES || size > MAX_ANSWER_BYTES) {
            throw new IOException("an answer of " + size + " bytes; is this a Kafka listener?");
        }
        var frame = ByteBuffer.allocate(size);
        int there = Math.min(size, head.remaining());
        frame.put(head.slice(head.position(), there));
        head.position(head.position() + there);
        while (frame.hasRemaining()) {
            if (wire.read(frame) < 0) {
                throw new EOFException("the broker closed the connection");
            }
        }
        return frame.flip();
    }

    private ClientException lost(Exception failure) {
        var why = failure.getMessage() == null ? failure.toString() : failure.getMessage();
        return new ClientException(
                ErrorCode.NETWORK_EXCEPTION, "the connection to " + broker + " was lost: " + why, failure);
    }

    private void fail(ClientException why) {
        List<Waiting> failed;
        synchronized (lock) {
            if (broken == null) {
                broken = why;
            }
            failed = List.copyOf(waiting);
            waiting.clear();
        }
        wire.close();
        for (var one : failed) {
            one.failure().accept(why);
        }
    }

    @Override
    public void close() {
        fail(new ClientException(ErrorCode.NETWORK_EXCEPTION, "the client was closed"));
    }
}
