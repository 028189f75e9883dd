package io.moldau.benchmarks;

import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ByteReader;
import io.moldau.protocol.ByteWriter;
import io.moldau.protocol.Request;
import io.moldau.protocol.message.RequestHeader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/// A blocking connection that sends requests as they are and gives the answers' bytes.
final class Wire implements AutoCloseable {
    private static final int FIRST_BYTES = 1 << 20;
    private final SocketChannel channel;
    private final ByteBuffer lengthBytes = ByteBuffer.allocate(4);
    private ByteBuffer answer = ByteBuffer.allocateDirect(FIRST_BYTES);

    private Wire(SocketChannel channel) {
        this.channel = channel;
    }

    static Wire open(int port) throws IOException {
        var channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        return new Wire(channel);
    }

    /// The request as a frame, its length first.
    static ByteBuffer frame(Request request, int version) {
        var out = ByteWriter.frame();
        var api = request.apiKey();
        RequestHeader.builder()
                .requestApiKey(api.id())
                .requestApiVersion((short) version)
                .correlationId(1)
                .clientId("bench")
                .build()
                .write(out, api.requestHeaderVersion((short) version));
        request.write(out, (short) version);
        return out.toBuffer();
    }

    void send(ByteBuffer frame) throws IOException {
        while (frame.hasRemaining()) {
            channel.write(frame);
        }
    }

    /// Waits for the next answer, its length prefix taken off; valid until the next call.
    ByteBuffer receive() throws IOException {
        lengthBytes.clear();
        fill(lengthBytes);
        int size = lengthBytes.getInt(0);
        if (answer.capacity() < size) {
            answer = ByteBuffer.allocateDirect(Math.max(size, answer.capacity() * 2));
        }
        answer.clear().limit(size);
        fill(answer);
        return answer.flip();
    }

    /// Asks and waits; the reader stands behind the response's header.
    ByteReader call(Request request, int version) throws IOException {
        send(frame(request, version));
        return body(receive(), request.apiKey(), version);
    }

    static ByteReader body(ByteBuffer answer, ApiKey api, int version) {
        int header = api.responseHeaderVersion((short) version) >= 1 ? 5 : 4;
        return new ByteReader(answer.position(header).slice());
    }

    private void fill(ByteBuffer target) throws IOException {
        while (target.hasRemaining()) {
            if (channel.read(target) < 0) {
                throw new IOException("the broker closed the connection");
            }
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
