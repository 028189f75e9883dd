package io.moldau.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.Environment;
import io.moldau.environment.WakeUps;
import io.moldau.protocol.Payload;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Whoever has answers and nothing else to do runs a pass of a loop that sleeps: it sends them, and the selector
/// hears of it. Requests that waited are the loop's own.
@Timeout(60)
class StandInTest {
    private static final int PIPELINED = 3;
    private static final NetworkSettings SETTINGS =
            LoopbackSettings.USUAL.requests(PIPELINED, 1 << 20).settings();

    private final LinkedBlockingQueue<Exchange> arrived = new LinkedBlockingQueue<>();
    private final AtomicInteger handedOverByTheStandIn = new AtomicInteger();
    private final AtomicInteger passesOfTheStandIn = new AtomicInteger();
    private final Thread answering = new Thread(this::answerAll, "answering");

    private void handle(Exchange exchange) {
        if (standsIn()) {
            handedOverByTheStandIn.incrementAndGet();
        }
        arrived.add(exchange);
    }

    private void answerAll() {
        var wakeUps = new WakeUps();
        try {
            while (true) {
                var some = new ArrayList<Exchange>();
                some.add(arrived.take());
                arrived.drainTo(some);
                wakeUps.holdBack();
                some.forEach(this::echo);
                wakeUps.give(true);
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean standsIn() {
        return Thread.currentThread().equals(answering);
    }

    private void echo(Exchange exchange) {
        int number = exchange.frame().getInt(exchange.frame().position());
        exchange.answer(List.of(
                Payload.of(ByteBuffer.allocate(8).putInt(4).putInt(number).flip())));
        exchange.execute(() -> {
            if (standsIn()) {
                passesOfTheStandIn.incrementAndGet();
            }
        });
    }

    @AfterEach
    void endsTheThread() throws InterruptedException {
        answering.interrupt();
        answering.join(TimeUnit.SECONDS.toMillis(20));
    }

    private static ByteBuffer frames(int count) {
        var out = ByteBuffer.allocate(count * 24);
        for (int i = 0; i < count; i++) {
            out.putInt(20).putInt(i).position(out.position() + 16);
        }
        return out;
    }

    private static Socket connect(NetworkServer server) throws IOException {
        var client = new Socket(server.address().getAddress(), server.address().getPort());
        client.setSoTimeout(20_000);
        return client;
    }

    private static void expect(Socket client, int count) throws IOException {
        var in = new DataInputStream(client.getInputStream());
        for (int i = 0; i < count; i++) {
            assertThat(in.readInt()).isEqualTo(4);
            assertThat(in.readInt()).isEqualTo(i);
        }
    }

    @Test
    void everyRequestOfManyClientsIsAnsweredThoughMoreArriveThanMayBePipelined() throws Exception {
        answering.start();
        try (var server = NetworkServer.start(Environment.real(), SETTINGS, this::handle)) {
            var clients = new ArrayList<Socket>();
            for (int i = 0; i < 6; i++) {
                clients.add(connect(server));
            }
            for (int round = 0; round < 200; round++) {
                int count = 1 + round % 20;
                for (var client : clients) {
                    client.getOutputStream().write(frames(count).array());
                }
                for (var client : clients) {
                    expect(client, count);
                }
            }
            for (var client : clients) {
                client.close();
            }
        }
        assertThat(handedOverByTheStandIn).hasValue(0);
        assertThat(passesOfTheStandIn).hasPositiveValue();
    }

    @Test
    void aConnectionThatTheStandInClosesIsClosedForItsClientToo() throws Exception {
        answering.start();
        try (var server = NetworkServer.start(Environment.real(), SETTINGS, this::handle)) {
            for (int round = 0; round < 50; round++) {
                try (var client = connect(server)) {
                    var bytes = ByteBuffer.allocate(24 * PIPELINED + 4)
                            .put(frames(PIPELINED).flip())
                            .putInt(-1);
                    client.getOutputStream().write(bytes.array());
                    // The answers that were ready, and the end.
                    assertThat(client.getInputStream().readAllBytes().length).isLessThanOrEqualTo(8 * PIPELINED);
                }
            }
        }
    }
}
