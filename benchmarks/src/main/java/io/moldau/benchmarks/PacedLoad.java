package io.moldau.benchmarks;

import io.moldau.protocol.ApiKey;
import io.moldau.protocol.message.FetchRequest;
import io.moldau.protocol.message.FetchRequest.FetchPartition;
import io.moldau.protocol.message.FetchRequest.FetchTopic;
import io.moldau.protocol.message.FetchResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/// Requests at a fixed rate, whatever the broker does. A latency counts from the moment at which a request was due, so
/// that a stall is felt by all who would have asked during it (no coordinated omission). With it a consumer that
/// waits at the end of the log: from due to in the consumer's hands.
final class PacedLoad {
    /// @param rate requests a second
    record Load(ProduceFrames frames, String topic, int partitions, int rate, boolean consume) {}

    /// One of each for a request: when it was due, answered, in the consumer's hands.
    record Outcome(long[] dueNanos, long[] ackNanos, long[] seenNanos, double seconds) {
        long[] sortedAckNanos() {
            return sortedAckNanos(Long.MAX_VALUE);
        }

        long[] sortedEndToEndNanos() {
            return sorted(seenNanos, Long.MAX_VALUE);
        }

        /// Of those only that were due before a moment.
        long[] sortedAckNanos(long before) {
            return sorted(ackNanos, before);
        }

        private long[] sorted(long[] at, long before) {
            var latencies = new long[at.length];
            int count = 0;
            for (int i = 0; i < at.length; i++) {
                if (before == Long.MAX_VALUE || dueNanos[i] - before < 0) {
                    latencies[count++] = at[i] - dueNanos[i];
                }
            }
            var sorted = Arrays.copyOf(latencies, count);
            Arrays.sort(sorted);
            return sorted;
        }
    }

    private static final long SPIN_NANOS = 70_000;

    private final Load load;
    private final int leadIn;
    private final int total;
    private final long[] dueNanos;
    private final long[] ackNanos;
    private final long[] seenNanos;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    private PacedLoad(Load load, long leadInMs, long measuredMs) {
        this.load = load;
        this.leadIn = (int) (load.rate() * leadInMs / 1000);
        this.total = leadIn + (int) (load.rate() * measuredMs / 1000);
        this.dueNanos = new long[total];
        this.ackNanos = new long[total];
        this.seenNanos = new long[total];
    }

    static Outcome run(int port, Load load, long leadInMs, long measuredMs, Runnable begin, Runnable end)
            throws IOException, InterruptedException {
        return new PacedLoad(load, leadInMs, measuredMs).run(port, begin, end);
    }

    private Outcome run(int port, Runnable begin, Runnable end) throws IOException, InterruptedException {
        try (var producer = Wire.open(port);
                var consumer = Wire.open(port)) {
            var ready = new CountDownLatch(1);
            var reading = Thread.ofPlatform().daemon().start(() -> guard(() -> readAcks(producer)));
            var consuming = Thread.ofPlatform()
                    .daemon()
                    .start(() -> guard(() -> {
                        if (load.consume()) {
                            consume(consumer, ready);
                        } else {
                            ready.countDown();
                        }
                    }));
            ready.await();
            long interval = 1_000_000_000L / load.rate();
            long start = System.nanoTime() + 50_000_000;
            for (int i = 0; i < total; i++) {
                dueNanos[i] = start + i * interval;
            }
            for (int i = 0; i < total && failure.get() == null; i++) {
                if (i == leadIn) {
                    begin.run();
                }
                await(dueNanos[i]);
                producer.send(load.frames().frame(i));
            }
            double seconds = (System.nanoTime() - dueNanos[leadIn]) / 1e9;
            end.run();
            reading.join(60_000);
            consuming.join(60_000);
            var failed = failure.get();
            if (failed != null) {
                throw new IOException("the paced load failed", failed);
            }
            if (reading.isAlive() || consuming.isAlive()) {
                throw new IOException("answers were missing 60 s after the last request");
            }
            return new Outcome(
                    measured(dueNanos),
                    measured(ackNanos),
                    load.consume() ? measured(seenNanos) : new long[0],
                    seconds);
        }
    }

