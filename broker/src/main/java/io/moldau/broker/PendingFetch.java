package io.moldau.broker;

import io.moldau.broker.FetchSession.Wanted;
import io.moldau.environment.Timers;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Payload;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.FetchRequest;
import io.moldau.protocol.message.FetchResponse;
import io.moldau.protocol.message.FetchResponse.AbortedTransaction;
import io.moldau.protocol.message.FetchResponse.EpochEndOffset;
import io.moldau.protocol.message.FetchResponse.FetchableTopicResponse;
import io.moldau.protocol.message.FetchResponse.PartitionData;
import io.moldau.replication.Fetched;
import io.moldau.replication.Partition;
import io.moldau.security.quotas.QuotaKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// One fetch from its arrival to its answer: read; if there is less than `min.bytes`, wait for more, at most
/// `max.wait.ms`; read again what has news, and at the end of the time.
///
/// Everything here happens on the connection's loop but for the reading itself: where that may wait for a disk (old
/// records) a thread that may wait does it, and hands the result back.
final class PendingFetch {
    private final NodeContext context;
    private final FetchSessions sessions;
    private final FetchRequest request;
    private final Call call;
    private final Optional<FetchSession> session;
    private final List<Wanted> wanted;
    private final boolean full;
    /// No more than the client's quota allows in one answer.
    private final int mostBytes;
    /// What was read last, by the place in `wanted`; slots that have news are read again.
    private final Result[] results;
    private final Queue<Integer> news = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean woken = new AtomicBoolean();
    private final List<Watch> watches = new ArrayList<>();
    private boolean reading;
    private boolean watching;
    private boolean answered;
    private boolean lastTry;
    private Timers.@Nullable Timer timer;

    private record Result(Wanted wanted, Fetched fetched) {
        int sizeBytes() {
            return fetched instanceof Fetched.Read read ? read.sizeBytes() : 0;
        }
    }

    private record Watch(Partition partition, Runnable watcher) {}

    PendingFetch(
            NodeContext context,
            FetchSessions sessions,
            FetchRequest request,
            Call call,
            Optional<FetchSession> session,
            List<Wanted> wanted,
            boolean full) {
        this.context = context;
        this.sessions = sessions;
        this.request = request;
        this.call = call;
        this.session = session;
        this.wanted = wanted;
        this.full = full;
        this.results = new Result[wanted.size()];
        this.mostBytes = context.quotas().limit(QuotaKey.CONSUMER_BYTE_RATE)
                ? context.quotas().mostFetched(call.who())
                : Integer.MAX_VALUE;
    }

    void start() {
        lastTry = request.maxWaitMs() <= 0 || wanted.isEmpty() && full;
        var all = new ArrayList<Integer>(wanted.size());
        for (int slot = 0; slot < wanted.size(); slot++) {
            all.add(slot);
        }
        read(all);
    }

    private void news(int slot) {
        news.add(slot);
        if (woken.compareAndSet(false, true)) {
            call.execute(() -> {
                woken.set(false);
                attempt();
            });
        }
    }

    private int maxBytes() {
        return Math.min(request.maxBytes(), mostBytes);
    }

    private void timeUp() {
        call.execute(() -> {
            lastTry = true;
            attempt();
        });
    }

    private void attempt() {
        if (answered || reading) {
            return;
        }
        var slots = new LinkedHashSet<Integer>();
        for (var slot = news.poll(); slot != null; slot = news.poll()) {
            slots.add(slot);
        }
        read(slots);
    }

    /// Reads these, here or where waiting is allowed, and goes on with [#decide].
    private void read(Collection<Integer> slots) {
        boolean here = true;
        for (int slot : slots) {
            var one = wanted.get(slot);
            here &= find(one)
                    .map(found -> found.log().isAtHand(one.fetchOffset, Math.min(one.maxBytes, maxBytes())))
                    .orElse(true);
        }
        if (here) {
            readNow(slots);
            decide();
            return;
        }
        reading = true;
        context.environment().threads().reading().execute(() -> {
            RuntimeException failure = null;
            try {
                readNow(slots);
            } catch (RuntimeException failed) {
                failure = failed;
            }
            var thrown = failure;
            call.execute(() -> {
                reading = false;
                if (thrown != null) {
                    throw thrown;
                }
                decide();
            });
        });
    }

