package io.moldau.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.Environment;
import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.protocol.Payload;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Clients that used more than their quota: answered at once, and not listened to for a while (KIP-219). Time is
/// stepped by hand; sockets are real, on one loop, so that whoever is served after somebody else was ready is
/// served behind him.
@Timeout(30)
class MutedConnectionTest {
    private static final int IDLE_MS = 600_000;
    private static final int ASK = 1;
    private static final int SILENT = 2;
    /// Every other number is a wish to be muted for so long.
    private static final int LATE = 3;
    private static final int MUTED_AND_LATE = 4;

    private static final class Handler implements FrameHandler {
        final ConcurrentLinkedQueue<Integer> handled = new ConcurrentLinkedQueue<>();
        final BlockingQueue<Exchange> late = new LinkedBlockingQueue<>();
        final BlockingQueue<InetAddress> heldOff = new LinkedBlockingQueue<>();
        volatile int holdOffMs;

        @Override
        public void handle(Exchange exchange) {
            int request = exchange.frame().getInt(exchange.frame().position());
            handled.add(request);
            switch (request) {
                case ASK -> exchange.answer(answer());
                case SILENT -> exchange.noAnswer(1_000);
                case LATE -> late.add(exchange);
                case MUTED_AND_LATE -> {
                    exchange.mute(1_000);
                    late.add(exchange);
                }
                default -> exchange.answer(answer(), request);
            }
        }

        @Override
        public int holdOffMs(InetAddress remote) {
            if (holdOffMs > 0) {
                heldOff.add(remote);
            }
            return holdOffMs;
        }

        static List<Payload> answer() {
            return List.of(Payload.of(ByteBuffer.allocate(4).putInt(0).flip()));
        }

        Exchange nextLate() throws InterruptedException {
            var exchange = late.poll(20, TimeUnit.SECONDS);
            if (exchange == null) {
                throw new AssertionError("no request came");
            }
            return exchange;
        }

        /// Requests but those that only show that the loop has come round.
        List<Integer> others() {
            var others = new ArrayList<>(handled);
            others.removeIf(request -> request == ASK);
            return others;
        }
    }

    private record Client(Socket socket) implements AutoCloseable {
        static Client of(NetworkServer server) throws IOException {
            var socket =
                    new Socket(server.address().getAddress(), server.address().getPort());
            socket.setSoTimeout(20_000);
            return new Client(socket);
        }

        void send(int... requests) throws IOException {
            var bytes = ByteBuffer.allocate(8 * requests.length);
            for (int request : requests) {
                bytes.putInt(4).putInt(request);
            }
            socket.getOutputStream().write(bytes.array());
        }

