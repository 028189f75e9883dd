package io.moldau.replication;

import io.moldau.metadata.Controller;
import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.MetadataRecord;
import io.moldau.metadata.TopicImage;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.storage.LogDirectory;
import io.moldau.storage.LogSettings;
import io.moldau.storage.PartitionId;
import io.moldau.storage.PartitionLog;
import io.moldau.storage.UuidBits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The partitions of this node, kept in step with the metadata.
public final class Partitions implements Controller.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(Partitions.class);

    /// Told on the controller's thread, before whoever asked for the change is answered.
    public interface Listener {
        default void opened(Partition partition) {}

        default void retired(Partition partition) {}
    }

    private final LogDirectory directory;
    private final BiFunction<MetadataImage, TopicImage, LogSettings> settings;
    private final Map<PartitionId, Partition> partitions = new ConcurrentHashMap<>();
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();

    /// @param settings what a topic's log honours, given all that is known
    public Partitions(LogDirectory directory, BiFunction<MetadataImage, TopicImage, LogSettings> settings) {
        this.directory = directory;
        this.settings = settings;
    }

    /// Opens everything that the image names; logs of topics that are gone are deleted.
    public void open(MetadataImage image) {
        for (PartitionLog log : List.copyOf(directory.logs())) {
            var topic = image.topic(log.id().topic()).orElse(null);
            if (topic == null || !topic.id().equals(topicId(log))) {
                LOG.info("Deleting the log of {}: its topic was deleted", log.id());
                delete(log);
            }
        }
        image.topics().values().forEach(topic -> openTopic(image, topic));
    }

    public void listen(Listener listener) {
        listeners.add(listener);
    }

    public Optional<Partition> partition(String topic, int index) {
        return Optional.ofNullable(partitions.get(new PartitionId(topic, index)));
    }

    public Collection<Partition> all() {
        return partitions.values();
    }

    @Override
    public void changed(List<MetadataRecord> records, MetadataImage image) {
        for (var record : records) {
            switch (record) {
                case MetadataRecord.PartitionChanged(var topicId, var partition) ->
                    image.topic(topicId).ifPresent(topic -> openPartition(image, topic, partition.index()));
                case MetadataRecord.TopicDeleted(var topicId) -> retire(topicId);
                case MetadataRecord.ConfigChanged(var resource, var name, var value) -> {
                    switch (resource.type()) {
                        case TOPIC -> image.topic(resource.name()).ifPresent(topic -> updateSettings(image, topic));
                        case BROKER -> image.topics().values().forEach(topic -> updateSettings(image, topic));
                        case BROKER_LOGGER, CLIENT_METRICS, GROUP -> {}
                    }
                }
                case MetadataRecord.ClusterCreated created -> {}
                case MetadataRecord.TopicCreated created -> {}
                case MetadataRecord.ProducerIdsReserved reserved -> {}
            }
        }
    }

    private void openTopic(MetadataImage image, TopicImage topic) {
        for (int index = 0; index < topic.partitions().size(); index++) {
            openPartition(image, topic, index);
        }
    }

    private void openPartition(MetadataImage image, TopicImage topic, int index) {
        var id = new PartitionId(topic.name(), index);
        if (partitions.containsKey(id)) {
            return;
        }
        var wanted = settings.apply(image, topic);
        PartitionLog log;
        try {
            var existing = directory.log(id);
            if (existing.isPresent()) {
                log = existing.get();
                log.updateSettings(wanted);
            } else {
                log = directory.create(
                        id,
                        new UuidBits(
                                topic.id().mostSignificantBits(), topic.id().leastSignificantBits()),
                        wanted);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("creating the log of " + id + " failed", failure);
        }
        int epoch = topic.partitions().get(index).leaderEpoch();
        var partition = new Partition(id, topic.id(), log, epoch);
        partitions.put(id, partition);
        listeners.forEach(listener -> listener.opened(partition));
    }

    private void updateSettings(MetadataImage image, TopicImage topic) {
        var wanted = settings.apply(image, topic);
        for (var partition : topic.partitions()) {
            partition(topic.name(), partition.index()).ifPresent(p -> p.change(log -> log.updateSettings(wanted)));
        }
    }

    private void retire(Uuid topicId) {
        for (var partition : new ArrayList<>(partitions.values())) {
            if (partition.topicId().equals(topicId)) {
                partitions.remove(partition.id());
                partition.retire(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "the topic was deleted");
                listeners.forEach(listener -> listener.retired(partition));
                delete(partition.log());
            }
        }
    }

    private void delete(PartitionLog log) {
        try {
            directory.delete(log);
        } catch (IOException failure) {
            LOG.error("Deleting the log of {} failed; it is tried again at the next start", log.id(), failure);
        }
    }

    /// The log directory failed: everybody is told, and nothing is accepted any more.
    public void offline(String reason) {
        LOG.error("The log directory failed and its partitions are offline: {}", reason);
        partitions.values().forEach(partition -> partition.retire(ErrorCode.KAFKA_STORAGE_ERROR, reason));
    }

    /// Applies the retention settings, and forgets idle producers. Reads and writes files.
    public void retain(long nowMs) {
        directory.retain();
        partitions.values().forEach(partition -> partition.change(log -> log.expireProducers(nowMs)));
    }

    private static Uuid topicId(PartitionLog log) {
        return new Uuid(log.topicId().mostSignificant(), log.topicId().leastSignificant());
    }
}
