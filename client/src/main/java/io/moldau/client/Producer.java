package io.moldau.client;

import io.moldau.protocol.ErrorCode;
import io.moldau.records.BatchBuilder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Sends records in batches, from any thread, in order for each partition, without doubles.
///
/// Records gather here under one lock; a thread of its own, the [ProducerSender], takes them. Memory is bounded:
/// [#send] waits while too much is on the way.
public final class Producer implements AutoCloseable {
    private static final int OVERHEAD_BYTES = 61;

    private final ClientSettings clientSettings;
    private final ProducerSettings settings;
    private final ProducerSender sender;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // Under the lock.
    private final Map<TopicPartition, Deque<OutgoingBatch>> queues = new LinkedHashMap<>();
    private final Map<String, Integer> partitionCounts = new HashMap<>();
    private final Map<String, Integer> sticky = new HashMap<>();
    private final Map<String, ClientException> refusedTopics = new HashMap<>();
    private final Set<String> wantedTopics = new HashSet<>();
    private long bufferedBytes;
    private int flushers;
    private boolean closing;
    private boolean ended;

    public Producer(ClientSettings clientSettings, ProducerSettings settings) {
        this.clientSettings = clientSettings;
        this.settings = settings;
        this.sender = new ProducerSender(new Cluster(clientSettings), settings, this);
        clientSettings.environment().threads().start("moldau-producer", sender);
    }

    /// Takes a record; the future completes when the broker acknowledged it, or with a [ClientException].
    public CompletableFuture<Sent> send(OutgoingRecord record) {
        int size = OVERHEAD_BYTES + BatchBuilder.recordBytesAtMost(record.key(), record.value(), record.headers());
        lock.lock();
        try {
            int partitions = partitionCount(record.topic());
            awaitRoom(size);
            int partition = partitionOf(record, partitions);
            var target = new TopicPartition(record.topic(), partition);
            var queue = queues.computeIfAbsent(target, key -> new ArrayDeque<>());
            var batch = queue.peekLast();
            if (batch != null && !batch.sealed && batch.sizeBytes + size > settings.batchBytes()) {
                batch.sealed = true;
            }
            if (batch == null || batch.sealed) {
                batch = new OutgoingBatch(target, settings.compression(), nowMs());
                queue.add(batch);
                changed.signalAll();
            }
            bufferedBytes += size;
            long timestampMs = record.timestampMs()
                    .orElseGet(() -> clientSettings.environment().clock().wallMs());
            var future = batch.append(timestampMs, record, size);
            if (batch.sizeBytes >= settings.batchBytes()) {
                batch.sealed = true;
                sticky.remove(record.topic());
                changed.signalAll();
            }
            return future;
        } finally {
            lock.unlock();
        }
    }

    private int partitionOf(OutgoingRecord record, int partitions) {
        if (record.partition().isPresent()) {
            int partition = record.partition().getAsInt();
            if (partition < 0 || partition >= partitions) {
                throw new ClientException(
                        ErrorCode.INVALID_PARTITIONS,
                        "Topic '" + record.topic() + "' has partitions 0 to " + (partitions - 1) + ", not " + partition
                                + ".");
            }
            return partition;
        }
        var key = record.key();
        if (key != null) {
            return Partitioner.partition(key, partitions);
        }
        return sticky.computeIfAbsent(
                record.topic(),
                topic -> clientSettings.environment().randomness().nextInt(partitions));
    }

    /// The sender asks for topics, since the connections are its own.
    private int partitionCount(String topic) {
        long deadline = nowMs() + settings.deliveryTimeoutMs();
        while (true) {
            if (closing) {
                throw new IllegalStateException("the producer is closed");
            }
            var known = partitionCounts.get(topic);
            if (known != null) {
                return known;
            }
            var refused = refusedTopics.remove(topic);
            if (refused != null) {
                throw refused;
            }
            wantedTopics.add(topic);
            changed.signalAll();
            awaitChange(100);
            if (nowMs() > deadline) {
                throw new ClientException(
                        ErrorCode.REQUEST_TIMED_OUT,
                        "Topic '" + topic + "' could not be found out in " + settings.deliveryTimeoutMs() + " ms.");
            }
        }
    }

