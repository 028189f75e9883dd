package io.moldau.network;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.Environment;
import io.moldau.protocol.Payload;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class LentFramesTest {
    private static final int CONNECTIONS = 8;
    private static final int REQUESTS = 600;

    /// Frames: API key (0: lent), the seed of the rest, the rest.
    private static byte[] frame(int seed) {
        var random = new Random(seed);
        int size = switch (random.nextInt(4)) {
            case 0 -> 6 + random.nextInt(100);
            case 1 -> 4_000 + random.nextInt(300);
            case 2 -> 10_000 + random.nextInt(150_000);
            default -> 100_000 + random.nextInt(400_000);
        };
        byte[] rest = new byte[size - 6];
        random.nextBytes(rest);
        return ByteBuffer.allocate(4 + size)
                .putInt(size)
                .putShort((short) (seed & 1))
                .putInt(seed)
                .put(rest)
                .array();
    }

    private static int countIfDamaged(Exchange exchange, AtomicInteger damaged) {
        var frame = exchange.frame().duplicate();
        int seed = frame.getInt(frame.position() + 2);
        var expected = ByteBuffer.wrap(frame(seed)).position(4);
        if (!expected.equals(frame)) {
            damaged.incrementAndGet();
        }
        return seed;
    }

    /// Looks at the frame only now, as late as it may.
    private static void answerIfWhole(Exchange exchange, AtomicInteger damaged) {
        int seed = countIfDamaged(exchange, damaged);
        exchange.answer(
                List.of(Payload.of(ByteBuffer.allocate(8).putInt(4).putInt(seed).flip())));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void aFrameStaysAsItArrivedUntilItIsAnsweredThoughItsMemoryIsUsedAgainAfterwards(int seed) throws Exception {
        var damaged = new AtomicInteger();
        var lent = new AtomicLong();
        try (var later = Executors.newFixedThreadPool(3);
                var server = NetworkServer.start(Environment.real(), settings(), new FrameHandler() {
                    @Override
                    public boolean lendsFrames(short apiKey) {
                        return apiKey == 0;
                    }

                    @Override
                    public void handle(Exchange exchange) {
                        if (exchange.frame().isDirect()) {
                            lent.incrementAndGet();
                        }
                        later.execute(() -> answerIfWhole(exchange, damaged));
                    }
                });
                var clients = Executors.newFixedThreadPool(CONNECTIONS)) {
            var runs = new ArrayList<Callable<Integer>>();
            for (int c = 0; c < CONNECTIONS; c++) {
                int first = seed * 1_000_000 + c * REQUESTS;
                // Every fourth client goes away in the middle, its requests unanswered.
                boolean leaves = c % 4 == 3;
                runs.add(() -> talk(server.address(), first, leaves));
            }
            int answered = 0;
            for (var run : clients.invokeAll(runs)) {
                answered += run.get();
            }
            assertThat(answered).isEqualTo(CONNECTIONS * 3 / 4 * REQUESTS);
            assertThat(damaged).hasValue(0);
            assertThat(lent.get()).isGreaterThan(REQUESTS);
        }
    }

    private static int talk(InetSocketAddress address, int first, boolean leaves) throws IOException {
        try (var socket = new Socket(address.getAddress(), address.getPort())) {
            var in = new DataInputStream(socket.getInputStream());
            int window = 5;
            int answered = 0;
            for (int i = 0; i < REQUESTS + window; i++) {
                if (i < REQUESTS) {
                    socket.getOutputStream().write(frame(first + i));
                }
                if (leaves && i == REQUESTS / 2) {
                    return 0;
                }
                if (i >= window) {
                    assertThat(in.readInt()).isEqualTo(4);
                    assertThat(in.readInt()).isEqualTo(first + answered);
                    answered++;
                }
            }
            return answered;
        }
    }

    private static FrameHandler lendingAll(Consumer<Exchange> handle) {
        return new FrameHandler() {
            @Override
            public boolean lendsFrames(short apiKey) {
                return true;
            }

            @Override
            public void handle(Exchange exchange) {
                handle.accept(exchange);
            }
        };
    }

    private static NetworkSettings settings() {
        return NetworkSettings.at(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    /// A handler that gives up in the middle may have handed parts of the request to others before.
    @Test
    void aFrameWhoseExchangeWasClosedWithoutAnAnswerIsNeverOverwritten() throws Exception {
        var kept = new LinkedBlockingQueue<ByteBuffer>();
        int first = 4_000_000;
        try (var server = NetworkServer.start(Environment.real(), settings(), lendingAll(exchange -> {
            int seed = exchange.frame().getInt(exchange.frame().position() + 2);
            if (seed < first + REQUESTS) {
                answerIfWhole(exchange, new AtomicInteger());
            } else {
                kept.add(exchange.frame().duplicate());
                exchange.close("the handler gives up");
            }
        }))) {
            for (int round = 0; round < 20; round++) {
                try (var socket = new Socket(
                        server.address().getAddress(), server.address().getPort())) {
                    socket.getOutputStream().write(frame(first + REQUESTS + round));
                    assertThat(socket.getInputStream().read()).isEqualTo(-1);
                }
            }
            assertThat(talk(server.address(), first, false)).isEqualTo(REQUESTS);
            assertThat(talk(server.address(), first, false)).isEqualTo(REQUESTS);
        }
        assertThat(kept).hasSize(20).anyMatch(ByteBuffer::isDirect);
        for (var frame : kept) {
            int seed = frame.getInt(frame.position() + 2);
            assertThat(frame).isEqualTo(ByteBuffer.wrap(frame(seed)).position(4));
        }
    }

    /// What a loan holds is written somewhere, perhaps; the next frames come all the while.
    @Test
    void aFrameThatSomebodyHoldsStaysAsItIsThoughItIsAnswered() throws Exception {
        int[] seeds = IntStream.iterate(5_000_000, seed -> seed + 2)
                .filter(seed -> frame(seed).length > 10_000)
                .limit(200)
                .toArray();
        var damaged = new AtomicInteger();
        var held = new LinkedBlockingQueue<Exchange>();
        var places = new LinkedBlockingQueue<Long>();
        try (var server = NetworkServer.start(Environment.real(), settings(), lendingAll(exchange -> {
            places.add(MemorySegment.ofBuffer(exchange.frame()).address() / Leases.CHUNK_BYTES);
            requireNonNull(exchange.loan()).hold();
            held.add(exchange);
            answerIfWhole(exchange, damaged);
        }))) {
            try (var socket =
                    new Socket(server.address().getAddress(), server.address().getPort())) {
                var in = new DataInputStream(socket.getInputStream());
                for (int i = 0; i < seeds.length; i++) {
                    socket.getOutputStream().write(frame(seeds[i]));
                    assertThat(in.readInt()).isEqualTo(4);
                    assertThat(in.readInt()).isEqualTo(seeds[i]);
                    if (i >= 10) {
                        var oldest = held.take();
                        countIfDamaged(oldest, damaged);
                        requireNonNull(oldest.loan()).release();
                    }
                }
            }
        }
        assertThat(damaged).hasValue(0);
        assertThat(places).hasSize(seeds.length);
        assertThat(new HashSet<>(places)).hasSizeLessThan(seeds.length / 2);
    }

    @Test
    void whatWasLentIsUsedAgainAndNeverMoreThanItsBound() {
        var leases = new Leases(1 << 20, _ -> {});
        var taken = new ArrayList<Lease>();
        for (var lease = leases.lend(200_000); lease != null; lease = leases.lend(200_000)) {
            taken.add(lease);
        }
        assertThat(taken).hasSize(4).allMatch(lease -> lease.sizeBytes() == 256 << 10);
        taken.getFirst().release();
        assertThat(leases.lend(150_000)).isSameAs(taken.getFirst());
        taken.getLast().release();
        assertThat(leases.lend(8_000))
                .as("room is made by giving up what lies idle")
                .isNotNull();
        assertThat(leases.lend(Leases.LARGEST_BYTES + 1)).isNull();
    }

    @Test
    void aLoopWithMuchToDoAsksForOneBlockAndLendsItsPiecesFromThenOn() {
        var asked = new ArrayDeque<Consumer<ByteBuffer>>();
        var leases = new Leases(8 << 20, asked::add);
        var taken = new ArrayList<Lease>();
        for (int i = 0; i < 6; i++) {
            taken.add(leases.lend(Leases.CHUNK_BYTES));
        }
        assertThat(asked).as("from the first mebibyte on, and once").hasSize(1);
        asked.remove().accept(ByteBuffer.allocateDirect(Leases.BLOCK_BYTES));
        var piece = leases.lend(Leases.CHUNK_BYTES);
        assertThat(requireNonNull(piece).isOfBlock()).isTrue();
        piece.release();
        taken.forEach(Lease::release);
        var again = new ArrayList<Lease>();
        for (int i = 0; i < 8; i++) {
            again.add(leases.lend(Leases.CHUNK_BYTES));
        }
        assertThat(again).as("what is no piece was given up").allMatch(Lease::isOfBlock);
        assertThat(asked).isEmpty();
        for (int i = 0; i < 4; i++) {
            again.add(leases.lend(Leases.CHUNK_BYTES));
        }
        again.forEach(Lease::release);
        assertThat(leases.lend(Leases.CHUNK_BYTES))
                .as("a block takes the place of as much as it has, not of all that comes later")
                .isSameAs(again.getLast());
    }

    @Test
    void aBlockThatComesWhenAllIsLentIsGivenUp() {
        var asked = new ArrayDeque<Consumer<ByteBuffer>>();
        var leases = new Leases(4 << 20, asked::add);
        var taken = new ArrayList<Lease>();
        for (var lease = leases.lend(200_000); lease != null; lease = leases.lend(200_000)) {
            taken.add(lease);
        }
        assertThat(taken).hasSize(16);
        asked.remove().accept(ByteBuffer.allocateDirect(Leases.BLOCK_BYTES));
        assertThat(leases.lend(200_000)).isNull();
        taken.getFirst().release();
        assertThat(leases.lend(200_000)).isSameAs(taken.getFirst());
    }
}