    private void readNow(Collection<Integer> slots) {
        long bytes = 0;
        for (var result : results) {
            bytes += result == null ? 0 : result.sizeBytes();
        }
        for (int slot : slots) {
            var one = wanted.get(slot);
            var before = results[slot];
            bytes -= before == null ? 0 : before.sizeBytes();
            long room = Math.max(0, maxBytes() - bytes);
            var result = new Result(one, read(one, (int) Math.min(room, one.maxBytes), bytes == 0));
            results[slot] = result;
            bytes += result.sizeBytes();
        }
    }

    /// Answers if there is enough, or an error, or something to say about a partition, or if the time is up; else
    /// waits for news.
    private void decide() {
        long bytes = 0;
        boolean urgent = lastTry;
        for (var result : results) {
            bytes += result.sizeBytes();
            urgent |= switch (result.fetched()) {
                case Fetched.Read read -> read.diverging().isPresent();
                case Fetched.Refused refused -> true;
            };
        }
        if (urgent || bytes >= Math.min(request.minBytes(), mostBytes)) {
            answer();
        } else if (!watching) {
            watch();
        } else if (!news.isEmpty() || lastTry) {
            attempt();
        }
    }

    private void watch() {
        watching = true;
        for (int slot = 0; slot < wanted.size(); slot++) {
            int own = slot;
            find(wanted.get(slot)).ifPresent(partition -> {
                var watch = new Watch(partition, () -> news(own));
                watches.add(watch);
                partition.watch(watch.watcher());
                // What arrived between the first reading and the watching has nobody else to tell of it.
                news.add(own);
            });
        }
        timer = context.environment().timers().schedule(request.maxWaitMs(), this::timeUp);
        attempt();
    }

    private void answer() {
        answered = true;
        watches.forEach(watch -> watch.partition().unwatch(watch.watcher()));
        if (timer != null) {
            timer.cancel();
        }
        int throttleMs = throttleMs();
        if (throttleMs > 0) {
            call.answer(nothing(), throttleMs);
        } else {
            call.answer(response(List.of(results)));
        }
    }

    private int throttleMs() {
        long bytes = 0;
        for (var result : results) {
            bytes += result.sizeBytes();
        }
        return bytes > 0 && context.quotas().limit(QuotaKey.CONSUMER_BYTE_RATE)
                ? context.quotas().fetching(call.who(), bytes, context.nowNanos())
                : 0;
    }

    /// To a client that used more than its quota (KIP-219). A session that was to begin does not: the client asks anew.
    private FetchResponse nothing() {
        if (full) {
            session.ifPresent(begun -> sessions.remove(begun.id()));
        }
        return FetchResponse.builder()
                .sessionId(full ? 0 : session.map(FetchSession::id).orElse(0))
                .responses(List.of())
                .build();
    }

    private Optional<Partition> find(Wanted one) {
        return name(one).flatMap(topic -> context.partition(topic, one.key.partition()));
    }

    private Optional<String> name(Wanted one) {
        return one.key.topicId().equals(Uuid.ZERO)
                ? Optional.of(one.key.topic())
                : context.topic(one.key.topicId()).map(topic -> topic.name());
    }

