package io.moldau.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.Environment;
import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.protocol.Payload;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// How long a connection may be silent, and how many there may be. Time is stepped by hand; sockets are real.
@Timeout(30)
class ConnectionBoundsTest {
    private static final int IDLE_MS = 600_000;
    private static final int PARTIAL_MS = 30_000;
    /// So long that silent connections are looked for at least once.
    private static final int SWEEP_MS = PARTIAL_MS / 10 + 1;

    private static final int REQUEST = 1;
    private static final int LATE_REQUEST = 2;
    private static final int LARGE_REPLY = 3;
    private static final int LARGE_REPLY_BYTES = 32 << 20;

    /// Answers at once, but for [#LATE_REQUEST], and notes who left.
    private static final class Handler implements FrameHandler {
        final BlockingQueue<Exchange> late = new LinkedBlockingQueue<>();
        final BlockingQueue<Peer> left = new LinkedBlockingQueue<>();

        @Override
        public void handle(Exchange exchange) {
            int request = exchange.frame().getInt(exchange.frame().position());
            switch (request) {
                case LATE_REQUEST -> late.add(exchange);
                case LARGE_REPLY -> exchange.answer(List.of(Payload.of(ByteBuffer.allocate(LARGE_REPLY_BYTES))));
                default -> answer(exchange);
            }
        }

        @Override
        public void closed(Peer peer) {
            left.add(peer);
        }

        static void answer(Exchange exchange) {
            exchange.answer(List.of(
                    Payload.of(ByteBuffer.allocate(8).putInt(4).putInt(7).flip())));
        }
    }

    private record Client(Socket socket) implements AutoCloseable {
        static Client of(NetworkServer server) throws IOException {
            var socket =
                    new Socket(server.address().getAddress(), server.address().getPort());
            socket.setSoTimeout(20_000);
            return new Client(socket);
        }

        void send(int... numbers) throws IOException {
            var bytes = ByteBuffer.allocate(4 * numbers.length);
            for (int number : numbers) {
                bytes.putInt(number);
            }
            socket.getOutputStream().write(bytes.array());
        }

        void expectAnAnswer() throws IOException {
            var in = new DataInputStream(socket.getInputStream());
            assertThat(in.readInt()).isEqualTo(4);
            assertThat(in.readInt()).isEqualTo(7);
        }

        /// Returns when the connection is known to be served, and what it sent before has been read.
        void ask() throws IOException {
            send(4, REQUEST);
            expectAnAnswer();
        }

