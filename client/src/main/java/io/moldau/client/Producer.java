package io.moldau.client;

import java.util.concurrent.CompletableFuture;

/// Sends records. May be used by several threads.
///
/// Records of one partition are sent in the order in which [#send] was called, in batches, one batch of a partition
/// at a time. With idempotence, a batch that is sent again after a lost connection or a broker's restart is not
/// written twice.
public final class Producer implements AutoCloseable {
    /// A record has the durability that the producer's acks ask for.
    /// @param offset -1 where the broker does not tell it (acks of none)
    public record Acknowledged(TopicPartition partition, long offset) {}

    private final Cluster cluster;
    private final Accumulator accumulator;
    private final Thread thread;

    Producer(Cluster cluster, ProducerSettings settings) {
        this.cluster = cluster;
        this.accumulator = new Accumulator(settings, cluster.environment(), cluster::nowMs);
        this.thread =
                cluster.environment().threads().start("moldau-producer", new Sender(cluster, settings, accumulator));
    }

    /// Takes a record; waits while the buffer is full. The future fails with a [ClientException].
    /// @throws ClientException if the topic cannot be found, or the buffer stays full
    public CompletableFuture<Acknowledged> send(OutgoingRecord record) {
        var topic = cluster.topic(record.topic(), true);
        var partition = record.partition();
        if (partition != null && partition >= topic.partitions().size()) {
            cluster.leader(new TopicPartition(record.topic(), partition));
        }
        return accumulator.append(record, topic.partitions().size());
    }

    /// Waits until everything sent so far is acknowledged or has failed.
    public void flush() {
        accumulator.flush();
    }

    /// Flushes, then ends the producer's thread.
    @Override
    public void close() {
        accumulator.flush();
        accumulator.close();
        try {
            thread.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
