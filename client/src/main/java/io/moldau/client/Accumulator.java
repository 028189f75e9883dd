package io.moldau.client;

import io.moldau.environment.Environment;
import io.moldau.protocol.ErrorCode;
import io.moldau.records.BatchBuilder;
import io.moldau.records.RecordBatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The records that a producer has not settled yet, in batches by partition, within a bound of bytes: who sends more
/// waits. All state is guarded by one lock; futures are completed outside of it.
final class Accumulator {
    /// What the sender is to do now.
    /// @param ready partitions whose first batch is to be sent; they are under way from here on
    /// @param expired batches that waited too long
    /// @param waitMs until the next look, where there is nothing to do
    record Work(List<PartitionQueue> ready, List<PendingBatch> expired, long waitMs) {}

    private static final long IDLE_WAIT_MS = 500;

    private final ProducerSettings settings;
    private final Environment environment;
    private final LongSupplier nowMs;
    private final Object lock = new Object();
    private final Map<TopicPartition, PartitionQueue> queues = new HashMap<>();
    private final Map<String, Integer> sticky = new HashMap<>();
    private long heldBytes;
    private int pressing;
    private boolean closed;

    Accumulator(ProducerSettings settings, Environment environment, LongSupplier nowMs) {
        this.settings = settings;
        this.environment = environment;
        this.nowMs = nowMs;
    }

    CompletableFuture<Producer.Acknowledged> append(OutgoingRecord record, int partitionCount) {
        int bytes = BatchBuilder.recordBytesAtMost(record.key(), record.value(), record.headers());
        if (bytes + RecordBatch.HEADER_BYTES > settings.maxRequestBytes()) {
            return CompletableFuture.failedFuture(new ClientException(
                    ErrorCode.MESSAGE_TOO_LARGE,
                    "a record of " + bytes + " bytes is larger than the producer's limit of "
                            + settings.maxRequestBytes()));
        }
        synchronized (lock) {
            awaitRoom(bytes);
            if (closed) {
                return CompletableFuture.failedFuture(
                        new ClientException(ErrorCode.UNKNOWN_SERVER_ERROR, "the producer is closed"));
            }
            var queue = queueFor(record, partitionCount, bytes);
            var batch = queue.batches.peekLast();
            if (batch == null || !batch.takes(bytes, settings.batchBytes())) {
                batch = new PendingBatch(queue.partition, settings.compression(), nowMs.getAsLong());
                queue.batches.add(batch);
                lock.notifyAll();
            }
            heldBytes += bytes;
            var timestamp = record.timestampMs();
            return batch.add(record, timestamp == null ? environment.clock().wallMs() : timestamp, bytes);
        }
    }

    private void awaitRoom(int bytes) {
        long deadline = nowMs.getAsLong() + settings.deliveryTimeoutMs();
        while (!closed && heldBytes > 0 && heldBytes + bytes > settings.bufferBytes()) {
            if (nowMs.getAsLong() >= deadline) {
                throw new ClientException(
                        ErrorCode.REQUEST_TIMED_OUT,
                        "the producer's buffer of " + settings.bufferBytes() + " bytes stayed full for "
                                + settings.deliveryTimeoutMs() + " ms");
            }
            pressing++;
            try {
                lock.notifyAll();
                lock.wait(IDLE_WAIT_MS);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new ClientException(ErrorCode.UNKNOWN_SERVER_ERROR, "interrupted", interrupted);
            } finally {
                pressing--;
            }
        }
    }

    private PartitionQueue queueFor(OutgoingRecord record, int partitionCount, int bytes) {
        var key = record.key();
        var chosen = record.partition();
        if (chosen != null) {
            return queue(record.topic(), chosen);
        }
        if (key != null) {
            return queue(record.topic(), Murmur2.partition(key, partitionCount));
        }
        // Records without a key fill one batch before the next partition's turn (KIP-480).
        int current = sticky.computeIfAbsent(record.topic(), topic -> random(partitionCount));
        var queue = queue(record.topic(), current);
        var last = queue.batches.peekLast();
        if (partitionCount > 1 && last != null && !last.takes(bytes, settings.batchBytes())) {
            int next = (current + 1 + random(partitionCount - 1)) % partitionCount;
            sticky.put(record.topic(), next);
            return queue(record.topic(), next);
        }
        return queue;
    }

    private int random(int bound) {
        return environment.randomness().nextInt(bound);
    }

    private PartitionQueue queue(String topic, int partition) {
        return queues.computeIfAbsent(new TopicPartition(topic, partition), PartitionQueue::new);
    }

