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
import io.moldau.protocol.ByteReader;
import io.moldau.protocol.ByteWriter;
import io.moldau.protocol.MalformedMessageException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;

/// The bytes of metadata records: one byte of type, then the fields in order, in the protocol's compact encodings.
/// A type's fields are never changed; a new meaning gets a new type. See docs/storage-format.md.
final class MetadataRecordFormat {
    private static final byte CLUSTER_CREATED = 1;
    private static final byte TOPIC_CREATED = 2;
    private static final byte PARTITION_CHANGED = 3;
    private static final byte TOPIC_DELETED = 4;
    private static final byte CONFIG_CHANGED = 5;
    private static final byte PRODUCER_IDS_RESERVED = 6;
    private static final byte QUOTA_CHANGED = 7;
    private static final byte SCRAM_CREDENTIAL_CHANGED = 8;
    private static final byte SCRAM_CREDENTIAL_REMOVED = 9;

    private MetadataRecordFormat() {}

    static void write(MetadataRecord record, ByteWriter out) {
        switch (record) {
            case ClusterCreated(var clusterId) -> {
                out.int8(CLUSTER_CREATED);
                out.compactString(clusterId);
            }
            case TopicCreated(var name, var id) -> {
                out.int8(TOPIC_CREATED);
                out.compactString(name);
                out.uuid(id);
            }
            case PartitionChanged(var topicId, var partition) -> {
                out.int8(PARTITION_CHANGED);
                out.uuid(topicId);
                out.int32(partition.index());
                writeIds(partition.replicas(), out);
                writeIds(partition.isr(), out);
                out.int32(partition.leader());
                out.int32(partition.leaderEpoch());
                out.int32(partition.partitionEpoch());
            }
            case TopicDeleted(var id) -> {
                out.int8(TOPIC_DELETED);
                out.uuid(id);
            }
            case ConfigChanged(var resource, var name, var value) -> {
                out.int8(CONFIG_CHANGED);
                out.int8(resource.type().code());
                out.compactString(resource.name());
                out.compactString(name);
                out.bool(value.isPresent());
                out.compactString(value.orElse(""));
            }
            case ProducerIdsReserved(var next) -> {
                out.int8(PRODUCER_IDS_RESERVED);
                out.int64(next);
            }
            case QuotaChanged change -> {
                out.int8(QUOTA_CHANGED);
                writeQuota(change, out);
            }
            case ScramCredentialChanged(var user, var mechanism, var credential) -> {
                out.int8(SCRAM_CREDENTIAL_CHANGED);
                out.compactString(user);
                out.int8(mechanism.code());
                out.int32(credential.iterations());
                writeSecret(credential.salt(), out);
                writeSecret(credential.storedKey(), out);
                writeSecret(credential.serverKey(), out);
            }
            case ScramCredentialRemoved(var user, var mechanism) -> {
                out.int8(SCRAM_CREDENTIAL_REMOVED);
                out.compactString(user);
                out.int8(mechanism.code());
            }
        }
    }

    static MetadataRecord read(ByteReader in) {
        byte type = in.int8();
        return switch (type) {
            case CLUSTER_CREATED -> new ClusterCreated(in.compactString());
            case TOPIC_CREATED -> new TopicCreated(in.compactString(), in.uuid());
            case PARTITION_CHANGED ->
                new PartitionChanged(
                        in.uuid(),
                        new PartitionImage(in.int32(), readIds(in), readIds(in), in.int32(), in.int32(), in.int32()));
            case TOPIC_DELETED -> new TopicDeleted(in.uuid());
            case CONFIG_CHANGED -> readConfig(in);
            case PRODUCER_IDS_RESERVED -> new ProducerIdsReserved(in.int64());
            case QUOTA_CHANGED -> readQuota(in);
            case SCRAM_CREDENTIAL_CHANGED ->
                new ScramCredentialChanged(
                        in.compactString(),
                        readMechanism(in),
                        new ScramCredential(in.int32(), readSecret(in), readSecret(in), readSecret(in)));
            case SCRAM_CREDENTIAL_REMOVED -> new ScramCredentialRemoved(in.compactString(), readMechanism(in));
            default ->
                throw new MalformedMessageException("metadata record of unknown type " + type
                        + ": the log was written by a newer version, start that version");
        };
    }

