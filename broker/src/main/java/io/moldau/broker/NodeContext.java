package io.moldau.broker;

import io.moldau.broker.settings.BrokerSettings;
import io.moldau.environment.DecisionJournal;
import io.moldau.environment.Environment;
import io.moldau.metadata.Controller;
import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.TopicDecisions;
import io.moldau.metadata.TopicImage;
import io.moldau.network.Peer;
import io.moldau.protocol.Uuid;
import io.moldau.replication.Partition;
import io.moldau.replication.Partitions;
import io.moldau.security.quotas.Quotas;
import java.util.Optional;

/// What handlers share.
record NodeContext(
        int nodeId,
        Environment environment,
        LiveSettings live,
        Controller controller,
        TopicDecisions topicDecisions,
        Partitions partitions,
        Advertised advertised,
        DecisionJournal journal,
        Quotas quotas) {

    /// The address under which a client shall reach this node.
    record HostAndPort(String host, int port) {}

    /// Chooses the address that clients are told.
    interface Advertised {
        HostAndPort to(Peer peer);
    }

    long nowNanos() {
        return environment.clock().nanos();
    }

    BrokerSettings settings() {
        return live.current();
    }

    MetadataImage image() {
        return controller.image();
    }

    /// A partition whose topic is known by name.
    Optional<Partition> partition(String topic, int index) {
        return partitions.partition(topic, index);
    }

    /// The topic with this id; empty for the zero id.
    Optional<TopicImage> topic(Uuid id) {
        return image().topic(id);
    }

    Uuid randomUuid() {
        return randomUuid(environment);
    }

    /// A version 4 UUID that Kafka's tools can print: never zero or one, its text never begins with '-'.
    static Uuid randomUuid(Environment environment) {
        Uuid uuid;
        do {
            long high = environment.randomness().nextLong() & ~0xF000L | 0x4000L;
            long low = environment.randomness().nextLong() & 0x3FFFFFFFFFFFFFFFL | 0x8000000000000000L;
            uuid = new Uuid(high, low);
        } while (uuid.toString().startsWith("-"));
        return uuid;
    }
}
