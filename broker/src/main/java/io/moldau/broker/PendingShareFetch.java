package io.moldau.broker;

import io.moldau.broker.ShareAcknowledging.Answer;
import io.moldau.broker.ShareSession.Key;
import io.moldau.environment.Timers;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Payload;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.ShareFetchRequest;
import io.moldau.protocol.message.ShareFetchResponse;
import io.moldau.protocol.message.ShareFetchResponse.AcquiredRecords;
import io.moldau.protocol.message.ShareFetchResponse.PartitionData;
import io.moldau.protocol.message.ShareFetchResponse.ShareFetchableTopicResponse;
import io.moldau.security.quotas.QuotaKey;
import io.moldau.shares.Acquired;
import io.moldau.shares.SharePartition;
import io.moldau.shares.SharePartitions.Found;
import io.moldau.shares.Wish;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One share fetch from its arrival to its answer: read where records are to be had, acquire them; if there are none,
/// wait until there are, at most `max.wait.ms`.
///
/// Everything here happens on the connection's loop, but for reading that may wait for a disk, and acquiring, which
/// the share-partitions do on their strands. Somebody else may be faster between the two: then it begins again.
final class PendingShareFetch {
    private static final int READ_BYTES = 1 << 20;
    private static final int LEAST_READ_BYTES = 1 << 16;
    private static final int BYTES_OF_A_RECORD = 2_048;
    private static final int MOST_ATTEMPTS = 10;

    private final ShareNode node;
    private final ShareFetchRequest request;
    private final Call call;
    private final ShareSession session;
    private final boolean fetches;
    private final List<Key> wanted;
    private final Map<Key, Answer> acknowledged;
    private final Map<Key, SharePartition> shares = new LinkedHashMap<>();
    private final Map<Key, Answer> errors = new LinkedHashMap<>();
    private final Map<Key, Given> given = new LinkedHashMap<>();
    private final AtomicBoolean woken = new AtomicBoolean();
    private final Runnable watcher = this::news;
    private boolean busy;
    private boolean again;
    private boolean watching;
    private boolean answered;
    private boolean lastTry;
    private int attempts;
    private Timers.@Nullable Timer timer;

    private record Given(Payload records, List<Acquired> acquired) {}

    /// @param fetches false if the member only acknowledges
    PendingShareFetch(
            ShareNode node,
            ShareFetchRequest request,
            Call call,
            ShareSession session,
            boolean fetches,
            Map<Key, Answer> acknowledged) {
        this.node = node;
        this.request = request;
        this.call = call;
        this.session = session;
        this.fetches = fetches;
        this.wanted = fetches ? session.wanted() : List.of();
        this.acknowledged = acknowledged;
    }

    void start() {
        if (!fetches) {
            answer();
            return;
        }
        lastTry = request.maxWaitMs() <= 0;
        busy = true;
        Gathered.<Key, Found>each(
                wanted,
                (key, one) -> node.find(session.id().group(), key, one),
                found -> call.execute(() -> {
                    for (int i = 0; i < wanted.size(); i++) {
                        switch (found.get(i)) {
                            case Found.Here(var share) -> shares.put(wanted.get(i), share);
                            case Found.Refused(var error, var reason) ->
                                errors.put(wanted.get(i), new Answer(error, reason));
                        }
                    }
                    busy = false;
                    attempt();
                }));
    }

    /// Any thread.
    private void news() {
        if (woken.compareAndSet(false, true)) {
            call.execute(() -> {
                woken.set(false);
                attempts = 0;
                attempt();
            });
        }
    }

    private void timeUp() {
        call.execute(() -> {
            lastTry = true;
            attempt();
        });
    }

    private void attempt() {
        if (answered) {
            return;
        }
        if (busy) {
            again = true;
            return;
        }
        busy = true;
        again = false;
        attempts++;
        int each = Math.min(
                request.maxBytes(),
                Math.clamp((long) request.maxRecords() * BYTES_OF_A_RECORD, LEAST_READ_BYTES, READ_BYTES));
        boolean here = shares.values().stream().allMatch(share -> ShareRead.isAtHand(share, each));
        if (here) {
            acquire(read(each));
            return;
        }
        node.context().environment().threads().reading().execute(() -> {
            try {
                var reads = read(each);
                call.execute(() -> acquire(reads));
            } catch (RuntimeException failure) {
                call.fail(failure);
            }
        });
    }

    private List<Map.Entry<Key, ShareRead.Outcome>> read(int each) {
        var reads = new ArrayList<Map.Entry<Key, ShareRead.Outcome>>();
        long room = request.maxBytes();
        for (var share : shares.entrySet()) {
            if (room <= 0) {
                break;
            }
            var outcome = ShareRead.of(share.getValue(), (int) Math.min(room, each));
            if (outcome instanceof ShareRead.Outcome.Some(var read)) {
                room -= read.sizeBytes();
            }
            reads.add(Map.entry(share.getKey(), outcome));
        }
        return reads;
    }

