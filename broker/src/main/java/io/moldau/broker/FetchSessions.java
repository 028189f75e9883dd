package io.moldau.broker;

import io.moldau.environment.Environment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The node's fetch sessions: at most `max.incremental.fetch.session.cache.slots`. When all are taken, the one used
/// longest ago gives way if it has been idle for two minutes; otherwise the reader gets full fetches.
final class FetchSessions {
    private static final long EVICTABLE_AFTER_NANOS = 120_000_000_000L;

    private final Environment environment;
    private final int slots;
    private final Map<Integer, FetchSession> sessions = new LinkedHashMap<>();

    FetchSessions(Environment environment, int slots) {
        this.environment = environment;
        this.slots = slots;
    }

    synchronized Optional<FetchSession> find(int id) {
        return Optional.ofNullable(sessions.get(id));
    }

    /// A new session, or none if the cache is full.
    synchronized Optional<FetchSession> create() {
        long now = environment.clock().nanos();
        if (sessions.size() >= slots && !evict(now)) {
            return Optional.empty();
        }
        int id;
        do {
            id = 1 + environment.randomness().nextInt(Integer.MAX_VALUE - 1);
        } while (sessions.containsKey(id));
        var session = new FetchSession(id, now);
        sessions.put(id, session);
        return Optional.of(session);
    }

    synchronized void remove(int id) {
        sessions.remove(id);
    }

    private boolean evict(long now) {
        FetchSession oldest = null;
        for (var session : sessions.values()) {
            if (oldest == null || session.lastUsedNanos() < oldest.lastUsedNanos()) {
                oldest = session;
            }
        }
        if (oldest == null || now - oldest.lastUsedNanos() < EVICTABLE_AFTER_NANOS) {
            return false;
        }
        sessions.remove(oldest.id());
        return true;
    }
}