        void expectAnswers(int count) throws IOException {
            var in = new DataInputStream(socket.getInputStream());
            for (int i = 0; i < count; i++) {
                assertThat(in.readInt()).isZero();
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private final SimulatedWorld world = SimulatedWorld.of(1);
    private final Handler handler = new Handler();

    private NetworkServer start() throws IOException {
        var real = Environment.real();
        var settings = LoopbackSettings.USUAL.oneLoop().silence(IDLE_MS, 30_000).settings();
        return NetworkServer.start(
                new Environment(world.clock(), world.timers(), real.threads(), real.disk(), real.randomness()),
                settings,
                handler);
    }

    private void pass(long ms) {
        world.timers().advance(ms);
    }

    /// The loop has looked at every connection, and done what was posted to it, since this was called.
    private static void comeRound(Client other) throws IOException {
        for (int i = 0; i < 2; i++) {
            other.send(ASK);
            other.expectAnswers(1);
        }
    }

    @Test
    void theAnswerComesAtOnceAndTheNextRequestIsReadWhenTheTimeIsOver() throws Exception {
        try (var server = start();
                var muted = Client.of(server);
                var other = Client.of(server)) {
            muted.send(5_000);
            muted.expectAnswers(1);
            muted.send(LATE);
            comeRound(other);
            pass(4_999);
            comeRound(other);
            assertThat(handler.others()).containsExactly(5_000);
            pass(1);
            handler.nextLate().answer(Handler.answer());
            muted.expectAnswers(1);
            muted.send(ASK);
            muted.expectAnswers(1);
        }
    }

    @Test
    void whatWasReadTogetherWithItWaitsToo() throws Exception {
        try (var server = start();
                var muted = Client.of(server);
                var other = Client.of(server)) {
            muted.send(5_000, ASK, 2_000, LATE);
            muted.expectAnswers(1);
            comeRound(other);
            assertThat(handler.others()).containsExactly(5_000);
            pass(5_000);
            muted.expectAnswers(2);
            comeRound(other);
            assertThat(handler.others()).containsExactly(5_000, 2_000);
            pass(2_000);
            handler.nextLate().answer(Handler.answer());
            muted.expectAnswers(1);
            assertThat(server.heldBytes()).isZero();
        }
    }

    @Test
    void aRequestWithoutAnAnswerMutesToo() throws Exception {
        try (var server = start();
                var muted = Client.of(server);
                var other = Client.of(server)) {
            muted.send(SILENT, LATE);
            comeRound(other);
            assertThat(handler.others()).containsExactly(SILENT);
            pass(1_000);
            handler.nextLate().answer(Handler.answer());
            muted.expectAnswers(1);
        }
    }

    @Test
    void whoIsMutedOnArrivalWaitsWhateverTheAnswerTakes() throws Exception {
        try (var server = start();
                var muted = Client.of(server);
                var other = Client.of(server)) {
            muted.send(MUTED_AND_LATE, MUTED_AND_LATE, LATE);
            var first = handler.nextLate();
            comeRound(other);
            assertThat(handler.others()).containsExactly(MUTED_AND_LATE);
            first.answer(Handler.answer());
            muted.expectAnswers(1);
            pass(999);
            comeRound(other);
            assertThat(handler.others()).containsExactly(MUTED_AND_LATE);
            pass(1);
            var second = handler.nextLate();
            pass(1_000);
            var third = handler.nextLate();
            third.answer(Handler.answer());
            second.answer(Handler.answer());
            muted.expectAnswers(2);
        }
    }

    @Test
    void theLongestOfSeveralTimesHoldsAndRepliesGoOutMeanwhile() throws Exception {
        try (var server = start();
                var muted = Client.of(server);
                var other = Client.of(server)) {
            muted.send(LATE, LATE, LATE);
            var first = handler.nextLate();
            var second = handler.nextLate();
            var third = handler.nextLate();
            first.answer(Handler.answer(), 3_000);
            muted.expectAnswers(1);
            second.answer(Handler.answer(), 5_000);
            muted.expectAnswers(1);
            third.answer(Handler.answer(), 1_000);
            muted.expectAnswers(1);
            muted.send(LATE);
            pass(4_999);
            comeRound(other);
            assertThat(handler.others()).hasSize(3);
            pass(1);
            handler.nextLate().answer(Handler.answer());
            muted.expectAnswers(1);
        }
    }

    @Test
    void whoIsMutedIsNotTakenForIdleAndMayLeave() throws Exception {
        try (var server = start();
                var muted = Client.of(server);
                var leaving = Client.of(server);
                var other = Client.of(server)) {
            muted.send(2 * IDLE_MS);
            muted.expectAnswers(1);
            leaving.send(IDLE_MS / 2);
            leaving.expectAnswers(1);
            leaving.socket().close();
            for (int i = 0; i < 19; i++) {
                pass(IDLE_MS / 10);
                comeRound(other);
            }
            assertThat(server.connections())
                    .as("who left was noticed once he was listened to")
                    .isEqualTo(2);
            muted.send(ASK);
            pass(IDLE_MS / 10);
            muted.expectAnswers(1);
        }
    }

    @Test
    void aConnectionThatComesTooSoonIsKeptUnservedAndClosedLater() throws Exception {
        try (var server = start();
                var other = Client.of(server)) {
            comeRound(other);
            handler.holdOffMs = 1_000;
            try (var soon = Client.of(server)) {
                assertThat(handler.heldOff.poll(20, TimeUnit.SECONDS)).isEqualTo(InetAddress.getLoopbackAddress());
                soon.send(LATE);
                comeRound(other);
                pass(999);
                comeRound(other);
                assertThat(handler.others()).isEmpty();
                assertThat(server.connections()).isEqualTo(2);
                pass(1);
                assertThat(server.connections()).isEqualTo(1);
                assertEnds(soon);
            }
            handler.holdOffMs = 0;
            try (var next = Client.of(server)) {
                comeRound(next);
            }
        }
    }

    @Test
    void aServerThatStopsClosesThoseItHeldOff() throws Exception {
        handler.holdOffMs = 1_000;
        var server = start();
        try (var soon = Client.of(server)) {
            assertThat(handler.heldOff.poll(20, TimeUnit.SECONDS)).isNotNull();
            server.close();
            assertEnds(soon);
        }
    }

    /// What was sent and never read may end the connection by a reset.
    private static void assertEnds(Client client) {
        int read;
        try {
            read = client.socket().getInputStream().read();
        } catch (IOException reset) {
            read = -1;
        }
        assertThat(read).isEqualTo(-1);
    }
}