    static List<MetadataRecord> snapshot(MetadataImage image) {
        var records = new ArrayList<MetadataRecord>();
        records.add(new ClusterCreated(image.clusterId()));
        records.add(new ProducerIdsReserved(image.nextProducerId()));
        for (var topic : image.topics().values()) {
            records.add(new TopicCreated(topic.name(), topic.id()));
            topic.partitions().forEach(partition -> records.add(new PartitionChanged(topic.id(), partition)));
        }
        image.configs()
                .forEach((resource, settings) -> settings.forEach(
                        (name, value) -> records.add(new ConfigChanged(resource, name, Optional.of(value)))));
        image.quotas()
                .forEach((entity, quotas) ->
                        quotas.forEach((key, value) -> records.add(new QuotaChanged(entity, key, Optional.of(value)))));
        image.scramCredentials()
                .forEach((user, credentials) -> credentials.forEach((mechanism, credential) ->
                        records.add(new ScramCredentialChanged(user, mechanism, credential))));
        return records;
    }

    private static ConfigChanged readConfig(ByteReader in) {
        byte code = in.int8();
        var type = ConfigResource.Type.of(code)
                .orElseThrow(() -> new MalformedMessageException("unknown config resource type " + code));
        var resource = new ConfigResource(type, in.compactString());
        var name = in.compactString();
        boolean present = in.bool();
        var value = in.compactString();
        return new ConfigChanged(resource, name, present ? Optional.of(value) : Optional.empty());
    }

    private static void writeQuota(QuotaChanged change, ByteWriter out) {
        var names = change.entity().names();
        out.unsignedVarint(names.size());
        names.forEach((type, name) -> {
            out.int8(type.code());
            out.compactNullableString(name.orElse(null));
        });
        out.compactString(change.key());
        out.bool(change.value().isPresent());
        out.float64(change.value().orElse(0.0));
    }

    private static QuotaChanged readQuota(ByteReader in) {
        var names = new HashMap<QuotaEntity.Type, Optional<String>>();
        for (int left = in.unsignedVarint(); left > 0; left--) {
            byte code = in.int8();
            var type = QuotaEntity.Type.of(code)
                    .orElseThrow(() -> new MalformedMessageException("unknown quota entity type " + code));
            names.put(type, Optional.ofNullable(in.compactNullableString()));
        }
        if (names.isEmpty()) {
            throw new MalformedMessageException("metadata record of a quota for nobody");
        }
        var key = in.compactString();
        boolean present = in.bool();
        double value = in.float64();
        return new QuotaChanged(new QuotaEntity(names), key, present ? Optional.of(value) : Optional.empty());
    }

    private static ScramMechanism readMechanism(ByteReader in) {
        byte code = in.int8();
        return ScramMechanism.of(code)
                .orElseThrow(() -> new MalformedMessageException("unknown SCRAM mechanism " + code));
    }

    private static void writeSecret(Secret secret, ByteWriter out) {
        out.bytes(ByteBuffer.wrap(secret.bytes()), true);
    }

    private static Secret readSecret(ByteReader in) {
        var from = in.bytes(true);
        var bytes = new byte[from.remaining()];
        from.get(bytes);
        return Secret.of(bytes);
    }

    private static void writeIds(List<Integer> ids, ByteWriter out) {
        out.unsignedVarint(ids.size());
        ids.forEach(out::int32);
    }

    private static List<Integer> readIds(ByteReader in) {
        int count = in.unsignedVarint();
        if (count < 0 || count > in.remaining() / Integer.BYTES) {
            throw new MalformedMessageException("metadata record lists " + count + " broker ids, more than it holds");
        }
        var ids = new ArrayList<Integer>(count);
        for (int i = 0; i < count; i++) {
            ids.add(in.int32());
        }
        return ids;
    }
}
