package io.moldau.client;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.FetchRequest;
import io.moldau.protocol.message.FetchResponse;
import io.moldau.records.InvalidBatchException;
import io.moldau.records.RecordBatch;
import io.moldau.records.RecordBatches;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Reads assigned partitions from given offsets on, in order within each. Belongs to the thread that polls it.
///
/// Each broker has one fetch under way, asked ahead of the next poll, so that the network works while the caller does.
public final class Reader implements AutoCloseable {
    /// What to do where the offset to read is not in the log (any more).
    public enum OutOfRange {
        TO_BEGINNING,
        TO_END,
        FAIL
    }

    private static final int MAX_BYTES = 16 << 20;
    private static final int PARTITION_MAX_BYTES = 1 << 20;
    private static final int LONG_POLL_MS = 500;
    private static final int NO_SESSION_EPOCH = -1;

    private record Fetching(
            Connection connection,
            CompletableFuture<FetchResponse> answer,
            Map<TopicPartition, Long> asked,
            long sinceMs) {}

    private final Cluster cluster;
    private final OutOfRange outOfRange;
    private final Offsets offsets;
    private final Map<TopicPartition, Long> positions = new TreeMap<>();
    private final Map<TopicPartition, Long> ends = new HashMap<>();
    private final Map<Integer, Fetching> fetching = new LinkedHashMap<>();
    private long failingSinceMs = Long.MAX_VALUE;

    Reader(Cluster cluster, OutOfRange outOfRange) {
        this.cluster = cluster;
        this.outOfRange = outOfRange;
        this.offsets = new Offsets(cluster);
    }

    /// Replaces the assignment. Answers under way to the old one are dropped where positions differ.
    void assign(Map<TopicPartition, Long> from) {
        positions.clear();
        positions.putAll(from);
        ends.keySet().retainAll(from.keySet());
    }

    /// Reads on from another offset.
    public void seek(TopicPartition partition, long offset) {
        if (positions.replace(partition, offset) == null) {
            throw new IllegalArgumentException(partition + " is not assigned");
        }
    }

    /// Reads this partition no more.
    public void remove(TopicPartition partition) {
        positions.remove(partition);
    }

    public Set<TopicPartition> assignment() {
        return new HashSet<>(positions.keySet());
    }

    /// The offset to be read next in each partition.
    public Map<TopicPartition, Long> positions() {
        return new TreeMap<>(positions);
    }

    /// One past the last record that may be read, as the last answer for this partition said.
    public OptionalLong end(TopicPartition partition) {
        var end = ends.get(partition);
        return end == null ? OptionalLong.empty() : OptionalLong.of(end);
    }

    /// The next records, empty if there are none within `maxWaitMs`.
    /// @throws ClientException where reading on is not possible, or brokers stay away beyond the client's patience
    public List<ReadRecord> poll(long maxWaitMs) {
        long deadline = cluster.nowMs() + maxWaitMs;
        while (true) {
            try {
                startFetches();
                var records = collect(deadline);
                failingSinceMs = Long.MAX_VALUE;
                if (!records.isEmpty()) {
                    readAhead();
                    return records;
                }
                if (cluster.nowMs() >= deadline) {
                    return records;
                }
            } catch (ClientException failure) {
                long now = cluster.nowMs();
                failingSinceMs = Math.min(failingSinceMs, now);
                if (!failure.retriable()
                        || now - failingSinceMs > cluster.settings().patienceMs()) {
                    throw failure;
                }
                positions.keySet().forEach(partition -> cluster.forget(partition.topic()));
                if (now >= deadline) {
                    return List.of();
                }
                cluster.pause(Math.max(1, Math.min(4L * Cluster.BACKOFF_MS, deadline - now)));
            }
        }
    }

    private void readAhead() {
        try {
            startFetches();
        } catch (ClientException failure) {
            // The next poll tries again, and tells.
        }
    }

    private void startFetches() {
        var busy = new HashSet<TopicPartition>();
        fetching.values()
                .forEach(each -> each.asked().forEach((partition, offset) -> {
                    if (offset.equals(positions.get(partition))) {
                        busy.add(partition);
                    }
                }));
        var byLeader = new LinkedHashMap<Integer, Map<TopicPartition, Long>>();
        positions.forEach((partition, offset) -> {
            if (!busy.contains(partition)) {
                byLeader.computeIfAbsent(cluster.leader(partition), node -> new LinkedHashMap<>())
                        .put(partition, offset);
            }
        });
        byLeader.forEach((node, wanted) -> {
            if (!fetching.containsKey(node)) {
                var connection = cluster.to(node, Cluster.Use.FETCH);
                fetching.put(
                        node,
                        new Fetching(
                                connection,
                                connection.send(requestOf(wanted), FetchResponse::read),
                                wanted,
                                cluster.nowMs()));
            }
        });
    }

