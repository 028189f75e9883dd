package io.moldau.client;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.ShareAcknowledgeRequest;
import io.moldau.protocol.message.ShareAcknowledgeRequest.AcknowledgePartition;
import io.moldau.protocol.message.ShareAcknowledgeRequest.AcknowledgeTopic;
import io.moldau.protocol.message.ShareAcknowledgeRequest.AcknowledgementBatch;
import io.moldau.protocol.message.ShareFetchRequest;
import io.moldau.protocol.message.ShareFetchRequest.FetchPartition;
import io.moldau.protocol.message.ShareFetchRequest.FetchTopic;
import io.moldau.protocol.message.ShareFetchRequest.ForgottenTopic;
import io.moldau.protocol.message.ShareFetchResponse.PartitionData;
import io.moldau.records.RecordBatches;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// What one member of a share group reads at one node, and what it has not said of it yet.
final class ShareSession {
    private static final int FINAL_EPOCH = -1;
    private static final int MOST_BYTES = 16 << 20;
    private static final byte RECORD_LIMIT = 1;
    private static final byte GAP = 0;
    private static final byte ACCEPT = 1;

    private record Said(long last, byte type) {}

    private final String group;
    private final String member;
    private int epoch;
    private final Map<TopicPartition, Uuid> inSession = new TreeMap<>();
    /// Also of partitions that are not read any more, whose records may still be acknowledged.
    private final Map<TopicPartition, Uuid> ids = new TreeMap<>();
    private final Map<TopicPartition, TreeMap<Long, Said>> said = new TreeMap<>();

    ShareSession(String group, String member) {
        this.group = group;
        this.member = member;
    }

    private int nextEpoch() {
        int now = epoch;
        epoch = now == Integer.MAX_VALUE ? 1 : now + 1;
        return now;
    }

    /// Asks for at most so many records of exactly these partitions.
    ShareFetchRequest fetch(Map<TopicPartition, Uuid> wanted, int waitMs, int mostRecords) {
        var added = new LinkedHashMap<Uuid, List<FetchPartition>>();
        var forgotten = new LinkedHashMap<Uuid, List<Integer>>();
        wanted.forEach((partition, topic) -> {
            if (!topic.equals(inSession.get(partition))) {
                added.computeIfAbsent(topic, id -> new ArrayList<>())
                        .add(FetchPartition.builder()
                                .partitionIndex(partition.partition())
                                .build());
            }
        });
        inSession.forEach((partition, topic) -> {
            if (!topic.equals(wanted.get(partition))) {
                forgotten.computeIfAbsent(topic, id -> new ArrayList<>()).add(partition.partition());
            }
        });
        inSession.clear();
        inSession.putAll(wanted);
        wanted.forEach((partition, topic) -> {
            var before = ids.put(partition, topic);
            if (before != null && !before.equals(topic)) {
                // The topic was deleted and made anew.
                said.remove(partition);
            }
        });
        return ShareFetchRequest.builder()
                .groupId(group)
                .memberId(member)
                .shareSessionEpoch(nextEpoch())
                .maxWaitMs(waitMs)
                .minBytes(1)
                .maxBytes(MOST_BYTES)
                .maxRecords(mostRecords)
                .batchSize(mostRecords)
                .shareAcquireMode(RECORD_LIMIT)
                .topics(added.entrySet().stream()
                        .map(topic -> FetchTopic.builder()
                                .topicId(topic.getKey())
                                .partitions(topic.getValue())
                                .build())
                        .toList())
                .forgottenTopicsData(forgotten.entrySet().stream()
                        .map(topic -> ForgottenTopic.builder()
                                .topicId(topic.getKey())
                                .partitions(topic.getValue())
                                .build())
                        .toList())
                .build();
    }

    /// The records that the member was given. Offsets among them at which there is none are said to be gaps: else the
    /// node would offer them again.
    void take(TopicPartition partition, PartitionData data, List<ReceivedRecord> into) {
        ClientException.check(data.errorCode(), data.errorMessage(), "Reading " + partition);
        var payload = data.records();
        var found = new TreeMap<Long, ReceivedRecord>();
        if (payload != null) {
            for (var batch : RecordBatches.splitFetched(payload.buffer(), true)) {
                if (!batch.isControl()) {
                    try (var records = batch.records()) {
                        while (records.hasNext()) {
                            var record = records.next();
                            found.put(
                                    record.offset(),
                                    new ReceivedRecord(
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
        }
        for (var range : data.acquiredRecords()) {
            long next = range.firstOffset();
            for (var record : found.subMap(range.firstOffset(), true, range.lastOffset(), true)
                    .values()) {
                say(partition, next, record.offset() - 1, GAP);
                into.add(record);
                next = record.offset() + 1;
            }
            say(partition, next, range.lastOffset(), GAP);
        }
    }

    /// To be told with the next [#acknowledgement].
    void accept(ReceivedRecord record) {
        say(record.partition(), record.offset(), record.offset(), ACCEPT);
    }

    private void say(TopicPartition partition, long first, long last, byte type) {
        if (last >= first) {
            said.computeIfAbsent(partition, at -> new TreeMap<>()).put(first, new Said(last, type));
        }
    }

    boolean hasToSay() {
        return !said.isEmpty();
    }

    boolean isOpen() {
        return epoch > 0;
    }

    /// Everything that is to be said; with the last one of a session, what the member still has is given back.
    ShareAcknowledgeRequest acknowledgement(boolean isLast) {
        var topics = new LinkedHashMap<Uuid, List<AcknowledgePartition>>();
        said.forEach((partition, batches) -> {
            var topic = ids.get(partition);
            if (topic != null) {
                topics.computeIfAbsent(topic, id -> new ArrayList<>())
                        .add(AcknowledgePartition.builder()
                                .partitionIndex(partition.partition())
                                .acknowledgementBatches(merged(batches))
                                .build());
            }
        });
        said.clear();
        return ShareAcknowledgeRequest.builder()
                .groupId(group)
                .memberId(member)
                .shareSessionEpoch(isLast ? FINAL_EPOCH : nextEpoch())
                .topics(topics.entrySet().stream()
                        .map(topic -> AcknowledgeTopic.builder()
                                .topicId(topic.getKey())
                                .partitions(topic.getValue())
                                .build())
                        .toList())
                .build();
    }

    /// Neighbours of which the same is said are one range.
    private static List<AcknowledgementBatch> merged(SortedMap<Long, Said> batches) {
        var merged = new ArrayList<AcknowledgementBatch>();
        for (var one : batches.entrySet()) {
            long first = one.getKey();
            byte type = one.getValue().type();
            if (!merged.isEmpty()) {
                var before = merged.getLast();
                if (before.lastOffset() + 1 == first
                        && before.acknowledgeTypes().getFirst() == type) {
                    merged.removeLast();
                    first = before.firstOffset();
                }
            }
            merged.add(AcknowledgementBatch.builder()
                    .firstOffset(first)
                    .lastOffset(one.getValue().last())
                    .acknowledgeTypes(List.of(type))
                    .build());
        }
        return merged;
    }

    /// The partition that a topic id and a number mean here.
    TopicPartition partition(Uuid topic, int number) {
        for (var one : ids.entrySet()) {
            if (one.getValue().equals(topic) && one.getKey().partition() == number) {
                return one.getKey();
            }
        }
        throw new ClientException(
                ErrorCode.UNKNOWN_TOPIC_ID,
                "The node spoke of a topic with the id " + topic + ", which nobody asked for.");
    }
}
