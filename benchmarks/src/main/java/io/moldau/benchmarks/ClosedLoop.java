package io.moldau.benchmarks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Arrays;

/// As fast as it goes: each connection keeps `window` requests unanswered. One thread, no copies on its side.
final class ClosedLoop {
    /// @param frames what is sent; connection c sends requests c, c + connections, ...
    /// @param window unanswered requests of a connection; 5 is what producers use by default
    record Load(ProduceFrames frames, int connections, int window) {}

    /// What happened within the measured time. Latencies are those of a full window: they say how long a request
    /// stands in the queue that this load makes, not how quick the broker is; [PacedLoad] does that.
    record Outcome(long requests, long records, long bytes, double seconds, long[] sortedLatenciesNanos) {
        double megabytesPerSecond() {
            return bytes / 1e6 / seconds;
        }

        double requestsPerSecond() {
            return requests / seconds;
        }
    }

    private static final int SMALL_BYTES = 16 << 10;
    private static final int MOST_LATENCIES = 2_000_000;

    private final Load load;
    private final Selector selector;
    private final ByteBuffer answers = ByteBuffer.allocateDirect(64 << 10);
    private long answered;
    private final long[] latencies = new long[MOST_LATENCIES];
    private int latencyCount;
    private boolean measuring;

    private ClosedLoop(Load load) throws IOException {
        this.load = load;
        this.selector = Selector.open();
    }

    /// Runs the load for `leadInMs`, then calls `begin`, measures for `measuredMs`, calls `end`, and waits for the
    /// rest.
    static Outcome run(int port, Load load, long leadInMs, long measuredMs, Runnable begin, Runnable end)
            throws IOException {
        var loop = new ClosedLoop(load);
        try {
            return loop.run(port, leadInMs, measuredMs, begin, end);
        } finally {
            for (var key : loop.selector.keys()) {
                key.channel().close();
            }
            loop.selector.close();
        }
    }

    private Outcome run(int port, long leadInMs, long measuredMs, Runnable begin, Runnable end) throws IOException {
        for (int c = 0; c < load.connections(); c++) {
            var channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            var key = channel.register(selector, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            key.attach(new Client(channel, key, c));
        }
        turnUntil(System.nanoTime() + leadInMs * 1_000_000);
        begin.run();
        long started = System.nanoTime();
        long before = answered;
        measuring = true;
        turnUntil(started + measuredMs * 1_000_000);
        measuring = false;
        long requests = answered - before;
        double seconds = (System.nanoTime() - started) / 1e9;
        end.run();
        drain();
        long[] sorted = Arrays.copyOf(latencies, latencyCount);
        Arrays.sort(sorted);
        var frames = load.frames();
        return new Outcome(
                requests, requests * frames.recordsPerBatch(), requests * frames.batchBytes(), seconds, sorted);
    }

    private void turnUntil(long endNanos) throws IOException {
        while (System.nanoTime() < endNanos) {
            selector.select(this::turn, 100);
        }
    }

    private void drain() throws IOException {
        for (var key : selector.keys()) {
            ((Client) key.attachment()).draining = true;
        }
        long giveUp = System.nanoTime() + 60_000_000_000L;
        while (selector.keys().stream().anyMatch(key -> ((Client) key.attachment()).busy())) {
            if (System.nanoTime() > giveUp) {
                throw new IOException("requests were not answered within 60 s");
            }
            selector.select(this::turn, 100);
        }
    }

    private void turn(SelectionKey key) {
        var client = (Client) key.attachment();
        try {
            if (key.isReadable()) {
                client.read();
            }
            client.write();
        } catch (IOException failure) {
            throw new IllegalStateException("the load's connection failed", failure);
        }
    }

    private final class Client {
        private final SocketChannel channel;
        private final SelectionKey key;
        private final long[] sentNanos;
        private int next;
        private int sentOfNext;
        private long sent;
        private long received;
        private int skip;
        private final byte[] head;
        private int headCount;
        private boolean draining;

        Client(SocketChannel channel, SelectionKey key, int first) {
            this.channel = channel;
            this.key = key;
            this.next = first;
            this.sentNanos = new long[load.window()];
            this.head = new byte[load.frames().errorCodeAt() + 2];
        }

        boolean busy() {
            return received < sent || sentOfNext > 0;
        }

        void write() throws IOException {
            var frames = load.frames();
            boolean full = false;
            while (!full && sent - received < load.window() && !(draining && sentOfNext == 0)) {
                int left = frames.frameBytes() - sentOfNext;
                if (sentOfNext == 0) {
                    sentNanos[(int) (sent % load.window())] = System.nanoTime();
                }
                long count = frames.frameBytes() <= SMALL_BYTES
                        ? channel.write(frames.frame(next).position(sentOfNext))
                        : frames.file().transferTo(frames.position(next) + sentOfNext, left, channel);
                sentOfNext += (int) count;
                full = count < left;
                if (!full) {
                    sentOfNext = 0;
                    sent++;
                    next = (next + load.connections()) % frames.count();
                }
            }
            int interest = full ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
            if (key.interestOps() != interest) {
                key.interestOps(interest);
            }
        }

        void read() throws IOException {
            answers.clear();
            if (channel.read(answers) < 0) {
                throw new IOException("the broker closed the connection");
            }
            answers.flip();
            while (answers.hasRemaining()) {
                if (skip > 0) {
                    int count = Math.min(skip, answers.remaining());
                    answers.position(answers.position() + count);
                    skip -= count;
                    continue;
                }
                int count = Math.min(head.length - headCount, answers.remaining());
                answers.get(head, headCount, count);
                headCount += count;
                if (headCount == head.length) {
                    accept();
                }
            }
        }

        private void accept() throws IOException {
            var bytes = ByteBuffer.wrap(head);
            short error = bytes.getShort(load.frames().errorCodeAt());
            if (error != 0) {
                throw new IOException("a produce request was refused with error " + error);
            }
            skip = bytes.getInt(0) + 4 - head.length;
            headCount = 0;
            if (measuring && latencyCount < latencies.length) {
                latencies[latencyCount++] = System.nanoTime() - sentNanos[(int) (received % load.window())];
            }
            received++;
            answered++;
        }
    }
}