    /// What to send now; waits at most until there may be something. Null once closed and empty.
    @SuppressWarnings("WaitNotInLoop") // the sender loops
    @Nullable
    Work take() throws InterruptedException {
        synchronized (lock) {
            var work = look();
            if (work.ready().isEmpty() && work.expired().isEmpty()) {
                if (closed && queues.values().stream().allMatch(queue -> queue.batches.isEmpty())) {
                    return null;
                }
                lock.wait(Math.max(1, work.waitMs()));
                work = look();
            }
            return work;
        }
    }

    private Work look() {
        long now = nowMs.getAsLong();
        long waitMs = IDLE_WAIT_MS;
        var ready = new ArrayList<PartitionQueue>();
        var expired = new ArrayList<PendingBatch>();
        for (var queue : queues.values()) {
            if (queue.underWay) {
                continue;
            }
            while (!queue.batches.isEmpty() && isExpired(queue.batches.getFirst(), now)) {
                var late = queue.batches.removeFirst();
                heldBytes -= late.heldBytes();
                if (late.attempts() > 0) {
                    queue.dropIdentity();
                }
                expired.add(late);
                lock.notifyAll();
            }
            var first = queue.batches.peekFirst();
            if (first == null) {
                continue;
            }
            long due =
                    Math.max(queue.notBeforeMs, mayLinger(queue, first) ? first.createdMs + settings.lingerMs() : now);
            if (due <= now) {
                first.seal();
                queue.start();
                ready.add(queue);
            } else {
                waitMs = Math.min(waitMs, due - now);
            }
        }
        return new Work(ready, expired, waitMs);
    }

    private boolean mayLinger(PartitionQueue queue, PendingBatch first) {
        return first.attempts() == 0 && queue.batches.size() == 1 && pressing == 0 && !closed;
    }

    private boolean isExpired(PendingBatch batch, long now) {
        return now - batch.createdMs >= settings.deliveryTimeoutMs();
    }

    /// The first batch of the partition is settled, one way or the other.
    /// @param sequenceFree whether the broker certainly did not take it
    void settled(PartitionQueue queue, boolean sequenceFree, boolean dropIdentity) {
        synchronized (lock) {
            var batch = queue.batches.removeFirst();
            heldBytes -= batch.heldBytes();
            if (sequenceFree) {
                queue.takeBackSequence(batch);
            }
            if (dropIdentity) {
                queue.dropIdentity();
            }
            queue.underWay = false;
            queue.notBeforeMs = Long.MIN_VALUE;
            lock.notifyAll();
        }
    }

    /// The first batch of the partition is to be sent again, after a pause.
    void again(PartitionQueue queue, ClientException failure, int backoffMs) {
        synchronized (lock) {
            queue.first().remember(failure);
            queue.notBeforeMs = nowMs.getAsLong() + backoffMs;
            queue.underWay = false;
            lock.notifyAll();
        }
    }

    /// The first batch of the partition is too large as a whole.
    void split(PartitionQueue queue) {
        synchronized (lock) {
            var whole = queue.batches.removeFirst();
            queue.takeBackSequence(whole);
            whole.split().reversed().forEach(queue.batches::addFirst);
            queue.underWay = false;
            lock.notifyAll();
        }
    }

    /// Forgets the partition's producer identity; the identity it had.
    @Nullable
    ProducerIdentity dropIdentity(PartitionQueue queue) {
        synchronized (lock) {
            return queue.dropIdentity();
        }
    }

    PendingBatch buildFirst(PartitionQueue queue, ProducerIdentity current) {
        // Not under the lock: the batch is sealed, and compressing takes its time.
        return queue.buildFirst(current);
    }

    /// Waits until everything appended so far is settled.
    void flush() {
        List<CompletableFuture<Producer.Acknowledged>> last;
        synchronized (lock) {
            last = queues.values().stream()
                    .flatMap(queue -> queue.batches.stream())
                    .map(PendingBatch::lastFuture)
                    .toList();
            pressing++;
            lock.notifyAll();
        }
        try {
            CompletableFuture.allOf(last.toArray(CompletableFuture[]::new))
                    .handle((done, failure) -> failure)
                    .join();
        } finally {
            synchronized (lock) {
                pressing--;
            }
        }
    }

    void close() {
        synchronized (lock) {
            closed = true;
            lock.notifyAll();
        }
    }

    /// Everything left, for failing it.
    List<PendingBatch> drain() {
        synchronized (lock) {
            closed = true;
            var left = queues.values().stream()
                    .flatMap(queue -> queue.batches.stream())
                    .toList();
            queues.clear();
            heldBytes = 0;
            lock.notifyAll();
            return left;
        }
    }
}
