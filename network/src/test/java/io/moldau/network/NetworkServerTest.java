package io.moldau.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.Environment;
import io.moldau.protocol.Payload;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class NetworkServerTest {
    private static final int MAX_FRAME_BYTES = LoopbackSettings.MAX_FRAME_BYTES;

    private static NetworkSettings settings(int maxPipelined, long maxInFlightBytes) {
        return LoopbackSettings.USUAL.requests(maxPipelined, maxInFlightBytes).settings();
    }

    private static NetworkServer start(NetworkSettings settings, FrameHandler handler) throws IOException {
        return NetworkServer.start(Environment.real(), settings, handler);
    }

    private static Socket connect(NetworkServer server) throws IOException {
        return new Socket(server.address().getAddress(), server.address().getPort());
    }

    private static byte[] frames(int from, int to, int sizeBytes) {
        var out = ByteBuffer.allocate((to - from) * (4 + sizeBytes));
        for (int i = from; i < to; i++) {
            out.putInt(sizeBytes).putInt(i).position(out.position() + sizeBytes - 4);
        }
        return out.array();
    }

    private static int number(Exchange exchange) {
        return exchange.frame().getInt(exchange.frame().position());
    }

    private static void echo(Exchange exchange) {
        exchange.answer(List.of(Payload.of(
                ByteBuffer.allocate(8).putInt(4).putInt(number(exchange)).flip())));
    }

    private static void expect(DataInputStream in, int from, int to) throws IOException {
        for (int i = from; i < to; i++) {
            assertThat(in.readInt()).isEqualTo(4);
            assertThat(in.readInt()).isEqualTo(i);
        }
    }

    private static Exchange next(BlockingQueue<Exchange> arrived) throws InterruptedException {
        var exchange = arrived.poll(20, TimeUnit.SECONDS);
        if (exchange == null) {
            throw new AssertionError("no request arrived");
        }
        return exchange;
    }

    @Test
    void repliesLeaveInTheOrderOfRequestsThoughAnsweredOutOfOrderByOtherThreads() throws Exception {
        var arrived = new LinkedBlockingQueue<Exchange>();
        try (var server = start(settings(64, 1 << 20), arrived::add);
                var client = connect(server)) {
            client.getOutputStream().write(frames(0, 50, 20));
            var waiting = new ArrayList<Exchange>();
            for (int i = 0; i < 50; i++) {
                waiting.add(next(arrived));
            }
            Collections.shuffle(waiting, new Random(1));
            waiting.parallelStream().forEach(NetworkServerTest::echo);
            expect(new DataInputStream(client.getInputStream()), 0, 50);
        }
    }

    @Test
    void moreRequestsThanMayBePipelinedInOneReadAreAllAnswered() throws Exception {
        try (var server = start(settings(4, 1 << 20), NetworkServerTest::echo);
                var client = connect(server)) {
            client.setSoTimeout(10_000);
            client.getOutputStream().write(frames(0, 1000, 20));
            expect(new DataInputStream(client.getInputStream()), 0, 1000);
        }
    }

    @Test
    void whatIsAnsweredAtTheEndOfAPassMakesRoomForTheRestOfTheRead() throws Exception {
        FrameHandler later = exchange -> exchange.atEndOfPass(() -> echo(exchange));
        try (var server = start(settings(4, 1 << 20), later);
                var client = connect(server)) {
            client.setSoTimeout(10_000);
            client.getOutputStream().write(frames(0, 1000, 20));
            expect(new DataInputStream(client.getInputStream()), 0, 1000);
        }
    }

    @Test
    void aPassEndsAfterEverythingThatOneReadDeliveredWasHandedOver() throws Exception {
        var handed = new LinkedBlockingQueue<Exchange>();
        var passes = new LinkedBlockingQueue<Integer>();
        FrameHandler together = exchange -> {
            handed.add(exchange);
            if (handed.size() == 1) {
                exchange.atEndOfPass(() -> {
                    passes.add(handed.size());
                    for (var one = handed.poll(); one != null; one = handed.poll()) {
                        echo(one);
                    }
                });
            }
        };
        try (var server = start(settings(64, 1 << 20), together);
                var client = connect(server)) {
            client.getOutputStream().write(frames(0, 20, 20));
            expect(new DataInputStream(client.getInputStream()), 0, 20);
        }
        assertThat(passes).hasSizeLessThan(20);
        assertThat(passes.stream().mapToInt(count -> count).sum()).isEqualTo(20);
    }

    @Test
    void noMoreRequestsThanMayBePipelinedAreHandedOver() throws Exception {
        var arrived = new LinkedBlockingQueue<Exchange>();
        try (var server = start(settings(4, 1 << 20), arrived::add);
                var client = connect(server)) {
            client.getOutputStream().write(frames(0, 40, 20));
            for (int i = 0; i < 40; i++) {
                assertThat(arrived).hasSizeLessThanOrEqualTo(4);
                var exchange = next(arrived);
                assertThat(number(exchange)).isEqualTo(i);
                echo(exchange);
            }
            expect(new DataInputStream(client.getInputStream()), 0, 40);
        }
    }

    @Test
    void aBadLengthClosesOnlyItsConnection() throws Exception {
        try (var server = start(settings(4, 1 << 20), NetworkServerTest::echo);
                var good = connect(server)) {
            for (int length : new int[] {-1, 0, MAX_FRAME_BYTES + 1}) {
                try (var bad = connect(server)) {
                    bad.getOutputStream()
                            .write(ByteBuffer.allocate(4).putInt(length).array());
                    assertThat(bad.getInputStream().read()).isEqualTo(-1);
                }
            }
            good.getOutputStream().write(frames(0, 3, 20));
            expect(new DataInputStream(good.getInputStream()), 0, 3);
        }
    }

    @Test
    void whoSpeaksHttpIsToldApart() {
        var start = "GET ".getBytes(StandardCharsets.ISO_8859_1);
        assertThat(Connection.badLength(start, ByteBuffer.wrap(start).getInt(), MAX_FRAME_BYTES))
                .contains("HTTP");
        assertThat(Connection.badLength(new byte[] {-1, -1, -1, -1}, -1, MAX_FRAME_BYTES))
                .contains("socket.request.max.bytes");
    }

    @Test
    void requestsBeyondTheMemoryBoundWaitUntilOthersAreAnswered() throws Exception {
        var arrived = new LinkedBlockingQueue<Exchange>();
        try (var server = start(settings(64, 1000), arrived::add);
                var one = connect(server);
                var other = connect(server)) {
            one.getOutputStream().write(frames(0, 30, 400));
            other.getOutputStream().write(frames(0, 30, 400));
            for (int i = 0; i < 60; i++) {
                assertThat(server.heldBytes()).isLessThanOrEqualTo(1000);
                echo(next(arrived));
            }
            expect(new DataInputStream(one.getInputStream()), 0, 30);
            expect(new DataInputStream(other.getInputStream()), 0, 30);
        }
    }
}
