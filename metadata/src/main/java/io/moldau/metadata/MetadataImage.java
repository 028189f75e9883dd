package io.moldau.metadata;

import io.moldau.metadata.MetadataRecord.ClusterCreated;
import io.moldau.metadata.MetadataRecord.ConfigChanged;
import io.moldau.metadata.MetadataRecord.PartitionChanged;
import io.moldau.metadata.MetadataRecord.ProducerIdsReserved;
import io.moldau.metadata.MetadataRecord.QuotaChanged;
import io.moldau.metadata.MetadataRecord.ScramCredentialChanged;
import io.moldau.metadata.MetadataRecord.ScramCredentialRemoved;
import io.moldau.metadata.MetadataRecord.TopicCreated;
import io.moldau.metadata.MetadataRecord.TopicDeleted;
import io.moldau.protocol.Uuid;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// Everything the cluster knows at one moment. `offset` counts the records that led here.
public record MetadataImage(
        long offset,
        String clusterId,
        SortedMap<String, TopicImage> topics,
        Map<Uuid, TopicImage> topicsById,
        Map<ConfigResource, Map<String, String>> configs,
        long nextProducerId,
        Map<QuotaEntity, Map<String, Double>> quotas,
        SortedMap<String, Map<ScramMechanism, ScramCredential>> scramCredentials) {

    /// Before the first record.
    public static final MetadataImage EMPTY = new MetadataImage(
            0, "", Collections.emptySortedMap(), Map.of(), Map.of(), 0, Map.of(), Collections.emptySortedMap());

    public Optional<TopicImage> topic(String name) {
        return Optional.ofNullable(topics.get(name));
    }

    public Optional<TopicImage> topic(Uuid id) {
        return Optional.ofNullable(topicsById.get(id));
    }

    /// The settings given to this resource itself, not those it inherits.
    public Map<String, String> config(ConfigResource resource) {
        return configs.getOrDefault(resource, Map.of());
    }

    /// The image after `records`.
    public MetadataImage replay(List<MetadataRecord> records) {
        if (records.isEmpty()) {
            return this;
        }
        var replay = new Replay(this);
        records.forEach(replay::apply);
        return replay.image(offset + records.size());
    }

    /// Copies each table at most once, however many records are applied.
    private static final class Replay {
        private String clusterId;
        private long nextProducerId;
        private final TreeMap<String, TopicImage> topics;
        private final Map<Uuid, TopicImage> topicsById;
        private final Map<ConfigResource, Map<String, String>> configs;
        private final Map<QuotaEntity, Map<String, Double>> quotas;
        private final TreeMap<String, Map<ScramMechanism, ScramCredential>> scramCredentials;
        /// Topics whose partitions change: copied once, however many of them do.
        private final Map<Uuid, List<PartitionImage>> changing = new LinkedHashMap<>();

        Replay(MetadataImage from) {
            clusterId = from.clusterId;
            nextProducerId = from.nextProducerId;
            topics = new TreeMap<>(from.topics);
            topicsById = new HashMap<>(from.topicsById);
            configs = new HashMap<>(from.configs);
            quotas = new HashMap<>(from.quotas);
            scramCredentials = new TreeMap<>(from.scramCredentials);
        }

        void apply(MetadataRecord record) {
            switch (record) {
                case ClusterCreated(var id) -> clusterId = id;
                case TopicCreated(var name, var id) -> put(new TopicImage(name, id, List.of()));
                case PartitionChanged(var topicId, var partition) -> {
                    var partitions = changing.computeIfAbsent(
                            topicId, id -> new ArrayList<>(existing(id).partitions()));
                    if (partition.index() == partitions.size()) {
                        partitions.add(partition);
                    } else {
                        partitions.set(partition.index(), partition);
                    }
                }
                case TopicDeleted(var id) -> {
                    var topic = existing(id);
                    changing.remove(id);
                    topics.remove(topic.name());
                    topicsById.remove(id);
                    configs.remove(ConfigResource.topic(topic.name()));
                }
                case ConfigChanged(var resource, var name, var value) -> change(configs, resource, name, value);
                case ProducerIdsReserved(var next) -> nextProducerId = next;
                case QuotaChanged(var entity, var key, var value) -> change(quotas, entity, key, value);
                case ScramCredentialChanged(var user, var mechanism, var credential) ->
                    change(scramCredentials, user, mechanism, Optional.of(credential));
                case ScramCredentialRemoved(var user, var mechanism) ->
                    change(scramCredentials, user, mechanism, Optional.empty());
            }
        }

        /// Gives one entry of an owner's map another value, or takes it out; an owner without entries goes.
        private static <O, K, V> void change(Map<O, Map<K, V>> all, O owner, K key, Optional<V> value) {
            var own = new TreeMap<>(all.getOrDefault(owner, Map.of()));
            value.ifPresentOrElse(given -> own.put(key, given), () -> own.remove(key));
            if (own.isEmpty()) {
                all.remove(owner);
            } else {
                all.put(owner, Collections.unmodifiableMap(own));
            }
        }

        private TopicImage existing(Uuid id) {
            var topic = topicsById.get(id);
            if (topic == null) {
                throw new IllegalStateException("metadata log names topic " + id + " before creating it");
            }
            return topic;
        }

        private void put(TopicImage topic) {
            topics.put(topic.name(), topic);
            topicsById.put(topic.id(), topic);
        }

        MetadataImage image(long offset) {
            changing.forEach((id, partitions) -> put(new TopicImage(existing(id).name(), id, partitions)));
            return new MetadataImage(
                    offset,
                    clusterId,
                    Collections.unmodifiableSortedMap(topics),
                    Collections.unmodifiableMap(topicsById),
                    Collections.unmodifiableMap(configs),
                    nextProducerId,
                    Collections.unmodifiableMap(quotas),
                    Collections.unmodifiableSortedMap(scramCredentials));
        }
    }
}