    private void acquire(List<Map.Entry<Key, ShareRead.Outcome>> reads) {
        long bytes = 0;
        var found = new ArrayList<Map.Entry<Key, ShareRead>>();
        for (var read : reads) {
            switch (read.getValue()) {
                case ShareRead.Outcome.Some(var some) -> {
                    bytes += some.sizeBytes();
                    found.add(Map.entry(read.getKey(), some));
                }
                case ShareRead.Outcome.Nothing nothing -> {}
                case ShareRead.Outcome.Refused(var error, var reason) ->
                    errors.put(read.getKey(), new Answer(error, reason));
            }
        }
        if (bytes < request.minBytes() && !lastTry && errors.isEmpty()) {
            decide();
        } else {
            acquire(found, 0, request.maxRecords());
        }
    }

    /// One partition after the other, until there are records enough.
    private void acquire(List<Map.Entry<Key, ShareRead>> found, int index, long left) {
        if (index == found.size() || left <= 0) {
            decide();
            return;
        }
        var key = found.get(index).getKey();
        var read = found.get(index).getValue();
        var wish = new Wish(
                session.id().member(), (int) left, request.shareAcquireMode() == 1, Math.max(1, request.batchSize()));
        Consumer<List<Acquired>> took = acquired -> call.execute(() -> {
            long more = acquired.stream().mapToLong(Acquired::count).sum();
            if (more > 0) {
                if (!session.uses(read.share())) {
                    read.share().release(session.id().member());
                }
                given.put(key, new Given(read.payload(acquired), acquired));
            }
            acquire(found, index + 1, left - more);
        });
        read.share()
                .acquire(
                        wish,
                        read.from(),
                        read.batches(),
                        took,
                        error -> call.execute(() -> {
                            errors.put(key, Answer.of(error));
                            acquire(found, index + 1, left);
                        }));
    }

    private void decide() {
        busy = false;
        if (!given.isEmpty() || !errors.isEmpty() || lastTry) {
            answer();
        } else if (!watching) {
            watch();
            attempt();
        } else if (again || attempts < MOST_ATTEMPTS && hasMore()) {
            attempt();
        }
    }

    /// Whether there was something to be had that somebody else took, or that nobody shall have.
    private boolean hasMore() {
        return shares.values().stream()
                .anyMatch(share -> share.nextOffset() >= 0
                        && share.nextOffset()
                                < (share.rules().committedOnly()
                                        ? share.partition().lastStableOffset()
                                        : share.partition().highWatermark()));
    }

    private void watch() {
        watching = true;
        for (var share : shares.values()) {
            share.watch(watcher);
            share.partition().watch(watcher);
        }
        timer = node.context().environment().timers().schedule(request.maxWaitMs(), this::timeUp);
    }

    private void answer() {
        answered = true;
        if (watching) {
            for (var share : shares.values()) {
                share.unwatch(watcher);
                share.partition().unwatch(watcher);
            }
        }
        if (timer != null) {
            timer.cancel();
        }
        call.answer(response(), throttleMs());
    }

    /// The records are the member's by now: over its quota it gets them all the same, and waits afterwards.
    private int throttleMs() {
        var quotas = node.context().quotas();
        if (!quotas.limit(QuotaKey.CONSUMER_BYTE_RATE)) {
            return 0;
        }
        long bytes = given.values().stream()
                .mapToLong(one -> one.records().sizeBytes())
                .sum();
        return quotas.fetched(call.who(), bytes, node.context().nowNanos());
    }

    private ShareFetchResponse response() {
        Set<Key> told = new LinkedHashSet<>(given.keySet());
        told.addAll(errors.keySet());
        told.addAll(acknowledged.keySet());
        if (request.shareSessionEpoch() == ShareSessions.INITIAL_EPOCH) {
            told.addAll(wanted);
        }
        var byTopic = new LinkedHashMap<Uuid, List<PartitionData>>();
        told.forEach(key ->
                byTopic.computeIfAbsent(key.topic(), topic -> new ArrayList<>()).add(data(key)));
        return ShareFetchResponse.builder()
                .acquisitionLockTimeoutMs(node.rules().of(session.id().group()).lockMs())
                .responses(byTopic.entrySet().stream()
                        .map(topic -> ShareFetchableTopicResponse.builder()
                                .topicId(topic.getKey())
                                .partitions(topic.getValue())
                                .build())
                        .toList())
                .build();
    }

    private PartitionData data(Key key) {
        var data = PartitionData.builder().partitionIndex(key.partition()).records(Payload.EMPTY);
        var said = acknowledged.getOrDefault(key, Answer.DONE);
        if (said.error() != ErrorCode.NONE) {
            data.acknowledgeErrorCode(said.error().code()).acknowledgeErrorMessage(said.reason());
        }
        var records = given.get(key);
        var error = errors.get(key);
        if (records != null) {
            data.records(records.records())
                    .acquiredRecords(records.acquired().stream()
                            .map(one -> AcquiredRecords.builder()
                                    .firstOffset(one.first())
                                    .lastOffset(one.last())
                                    .deliveryCount((short) one.deliveryCount())
                                    .build())
                            .toList());
        } else if (error != null) {
            data.errorCode(error.error().code()).errorMessage(error.reason());
        }
        return data.build();
    }
}