    private FetchRequest requestOf(Map<TopicPartition, Long> wanted) {
        var byTopic = new LinkedHashMap<String, List<FetchRequest.FetchPartition>>();
        wanted.forEach((partition, offset) -> byTopic.computeIfAbsent(partition.topic(), topic -> new ArrayList<>())
                .add(FetchRequest.FetchPartition.builder()
                        .partition(partition.partition())
                        .currentLeaderEpoch(-1)
                        .fetchOffset(offset)
                        .lastFetchedEpoch(-1)
                        .logStartOffset(-1)
                        .partitionMaxBytes(PARTITION_MAX_BYTES)
                        .build()));
        var topics = new ArrayList<FetchRequest.FetchTopic>();
        byTopic.forEach((topic, partitions) -> topics.add(
                new FetchRequest.FetchTopic(topic, cluster.topic(topic, false).id(), partitions)));
        return FetchRequest.builder()
                .replicaId(-1)
                .maxWaitMs(LONG_POLL_MS)
                .minBytes(1)
                .maxBytes(MAX_BYTES)
                .sessionId(0)
                .sessionEpoch(NO_SESSION_EPOCH)
                .topics(topics)
                .build();
    }

    private List<ReadRecord> collect(long deadline) {
        awaitAny(deadline);
        var records = new ArrayList<ReadRecord>();
        for (var entry : Map.copyOf(fetching).entrySet()) {
            var each = entry.getValue();
            if (each.answer().isDone()) {
                fetching.remove(entry.getKey());
                try {
                    take(each, each.connection().await(each.answer(), 0), records);
                } catch (ClientException failure) {
                    if (records.isEmpty()) {
                        throw failure;
                    }
                    // What was read first is handed out first; the failure shows again if it lasts.
                }
            } else if (cluster.nowMs() - each.sinceMs() > cluster.settings().requestTimeoutMs() + LONG_POLL_MS) {
                each.connection().abandon(each.connection().broker() + " does not answer");
            }
        }
        return records;
    }

    private void awaitAny(long deadline) {
        long waitMs = Math.max(0, deadline - cluster.nowMs());
        if (fetching.isEmpty()) {
            cluster.pause(Math.min(waitMs, Cluster.BACKOFF_MS));
            return;
        }
        var answers = fetching.values().stream().map(Fetching::answer).toArray(CompletableFuture[]::new);
        try {
            CompletableFuture.anyOf(answers).get(waitMs, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException seenBelow) {
            // Each answer is looked at by itself.
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ClientException(ErrorCode.UNKNOWN_SERVER_ERROR, "interrupted", interrupted);
        }
    }

    private void take(Fetching fetched, FetchResponse response, List<ReadRecord> into) {
        var whole = ErrorCode.of(response.errorCode());
        if (whole != ErrorCode.NONE) {
            throw ClientException.answered(whole, "reading", null);
        }
        ClientException refused = null;
        for (var topic : response.responses()) {
            var name = topic.topic().isEmpty() ? cluster.nameOf(topic.topicId()).orElse("") : topic.topic();
            for (var data : topic.partitions()) {
                var partition = new TopicPartition(name, data.partitionIndex());
                var asked = fetched.asked().get(partition);
                if (asked == null || !asked.equals(positions.get(partition))) {
                    continue;
                }
                var error = ErrorCode.of(data.errorCode());
                if (error == ErrorCode.NONE) {
                    ends.put(partition, data.highWatermark());
                    decode(partition, asked, data, into);
                } else if (error == ErrorCode.OFFSET_OUT_OF_RANGE && outOfRange != OutOfRange.FAIL) {
                    reset(partition);
                } else if (error == ErrorCode.OFFSET_OUT_OF_RANGE) {
                    refused = new ClientException(
                            error, "offset " + asked + " of " + partition + " is not in the log (any more)");
                } else {
                    refused = ClientException.answered(error, "reading " + partition, null);
                }
            }
        }
        if (refused != null && into.isEmpty()) {
            throw refused;
        }
    }

    private void reset(TopicPartition partition) {
        long time = outOfRange == OutOfRange.TO_END ? Offsets.LATEST : Offsets.EARLIEST;
        offsets.at(Map.of(partition, time))
                .getOrDefault(partition, OptionalLong.empty())
                .ifPresent(offset -> positions.put(partition, offset));
    }

    private void decode(TopicPartition partition, long from, FetchResponse.PartitionData data, List<ReadRecord> into) {
        var payload = data.records();
        if (payload == null || payload.sizeBytes() == 0) {
            return;
        }
        long next = from;
        try {
            for (var batch : RecordBatches.splitFetched(payload.buffer(), true)) {
                next = Math.max(next, batch.lastOffset() + 1);
                if (!batch.isControl()) {
                    decode(partition, from, batch, into);
                }
            }
        } catch (InvalidBatchException broken) {
            throw new ClientException(
                    ErrorCode.INVALID_RECORD,
                    "what was read of " + partition + " at offset " + next + " is damaged: " + broken.getMessage(),
                    broken);
        }
        positions.put(partition, next);
    }

    private static void decode(TopicPartition partition, long from, RecordBatch batch, List<ReadRecord> into) {
        try (var records = batch.records()) {
            while (records.hasNext()) {
                var record = records.next();
                if (record.offset() >= from) {
                    into.add(new ReadRecord(partition, record, batch.timestampType()));
                }
            }
        }
    }

    @Override
    public void close() {
        positions.clear();
        fetching.clear();
    }
}
