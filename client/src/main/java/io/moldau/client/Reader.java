package io.moldau.client;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.FetchRequest;
import io.moldau.protocol.message.FetchRequest.FetchPartition;
import io.moldau.protocol.message.FetchRequest.FetchTopic;
import io.moldau.protocol.message.FetchResponse;
import io.moldau.protocol.message.FetchResponse.PartitionData;
import io.moldau.records.RecordBatches;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Reads partitions from given offsets on. The reader keeps its place; who reads decides where it starts.
public final class Reader {
    private static final int BY_NAME_VERSION = 12;
    private static final int RETRY_MS = 100;
    private static final int MOST_BYTES = 16 << 20;
    private static final int MOST_PARTITION_BYTES = 4 << 20;

    private final Cluster cluster;
    private final Map<TopicPartition, Long> positions = new TreeMap<>();

    public Reader(Cluster cluster) {
        this.cluster = cluster;
    }

    /// Reads these partitions from these offsets on, and no others.
    public void assign(Map<TopicPartition, Long> offsets) {
        positions.clear();
        positions.putAll(offsets);
    }

    /// Offsets of the next records.
    public Map<TopicPartition, Long> positions() {
        return new TreeMap<>(positions);
    }

    public void seek(TopicPartition partition, long offset) {
        positions.put(partition, offset);
    }

    /// The records that are there, waiting for the first at most `waitMs`; none if none came. Failures that pass
    /// by themselves count as none.
    public List<ReceivedRecord> poll(int waitMs) {
        if (positions.isEmpty()) {
            Cluster.pause(waitMs);
            return List.of();
        }
        try {
            return fetch(waitMs);
        } catch (ClientException failure) {
            if (!failure.mayPass()) {
                throw failure;
            }
            for (var partition : positions.keySet()) {
                cluster.forget(partition.topic());
            }
            Cluster.pause(RETRY_MS);
            return List.of();
        }
    }

    private List<ReceivedRecord> fetch(int waitMs) {
        var byLeader = new LinkedHashMap<Integer, List<TopicPartition>>();
        for (var partition : positions.keySet()) {
            byLeader.computeIfAbsent(cluster.leader(partition), node -> new ArrayList<>())
                    .add(partition);
        }
        var records = new ArrayList<ReceivedRecord>();
        try {
            byLeader.forEach((node, partitions) -> cluster.send(node, request(partitions, waitMs), BY_NAME_VERSION));
            receive(byLeader.keySet(), records);
        } catch (ClientException failure) {
            // Responses not yet read would be taken for those of the next round.
            byLeader.keySet().forEach(cluster::drop);
            throw failure;
        }
        return records;
    }

    private void receive(Collection<Integer> nodes, List<ReceivedRecord> records) {
        for (int node : nodes) {
            var response = (FetchResponse) cluster.receive(node);
            ClientException.check(response.errorCode(), null, "Fetching");
            for (var topic : response.responses()) {
                for (var data : topic.partitions()) {
                    take(new TopicPartition(topic.topic(), data.partitionIndex()), data, records);
                }
            }
        }
    }

    private FetchRequest request(List<TopicPartition> partitions, int waitMs) {
        var topics = new LinkedHashMap<String, List<FetchPartition>>();
        for (var partition : partitions) {
            topics.computeIfAbsent(partition.topic(), name -> new ArrayList<>())
                    .add(FetchPartition.builder()
                            .partition(partition.partition())
                            .fetchOffset(positions.getOrDefault(partition, 0L))
                            .partitionMaxBytes(MOST_PARTITION_BYTES)
                            .build());
        }
        return FetchRequest.builder()
                .maxWaitMs(waitMs)
                .minBytes(1)
                .maxBytes(MOST_BYTES)
                .topics(topics.entrySet().stream()
                        .map(entry -> FetchTopic.builder()
                                .topic(entry.getKey())
                                .partitions(entry.getValue())
                                .build())
                        .toList())
                .build();
    }

    private void take(TopicPartition partition, PartitionData data, List<ReceivedRecord> into) {
        if (data.errorCode() == ErrorCode.OFFSET_OUT_OF_RANGE.code()) {
            long at = positions.getOrDefault(partition, 0L);
            throw new ClientException(
                    ErrorCode.OFFSET_OUT_OF_RANGE,
                    "Partition " + partition + " has no offset " + at + "; what is there begins at "
                            + data.logStartOffset() + ".");
        }
        ClientException.check(data.errorCode(), null, "Reading " + partition);
        var payload = data.records();
        if (payload == null) {
            return;
        }
        for (var batch : RecordBatches.splitFetched(payload.buffer(), true)) {
            long from = positions.getOrDefault(partition, 0L);
            if (!batch.isControl()) {
                try (var records = batch.records()) {
                    while (records.hasNext()) {
                        var record = records.next();
                        if (record.offset() >= from) {
                            into.add(new ReceivedRecord(
                                    partition,
                                    record.offset(),
                                    record.timestamp(),
                                    batch.timestampType(),
                                    record.key(),
                                    record.value(),
                                    record.headers()));
                        }
                    }
                }
            }
            positions.put(partition, Math.max(from, batch.nextOffset()));
        }
    }
}