    private static void await(long due) {
        long left;
        while ((left = due - System.nanoTime()) > 0) {
            if (left > SPIN_NANOS) {
                LockSupport.parkNanos(left - SPIN_NANOS);
            } else {
                Thread.onSpinWait();
            }
        }
    }

    private long[] measured(long[] all) {
        return Arrays.copyOfRange(all, leadIn, total);
    }

    private interface Body {
        void run() throws IOException;
    }

    private void guard(Body body) {
        try {
            body.run();
        } catch (IOException | RuntimeException failed) {
            failure.compareAndSet(null, failed);
        }
    }

    private void readAcks(Wire wire) throws IOException {
        int errorAt = load.frames().errorCodeAt() - 4;
        for (int i = 0; i < total; i++) {
            var answer = wire.receive();
            ackNanos[i] = System.nanoTime();
            if (answer.getShort(errorAt) != 0) {
                throw new IOException("a produce request was refused with error " + answer.getShort(errorAt));
            }
        }
    }

    private void consume(Wire wire, CountDownLatch ready) throws IOException {
        long[] offsets = new long[load.partitions()];
        int records = load.frames().recordsPerBatch();
        int seen = 0;
        while (seen < total) {
            wire.send(Wire.frame(fetch(load.topic(), offsets, 0, 1 << 20, 50 << 20), FETCH_VERSION));
            ready.countDown();
            var body = Wire.body(wire.receive(), ApiKey.FETCH, FETCH_VERSION);
            long now = System.nanoTime();
            for (var partition : FetchResponse.read(body, FETCH_VERSION)
                    .responses()
                    .getFirst()
                    .partitions()) {
                int p = partition.partitionIndex();
                long end = endOf(partition, offsets[p]);
                for (long batch = offsets[p] / records; batch < end / records; batch++) {
                    seenNanos[(int) (batch * load.partitions() + p)] = now;
                    seen++;
                }
                offsets[p] = end;
            }
        }
    }

    static final short FETCH_VERSION = 12;

    /// A fetch of consecutive partitions outside any session: the answer names each of them.
    static FetchRequest fetch(String topic, long[] offsets, int firstPartition, int partitionBytes, int bytes) {
        var partitions = new ArrayList<FetchPartition>();
        for (int p = 0; p < offsets.length; p++) {
            partitions.add(FetchPartition.builder()
                    .partition(firstPartition + p)
                    .currentLeaderEpoch(-1)
                    .fetchOffset(offsets[p])
                    .lastFetchedEpoch(-1)
                    .logStartOffset(-1)
                    .partitionMaxBytes(partitionBytes)
                    .build());
        }
        return FetchRequest.builder()
                .replicaId(-1)
                .maxWaitMs(500)
                .minBytes(1)
                .maxBytes(bytes)
                .sessionId(0)
                .sessionEpoch(-1)
                .topics(List.of(
                        FetchTopic.builder().topic(topic).partitions(partitions).build()))
                .build();
    }

    /// The offset after the last whole batch.
    static long endOf(FetchResponse.PartitionData data, long from) throws IOException {
        if (data.errorCode() != 0) {
            throw new IOException("fetching partition " + data.partitionIndex() + ": error " + data.errorCode());
        }
        var records = data.records();
        if (records == null) {
            return from;
        }
        ByteBuffer bytes = records.buffer();
        long end = from;
        int at = bytes.position();
        while (bytes.limit() - at >= 61) {
            int size = bytes.getInt(at + 8) + 12;
            if (at + size > bytes.limit()) {
                break;
            }
            end = bytes.getLong(at) + bytes.getInt(at + 23) + 1;
            at += size;
        }
        return end;
    }
}