    private void awaitRoom(int size) {
        while (bufferedBytes > 0 && bufferedBytes + size > settings.bufferBytes()) {
            awaitChange(100);
        }
    }

    @SuppressWarnings("WaitNotInLoop") // every caller asks again in a loop
    private void awaitChange(long mostMs) {
        try {
            boolean signalled = changed.await(mostMs, TimeUnit.MILLISECONDS);
            if (!signalled && Thread.currentThread().isInterrupted()) {
                throw new InterruptedException();
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ClientException(ErrorCode.REQUEST_TIMED_OUT, "Interrupted while producing.", interrupted);
        }
    }

    /// Returns when all records given before are answered, well or not.
    public void flush() {
        lock.lock();
        try {
            var pending = new ArrayList<OutgoingBatch>();
            queues.values().forEach(pending::addAll);
            flushers++;
            changed.signalAll();
            while (queues.values().stream().anyMatch(queue -> pending.stream().anyMatch(queue::contains))) {
                awaitChange(100);
            }
            flushers--;
        } finally {
            lock.unlock();
        }
    }

    /// Sends what is waiting, then ends.
    @Override
    public void close() {
        flush();
        lock.lock();
        try {
            closing = true;
            changed.signalAll();
            while (!ended) {
                awaitChange(100);
            }
        } finally {
            lock.unlock();
        }
    }

    private long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(
                clientSettings.environment().clock().nanos());
    }

    /// What the sender is to do next.
    record Work(List<OutgoingBatch> batches, Set<String> topics, boolean end) {}

    /// For the sender: waits until there is something to do. At most one batch of each partition is handed out,
    /// and it stays at the head of its queue until it is [#settled].
    Work awaitWork() {
        lock.lock();
        try {
            while (true) {
                long now = nowMs();
                long wakeMs = now + 1000;
                var ready = new ArrayList<OutgoingBatch>();
                for (var queue : queues.values()) {
                    var head = queue.peek();
                    if (head == null) {
                        continue;
                    }
                    boolean pressed = flushers > 0 || queue.size() > 1 || bufferedBytes * 2 > settings.bufferBytes();
                    long dueMs = head.sealed || pressed
                            ? head.notBeforeMs
                            : Math.max(head.notBeforeMs, head.createdMs + settings.lingerMs());
                    if (dueMs <= now) {
                        head.sealed = true;
                        ready.add(head);
                    } else {
                        wakeMs = Math.min(wakeMs, dueMs);
                    }
                }
                if (!ready.isEmpty() || !wantedTopics.isEmpty() || closing) {
                    var work = new Work(ready, Set.copyOf(wantedTopics), closing && ready.isEmpty());
                    wantedTopics.clear();
                    return work;
                }
                awaitChange(Math.max(1, wakeMs - now));
            }
        } finally {
            lock.unlock();
        }
    }

    /// For the sender: this batch is answered.
    void settled(OutgoingBatch batch) {
        lock.lock();
        try {
            var queue = queues.get(batch.partition);
            if (queue != null && queue.remove(batch)) {
                bufferedBytes -= batch.sizeBytes;
            }
            sticky.remove(batch.partition.topic());
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void topicKnown(String topic, int partitions) {
        lock.lock();
        try {
            partitionCounts.put(topic, partitions);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void topicRefused(String topic, ClientException why) {
        lock.lock();
        try {
            refusedTopics.put(topic, why);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void senderEnded() {
        lock.lock();
        try {
            ended = true;
            closing = true;
            for (var queue : queues.values()) {
                queue.forEach(batch -> batch.fail(
                        new ClientException(ErrorCode.NETWORK_EXCEPTION, "The producer ended before this was sent.")));
                queue.clear();
            }
            bufferedBytes = 0;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
