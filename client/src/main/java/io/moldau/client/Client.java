package io.moldau.client;

import io.moldau.environment.Environment;
import io.moldau.environment.Sockets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A client of a cluster: what to open everything else from. It connects when it is first used.
public final class Client implements AutoCloseable {
    private final Cluster cluster;

    private Client(Cluster cluster) {
        this.cluster = cluster;
    }

    public static Client open(Environment environment, Sockets sockets, ClientSettings settings) {
        return new Client(new Cluster(environment, sockets, settings));
    }

    public Topics topics() {
        return new Topics(cluster);
    }

    public Groups groups() {
        return new Groups(cluster);
    }

    public Configs configs() {
        return new Configs(cluster);
    }

    public Producer producer(ProducerSettings settings) {
        return new Producer(cluster, settings);
    }

    /// Reads these partitions from these offsets on.
    public Reader reader(Map<TopicPartition, Long> from, Reader.OutOfRange outOfRange) {
        var reader = new Reader(cluster, outOfRange);
        reader.assign(from);
        return reader;
    }

    /// Joins a group and reads what it is assigned.
    public GroupReader join(GroupSettings settings) {
        return new GroupReader(cluster, settings);
    }

    /// Asks a broker for anything, to find out whether one answers.
    public void ping() {
        var _ = cluster.nodes();
    }

    /// The topic's partitions, counted.
    public int partitionCount(String topic) {
        return cluster.topic(topic, false).partitions().size();
    }

    static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    @Override
    public void close() {
        cluster.close();
    }
}