    private Fetched read(Wanted one, int maxBytes, boolean atLeastOneBatch) {
        var partition = find(one).orElse(null);
        if (partition == null) {
            boolean byId = !one.key.topicId().equals(Uuid.ZERO);
            return new Fetched.Refused(
                    byId && name(one).isEmpty() ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
                    "there is no such partition (any more)");
        }
        if (one.leaderEpoch >= 0 && one.leaderEpoch != partition.leaderEpoch()) {
            return new Fetched.Refused(
                    one.leaderEpoch < partition.leaderEpoch()
                            ? ErrorCode.FENCED_LEADER_EPOCH
                            : ErrorCode.UNKNOWN_LEADER_EPOCH,
                    "the leader epoch is " + partition.leaderEpoch());
        }
        if (maxBytes <= 0 && !atLeastOneBatch) {
            // No room is left in the answer; the reader learns the watermarks all the same.
            return new Fetched.Read(
                    partition.logStartOffset(),
                    partition.highWatermark(),
                    partition.lastStableOffset(),
                    Optional.empty(),
                    Optional.empty());
        }
        return partition.read(
                one.fetchOffset, maxBytes, request.isolationLevel() == 1, one.lastFetchedEpoch, atLeastOneBatch);
    }

    private FetchResponse response(List<Result> results) {
        var byTopic = new LinkedHashMap<Object, List<PartitionData>>();
        for (var result : results) {
            var one = result.wanted();
            if (full || worthTelling(result)) {
                Object topic = one.key.topicId().equals(Uuid.ZERO) ? one.key.topic() : one.key.topicId();
                byTopic.computeIfAbsent(topic, key -> new ArrayList<>()).add(data(result));
                if (result.fetched() instanceof Fetched.Read read && read.sizeBytes() > 0) {
                    session.ifPresent(s -> s.served(one));
                }
            }
        }
        var topics = new ArrayList<FetchableTopicResponse>(byTopic.size());
        byTopic.forEach((topic, partitions) -> topics.add(FetchableTopicResponse.builder()
                .topic(topic instanceof String name ? name : "")
                .topicId(topic instanceof Uuid id ? id : Uuid.ZERO)
                .partitions(partitions)
                .build()));
        return FetchResponse.builder()
                .sessionId(session.map(FetchSession::id).orElse(0))
                .responses(topics)
                .build();
    }

    /// In a session only what changed is told.
    private static boolean worthTelling(Result result) {
        var one = result.wanted();
        return switch (result.fetched()) {
            case Fetched.Refused refused -> true;
            case Fetched.Read read ->
                read.sizeBytes() > 0
                        || read.diverging().isPresent()
                        || one.toldError
                        || read.highWatermark() != one.toldHighWatermark
                        || read.logStartOffset() != one.toldLogStartOffset;
        };
    }

    private PartitionData data(Result result) {
        var one = result.wanted();
        var data = PartitionData.builder().partitionIndex(one.key.partition());
        switch (result.fetched()) {
            case Fetched.Refused(var error, var reason) -> {
                one.toldError = true;
                data.errorCode(error.code())
                        .highWatermark(-1)
                        .lastStableOffset(-1)
                        .logStartOffset(-1)
                        .records(Payload.EMPTY);
            }
            case Fetched.Read read -> {
                one.toldError = false;
                one.toldHighWatermark = read.highWatermark();
                one.toldLogStartOffset = read.logStartOffset();
                data.highWatermark(read.highWatermark())
                        .lastStableOffset(read.lastStableOffset())
                        .logStartOffset(read.logStartOffset())
                        .abortedTransactions(request.isolationLevel() == 1 ? aborted(read) : null)
                        .records(read.slice().<Payload>map(SlicePayload::new).orElse(Payload.EMPTY));
                read.diverging()
                        .ifPresent(diverging -> data.divergingEpoch(EpochEndOffset.builder()
                                .epoch(diverging.epoch())
                                .endOffset(diverging.endOffset())
                                .build()));
            }
        }
        return data.build();
    }

    private static List<AbortedTransaction> aborted(Fetched.Read read) {
        return read.aborted().stream()
                .map(one -> AbortedTransaction.builder()
                        .producerId(one.producerId())
                        .firstOffset(one.firstOffset())
                        .build())
                .toList();
    }
}
