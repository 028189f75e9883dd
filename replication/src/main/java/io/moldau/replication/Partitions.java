package io.moldau.replication;

import io.moldau.metadata.Controller;
import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.MetadataRecord;
import io.moldau.metadata.TopicImage;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.storage.LogDirectories;
import io.moldau.storage.LogDirectory;
import io.moldau.storage.LogDirectory.NewLog;
import io.moldau.storage.LogMoves;
import io.moldau.storage.LogSettings;
import io.moldau.storage.PartitionId;
import io.moldau.storage.PartitionLog;
import io.moldau.storage.UuidBits;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The partitions of this node, kept in step with the metadata.
public final class Partitions implements Controller.Listener, LogMoves.Owner {
    private static final Logger LOG = LoggerFactory.getLogger(Partitions.class);

    /// Told on the controller's thread, before whoever asked for the change is answered.
    public interface Listener {
        default void opened(Partition partition) {}

        /// The partition's topic was deleted.
        default void retired(Partition partition) {}

        /// The partition's log directory failed: it refuses everything from now on. Told on any thread.
        default void offline(Partition partition) {}
    }

    private final LogDirectories directories;
    private final BiFunction<MetadataImage, TopicImage, LogSettings> settings;
    private final Map<PartitionId, Partition> partitions = new ConcurrentHashMap<>();
    private final Map<Uuid, List<Partition>> byTopic = new ConcurrentHashMap<>();
    private final Set<PartitionId> offline = ConcurrentHashMap.newKeySet();
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();

    /// @param settings what a topic's log honours, given all that is known
    public Partitions(LogDirectories directories, BiFunction<MetadataImage, TopicImage, LogSettings> settings) {
        this.directories = directories;
        this.settings = settings;
    }

