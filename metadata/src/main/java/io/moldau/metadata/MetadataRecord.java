package io.moldau.metadata;

import io.moldau.protocol.Uuid;
import java.util.List;
import java.util.Optional;

/// One fact about the cluster, as it stands in the [MetadataLog]. Encoded by [MetadataRecordFormat].
public sealed interface MetadataRecord {
    /// The first record of every log: which cluster this is.
    record ClusterCreated(String clusterId) implements MetadataRecord {}

    record TopicCreated(String name, Uuid id) implements MetadataRecord {}

    /// A partition was added to a topic, or changed.
    record PartitionChanged(Uuid topicId, PartitionImage partition) implements MetadataRecord {}

    record TopicDeleted(Uuid id) implements MetadataRecord {}

    /// A setting was given a value, or (empty) taken back to what it inherits.
    record ConfigChanged(ConfigResource resource, String name, Optional<String> value) implements MetadataRecord {}

    /// Producer ids below `nextProducerId` may be in use.
    record ProducerIdsReserved(long nextProducerId) implements MetadataRecord {}

    /// A quota was set for somebody, or (empty) taken back.
    record QuotaChanged(QuotaEntity entity, String key, Optional<Double> value) implements MetadataRecord {}

    record ScramCredentialChanged(String user, ScramMechanism mechanism, ScramCredential credential)
            implements MetadataRecord {}

    record ScramCredentialRemoved(String user, ScramMechanism mechanism) implements MetadataRecord {}

    /// A copy of all the facts as a list of records, in an order in which they can be replayed.
    static List<MetadataRecord> snapshot(MetadataImage image) {
        return MetadataRecordFormat.snapshot(image);
    }
}