        void expectTheEnd() throws IOException {
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private final SimulatedWorld world = SimulatedWorld.of(1);
    private final Handler handler = new Handler();
    private final ByteArrayOutputStream log = new ByteArrayOutputStream();
    private final PrintStream realError = System.err;

    @BeforeEach
    void readTheLog() {
        System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void giveTheLogBack() {
        System.setErr(realError);
    }

    private NetworkServer start(int maxConnections, int maxConnectionsPerIp) throws IOException {
        var real = Environment.real();
        var settings = LoopbackSettings.USUAL
                .oneLoop()
                .connections(maxConnections, maxConnectionsPerIp)
                .silence(IDLE_MS, PARTIAL_MS)
                .settings();
        return NetworkServer.start(
                new Environment(world.clock(), world.timers(), real.threads(), real.disk(), real.randomness()),
                settings,
                handler);
    }

    private void pass(long ms) {
        world.timers().advance(ms);
    }

    private Peer nextThatLeaves() throws InterruptedException {
        var peer = handler.left.poll(20, TimeUnit.SECONDS);
        if (peer == null) {
            throw new AssertionError("no connection was closed");
        }
        return peer;
    }

    @Test
    void aSilentConnectionIsClosedAndAnActiveOneStays() throws Exception {
        try (var server = start(10, 10);
                var silent = Client.of(server);
                var active = Client.of(server)) {
            silent.ask();
            active.ask();
            pass(IDLE_MS - 10_000);
            active.ask();
            // The one loop has swept when it serves a second request.
            active.ask();
            assertThat(server.connections()).isEqualTo(2);
            pass(20_000);
            silent.expectTheEnd();
            active.ask();
            assertThat(server.connections()).isEqualTo(1);
            pass(IDLE_MS + SWEEP_MS);
            active.expectTheEnd();
        }
    }

    @Test
    void aConnectionThatWaitsForItsAnswerIsNotIdle() throws Exception {
        try (var server = start(10, 10);
                var waiting = Client.of(server);
                var silent = Client.of(server)) {
            silent.ask();
            waiting.send(4, LATE_REQUEST);
            var exchange = handler.late.poll(20, TimeUnit.SECONDS);
            assertThat(exchange).isNotNull();
            pass(2 * IDLE_MS);
            silent.expectTheEnd();
            Handler.answer(exchange);
            waiting.expectAnAnswer();
            // The answer counts as activity: the client has had no chance to ask again.
            pass(SWEEP_MS);
            waiting.ask();
        }
    }

    @Test
    void aRequestThatStopsArrivingClosesItsConnectionAndTheLogSaysWhy() throws Exception {
        try (var server = start(10, 10);
                var stalled = Client.of(server);
                var idle = Client.of(server)) {
            idle.ask();
            stalled.ask();
            stalled.send(4, REQUEST, 100, REQUEST);
            stalled.expectAnAnswer();
            pass(PARTIAL_MS + SWEEP_MS);
            stalled.expectTheEnd();
            assertThat(log.toString(StandardCharsets.UTF_8))
                    .contains("127.0.0.1:" + stalled.socket().getLocalPort())
                    .contains("request of 100 bytes, 4 of them here, stopped arriving");
            idle.ask();
            assertThat(server.heldBytes()).isZero();
        }
    }

    @Test
    void aLengthThatStopsArrivingIsAHalfRequestToo() throws Exception {
        try (var server = start(10, 10);
                var stalled = Client.of(server)) {
            var bytes = ByteBuffer.allocate(10).putInt(4).putInt(REQUEST).put((byte) 0);
            stalled.socket().getOutputStream().write(bytes.array());
            stalled.expectAnAnswer();
            pass(PARTIAL_MS + SWEEP_MS);
            stalled.expectTheEnd();
            assertThat(log.toString(StandardCharsets.UTF_8)).contains("the length of its request stopped arriving");
        }
    }

    @Test
    void aRequestThatArrivesSlowlyIsServed() throws Exception {
        try (var server = start(10, 10);
                var slow = Client.of(server)) {
            slow.ask();
            slow.send(4, REQUEST, 8);
            slow.expectAnAnswer();
            pass(PARTIAL_MS - 5_000);
            slow.send(REQUEST, 0);
            slow.expectAnAnswer();
            pass(PARTIAL_MS - 5_000);
            slow.ask();
        }
    }

    @Test
    void aClientThatDoesNotTakeItsRepliesIsClosed() throws Exception {
        try (var server = start(10, 10);
                var deaf = Client.of(server)) {
            deaf.send(4, LARGE_REPLY);
            assertThat(deaf.socket().getInputStream().read()).isZero();
            // How much the system's buffers take is not known: the end comes some time after they are full.
            while (handler.left.poll(5, TimeUnit.MILLISECONDS) == null) {
                pass(IDLE_MS / 10);
            }
            assertThat(log.toString(StandardCharsets.UTF_8)).contains("it has not taken its replies for");
            assertThat(server.connections()).isZero();
        }
    }

    @Test
    void theOneConnectionTooManyIsRefusedUntilAnotherLeaves() throws Exception {
        try (var server = start(3, 10)) {
            fillRefuseLeaveAndReturn(server, "max.connections=3");
        }
    }

    @Test
    void theOneConnectionTooManyOfAnAddressIsRefusedUntilAnotherLeaves() throws Exception {
        try (var server = start(10, 3)) {
            fillRefuseLeaveAndReturn(server, "max.connections.per.ip=3");
        }
    }

    private void fillRefuseLeaveAndReturn(NetworkServer server, String limit) throws Exception {
        try (var first = Client.of(server);
                var second = Client.of(server);
                var third = Client.of(server)) {
            first.ask();
            second.ask();
            third.ask();
            for (int i = 0; i < 5; i++) {
                try (var tooMany = Client.of(server)) {
                    tooMany.expectTheEnd();
                }
            }
            assertThat(log.toString(StandardCharsets.UTF_8)).contains("Refused a connection of 127.0.0.1: " + limit);
            first.ask();
            second.socket().close();
            nextThatLeaves();
            for (int i = 0; i < 5; i++) {
                try (var next = Client.of(server)) {
                    next.ask();
                    try (var tooMany = Client.of(server)) {
                        tooMany.expectTheEnd();
                    }
                }
                nextThatLeaves();
            }
            third.ask();
            assertThat(server.connections()).isEqualTo(2);
        }
    }
}
