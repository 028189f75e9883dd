package io.moldau.broker;

import io.moldau.broker.FetchSession.Wanted;
import io.moldau.environment.Timers;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Payload;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.FetchRequest;
import io.moldau.protocol.message.FetchResponse;
import io.moldau.protocol.message.FetchResponse.EpochEndOffset;
import io.moldau.protocol.message.FetchResponse.FetchableTopicResponse;
import io.moldau.protocol.message.FetchResponse.PartitionData;
import io.moldau.replication.Fetched;
import io.moldau.replication.Partition;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// One fetch from its arrival to its answer: read; if there is less than `min.bytes`, wait for more, at most
/// `max.wait.ms`; read again on the connection's loop, whenever a partition has news, and at the end of the time.
final class PendingFetch {
    private final NodeContext context;
    private final FetchRequest request;
    private final Call call;
    private final Optional<FetchSession> session;
    private final List<Wanted> wanted;
    private final boolean full;
    private final Set<Partition> watched = new LinkedHashSet<>();
    private final AtomicBoolean woken = new AtomicBoolean();
    private final Runnable watcher = this::news;
    private boolean answered;
    private boolean lastTry;
    private Timers.@Nullable Timer timer;

    private record Result(Wanted wanted, Fetched fetched) {}

    PendingFetch(
            NodeContext context,
            FetchRequest request,
            Call call,
            Optional<FetchSession> session,
            List<Wanted> wanted,
            boolean full) {
        this.context = context;
        this.request = request;
        this.call = call;
        this.session = session;
        this.wanted = wanted;
        this.full = full;
    }

    void start() {
        if (tryAnswer(request.maxWaitMs() <= 0 || wanted.isEmpty() && full)) {
            return;
        }
        for (var one : wanted) {
            find(one).ifPresent(watched::add);
        }
        watched.forEach(partition -> partition.watch(watcher));
        timer = context.environment().timers().schedule(request.maxWaitMs(), this::timeUp);
        // What arrived between the first reading and the watching has nobody else to tell of it.
        attempt(false);
    }

    private void news() {
        if (woken.compareAndSet(false, true)) {
            call.execute(() -> {
                woken.set(false);
                attempt(false);
            });
        }
    }

    private void timeUp() {
        call.execute(() -> attempt(true));
    }

    private void attempt(boolean last) {
        if (answered) {
            return;
        }
        lastTry |= last;
        if (tryAnswer(lastTry)) {
            watched.forEach(partition -> partition.unwatch(watcher));
            if (timer != null) {
                timer.cancel();
            }
        }
    }

    /// Answers if there is enough, or an error, or something to say about a partition; or in any case if `anyway`.
    private boolean tryAnswer(boolean anyway) {
        var results = new ArrayList<Result>(wanted.size());
        long bytes = 0;
        boolean urgent = false;
        for (var one : wanted) {
            long room = Math.max(0, request.maxBytes() - bytes);
            var fetched = read(one, (int) Math.min(room, one.maxBytes), bytes == 0);
            results.add(new Result(one, fetched));
            switch (fetched) {
                case Fetched.Read read -> {
                    bytes += read.sizeBytes();
                    urgent |= read.diverging().isPresent();
                }
                case Fetched.Refused refused -> urgent = true;
            }
        }
        if (!anyway && !urgent && bytes < request.minBytes()) {
            return false;
        }
        answered = true;
        call.answer(response(results));
        return true;
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
                        .abortedTransactions(request.isolationLevel() == 1 ? List.of() : null)
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
}
