package io.moldau.broker;

import io.moldau.broker.FetchSession.Key;
import io.moldau.broker.FetchSession.Wanted;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.FetchRequest;
import io.moldau.protocol.message.FetchRequest.FetchPartition;
import io.moldau.protocol.message.FetchResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Fetch (key 1), versions 4–18, for consumers.
/// - v7  incremental sessions (KIP-227)
/// - v12 divergence of the reader's history (KIP-595)
/// - v13 topics by id (KIP-516)
/// - v16 leader hints (KIP-951): a lone node never has another leader to hint at
/// Left out: fetching by followers.
final class FetchHandler implements ApiHandler<FetchRequest> {
    private static final int FINAL_EPOCH = -1;
    private static final int INITIAL_EPOCH = 0;

    private final NodeContext context;
    private final FetchSessions sessions;

    FetchHandler(NodeContext context) {
        this.context = context;
        this.sessions = new FetchSessions(
                context.environment(), context.settings().int32("max.incremental.fetch.session.cache.slots"));
    }

    @Override
    public void handle(FetchRequest request, Call call) {
        boolean withSessions = call.version() >= 7;
        int epoch = withSessions ? request.sessionEpoch() : FINAL_EPOCH;
        if (epoch == FINAL_EPOCH || epoch == INITIAL_EPOCH) {
            if (request.sessionId() != 0) {
                sessions.remove(request.sessionId());
            }
            var wanted = wanted(request, call, Map.of());
            var session = epoch == INITIAL_EPOCH ? sessions.create() : Optional.<FetchSession>empty();
            session.ifPresent(created -> created.wanted().putAll(wanted));
            new PendingFetch(context, sessions, request, call, session, List.copyOf(wanted.values()), true).start();
            return;
        }
        var session = sessions.find(request.sessionId()).orElse(null);
        if (session == null) {
            refuse(call, ErrorCode.FETCH_SESSION_ID_NOT_FOUND, request.sessionId());
            return;
        }
        if (epoch != session.nextEpoch()) {
            refuse(call, ErrorCode.INVALID_FETCH_SESSION_EPOCH, request.sessionId());
            return;
        }
        session.used(context.environment().clock().nanos());
        for (var topic : request.forgottenTopicsData()) {
            for (int partition : topic.partitions()) {
                session.wanted().remove(key(call, topic.topicId(), topic.topic(), partition));
            }
        }
        session.wanted().putAll(wanted(request, call, session.wanted()));
        new PendingFetch(
                        context,
                        sessions,
                        request,
                        call,
                        Optional.of(session),
                        new ArrayList<>(session.wanted().values()),
                        false)
                .start();
    }

    private static Map<Key, Wanted> wanted(FetchRequest request, Call call, Map<Key, Wanted> known) {
        var result = new LinkedHashMap<Key, Wanted>();
        for (var topic : request.topics()) {
            for (var partition : topic.partitions()) {
                var key = key(call, topic.topicId(), topic.topic(), partition.partition());
                var wanted = Optional.ofNullable(known.get(key)).orElseGet(() -> new Wanted(key));
                update(wanted, partition);
                result.put(key, wanted);
            }
        }
        return result;
    }

    private static void update(Wanted wanted, FetchPartition partition) {
        wanted.fetchOffset = partition.fetchOffset();
        wanted.maxBytes = partition.partitionMaxBytes();
        wanted.leaderEpoch = partition.currentLeaderEpoch();
        wanted.lastFetchedEpoch = partition.lastFetchedEpoch();
    }

    private static Key key(Call call, Uuid id, String name, int partition) {
        return call.version() >= 13 ? new Key(id, "", partition) : new Key(Uuid.ZERO, name, partition);
    }

    private static void refuse(Call call, ErrorCode error, int sessionId) {
        call.answer(FetchResponse.builder()
                .errorCode(error.code())
                .sessionId(sessionId)
                .responses(List.of())
                .build());
    }
}
