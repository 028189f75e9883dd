package io.moldau.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.Environment;
import io.moldau.protocol.Payload;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WaitingPayloadTest {
    private static final int REQUESTS = 60;

    private static byte[] content(int seed) {
        var random = new Random(seed);
        byte[] bytes = new byte[seed % 3 == 0 ? 3_000_000 : 10 + random.nextInt(100_000)];
        random.nextBytes(bytes);
        return bytes;
    }

    /// As a part of a file: read from the disk while it is sent.
    private record FromDisk(byte[] bytes, AtomicInteger onLoop) implements Payload {
        @Override
        public int sizeBytes() {
            return bytes.length;
        }

        @Override
        public ByteBuffer buffer() {
            return ByteBuffer.wrap(bytes);
        }

        @Override
        public boolean inMemory() {
            return false;
        }

        @Override
        public boolean mayWait() {
            return true;
        }

        @Override
        public long transferTo(WritableByteChannel target, int position) throws IOException {
            if (Thread.currentThread().getName().contains("network")) {
                onLoop.incrementAndGet();
            }
            return target.write(ByteBuffer.wrap(bytes, position, bytes.length - position));
        }
    }

    /// In memory, in several pieces.
    private record InPieces(byte[] bytes) implements Payload {
        @Override
        public int sizeBytes() {
            return bytes.length;
        }

        @Override
        public ByteBuffer buffer() {
            return ByteBuffer.wrap(bytes);
        }

        @Override
        public List<ByteBuffer> buffers() {
            int third = bytes.length / 3;
            return List.of(
                    ByteBuffer.wrap(bytes, 0, third),
                    ByteBuffer.wrap(bytes, third, third),
                    ByteBuffer.wrap(bytes, 2 * third, bytes.length - 2 * third));
        }

        @Override
        public long transferTo(WritableByteChannel target, int position) throws IOException {
            throw new IOException("in memory: written together with what is beside it");
        }
    }

    @Test
    void repliesFromTheDiskAndFromMemoryLeaveInOrderAndNoEventLoopReadsTheDisk() throws Exception {
        var onLoop = new AtomicInteger();
        try (var server = NetworkServer.start(
                        Environment.real(),
                        NetworkSettings.at(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
                        exchange -> {
                            int seed = exchange.frame().getInt(exchange.frame().position());
                            byte[] content = content(seed);
                            var head = ByteBuffer.allocate(4)
                                    .putInt(content.length)
                                    .flip();
                            exchange.answer(List.of(
                                    Payload.of(head),
                                    seed % 2 == 0 ? new FromDisk(content, onLoop) : new InPieces(content)));
                        });
                var socket = new Socket(
                        server.address().getAddress(), server.address().getPort())) {
            var out = new DataOutputStream(socket.getOutputStream());
            for (int seed = 0; seed < REQUESTS; seed++) {
                out.writeInt(4);
                out.writeInt(seed);
            }
            var in = new DataInputStream(socket.getInputStream());
            for (int seed = 0; seed < REQUESTS; seed++) {
                byte[] bytes = new byte[in.readInt()];
                in.readFully(bytes);
                assertThat(bytes).as("reply %d", seed).isEqualTo(content(seed));
            }
        }
        assertThat(onLoop).hasValue(0);
    }
}