    /// Opens everything that the image names; logs of topics that are gone are deleted. Listeners should be there
    /// before. A partition that is nowhere to be found while a directory is lost is taken to be in that one.
    public void open(MetadataImage image) {
        for (var directory : directories.all()) {
            for (PartitionLog log : directory.logs()) {
                var topic = image.topic(log.id().topic()).orElse(null);
                if (topic == null || !topic.id().equals(topicId(log))) {
                    LOG.info("Deleting the log of {}: its topic was deleted", log.id());
                    delete(log);
                }
            }
        }
        var wanted = new Opening(image, true);
        for (var topic : image.topics().values()) {
            for (int index = 0; index < topic.partitions().size(); index++) {
                wanted.add(topic, index);
            }
        }
        wanted.run();
        for (var directory : directories.all()) {
            directory.failure().ifPresent(reason -> offline(directory, reason));
            directory.onFailure(() -> directory.failure().ifPresent(reason -> offline(directory, reason)));
        }
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

    /// Whether the partition's log directory has failed.
    public boolean isOffline(String topic, int index) {
        return !offline.isEmpty() && offline.contains(new PartitionId(topic, index));
    }

    @Override
    public void changed(List<MetadataRecord> records, MetadataImage image) {
        var wanted = new Opening(image, false);
        for (var record : records) {
            switch (record) {
                case MetadataRecord.PartitionChanged(var topicId, var partition) ->
                    image.topic(topicId).ifPresent(topic -> wanted.add(topic, partition.index()));
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
                case MetadataRecord.QuotaChanged quota -> {}
                case MetadataRecord.ScramCredentialChanged credential -> {}
                case MetadataRecord.ScramCredentialRemoved credential -> {}
            }
        }
        wanted.run();
    }

    /// Partitions that are opened together: the logs among them that are new are made in one go, and a topic's settings
    /// are worked out once.
    private final class Opening {
        private record Wanted(TopicImage topic, PartitionId id, LogSettings settings) {}

        private final MetadataImage image;
        private final boolean mayBeLost;
        private final Map<PartitionId, Wanted> wanted = new LinkedHashMap<>();
        private @Nullable TopicImage last;
        private LogSettings lastSettings = LogSettings.DEFAULTS;

        Opening(MetadataImage image, boolean mayBeLost) {
            this.image = image;
            this.mayBeLost = mayBeLost;
        }

        void add(TopicImage topic, int index) {
            var id = new PartitionId(topic.name(), index);
            if (partitions.containsKey(id)) {
                return;
            }
            if (last == null || !last.id().equals(topic.id())) {
                last = topic;
                lastSettings = settings.apply(image, topic);
            }
            wanted.put(id, new Wanted(topic, id, lastSettings));
        }

        void run() {
            var logs = new LinkedHashMap<PartitionId, PartitionLog>();
            var missing = new ArrayList<NewLog>();
            for (var one : wanted.values()) {
                var existing = directories.log(one.id());
                if (existing.isPresent()) {
                    existing.get().updateSettings(one.settings());
                    logs.put(one.id(), existing.get());
                } else {
                    missing.add(new NewLog(one.id(), uuid(one.topic().id()), one.settings()));
                }
            }
            directories.create(missing, mayBeLost).forEach(log -> logs.put(log.id(), log));
            for (var one : wanted.values()) {
                var log = Optional.ofNullable(logs.get(one.id())).orElseThrow();
                open(one.topic(), one.id(), log);
            }
        }
    }

    private void open(TopicImage topic, PartitionId id, PartitionLog log) {
        int epoch = topic.partitions().get(id.partition()).leaderEpoch();
        var partition = new Partition(id, topic.id(), log, epoch);
        partitions.put(id, partition);
        byTopic.computeIfAbsent(topic.id(), known -> new ArrayList<>()).add(partition);
        var failure = log.directory().failure();
        if (failure.isPresent()) {
            takeOffline(partition, failure.get());
        } else {
            listeners.forEach(listener -> listener.opened(partition));
        }
    }

    private void updateSettings(MetadataImage image, TopicImage topic) {
        var wanted = settings.apply(image, topic);
        for (var partition : topic.partitions()) {
            partition(topic.name(), partition.index()).ifPresent(p -> p.change(log -> log.updateSettings(wanted)));
        }
    }

    private void retire(Uuid topicId) {
        var gone = byTopic.remove(topicId);
        if (gone == null) {
            return;
        }
        for (var partition : gone) {
            partitions.remove(partition.id());
            offline.remove(partition.id());
            partition.retire(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "the topic was deleted");
            listeners.forEach(listener -> listener.retired(partition));
            delete(partition.lastLog());
        }
    }

    private void delete(PartitionLog log) {
        try {
            log.directory().delete(log);
        } catch (IOException failure) {
            LOG.error("Deleting the log of {} failed; it is tried again at the next start", log.id(), failure);
        }
    }

    /// A log directory failed: everybody who waits for its partitions is told, and nothing is accepted for them any
    /// more.
    private void offline(LogDirectory directory, String reason) {
        int count = 0;
        for (var log : directory.logs()) {
            var partition = partitions.get(log.id());
            if (partition != null && partition.log() == log && !offline.contains(log.id())) {
                takeOffline(partition, reason);
                count++;
            }
        }
        LOG.error("{} partitions are offline, all those in the log directory {}", count, directory.path());
    }

    @Override
    public Optional<PartitionLog> log(PartitionId id) {
        return Optional.ofNullable(partitions.get(id))
                .filter(partition -> !offline.contains(id))
                .map(Partition::log);
    }

    @Override
    public void execute(PartitionLog log, Runnable task) {
        var partition = partitions.get(log.id());
        if (partition != null && partition.log() == log) {
            partition.execute(task);
        } else {
            task.run();
        }
    }

    @Override
    public boolean replace(PartitionLog log, PartitionLog next) {
        var partition = partitions.get(log.id());
        if (partition == null || partition.log() != log || !partition.moveTo(next)) {
            return false;
        }
        // Whoever told of a failure before saw the other log.
        next.directory().failure().ifPresent(reason -> takeOffline(partition, reason));
        return true;
    }

    private void takeOffline(Partition partition, String reason) {
        offline.add(partition.id());
        partition.retire(ErrorCode.KAFKA_STORAGE_ERROR, reason);
        listeners.forEach(listener -> listener.offline(partition));
    }

    /// Applies the retention settings, and forgets idle producers. Reads and writes files.
    ///
    /// @param deleted told of each partition that lost records, and which offset is its first now
    public void retain(long nowMs, BiConsumer<PartitionId, Long> deleted) {
        var before = new HashMap<Partition, Long>();
        partitions.values().forEach(partition -> before.put(partition, partition.logStartOffset()));
        directories.retain();
        before.forEach((partition, start) -> {
            long now = partition.logStartOffset();
            if (now > start) {
                deleted.accept(partition.id(), now);
            }
        });
        partitions.values().forEach(partition -> partition.change(log -> log.expireProducers(nowMs)));
    }

    private static UuidBits uuid(Uuid id) {
        return new UuidBits(id.mostSignificantBits(), id.leastSignificantBits());
    }

    private static Uuid topicId(PartitionLog log) {
        return new Uuid(log.topicId().mostSignificant(), log.topicId().leastSignificant());
    }
}
