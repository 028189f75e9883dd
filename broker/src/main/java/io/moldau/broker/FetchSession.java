package io.moldau.broker;

import io.moldau.protocol.Uuid;
import java.util.LinkedHashMap;
import java.util.Map;

/// What one incremental fetch session remembers between requests (KIP-227). Touched by its connection's requests
/// only, which are handled one after the other.
final class FetchSession {
    /// A partition as the reader names it: by id from version 13 on, by name before.
    record Key(Uuid topicId, String topic, int partition) {}

    /// What the reader wants of a partition, and what it was last told.
    static final class Wanted {
        final Key key;
        long fetchOffset;
        int maxBytes;
        int leaderEpoch;
        int lastFetchedEpoch;
        long toldHighWatermark = -1;
        long toldLogStartOffset = -1;
        boolean toldError;

        Wanted(Key key) {
            this.key = key;
        }
    }

    private final int id;
    private final Map<Key, Wanted> wanted = new LinkedHashMap<>();
    private int nextEpoch = 1;
    private long lastUsedNanos;

    FetchSession(int id, long nowNanos) {
        this.id = id;
        this.lastUsedNanos = nowNanos;
    }

    int id() {
        return id;
    }

    Map<Key, Wanted> wanted() {
        return wanted;
    }

    int nextEpoch() {
        return nextEpoch;
    }

    long lastUsedNanos() {
        return lastUsedNanos;
    }

    void used(long nowNanos) {
        lastUsedNanos = nowNanos;
        nextEpoch = nextEpoch == Integer.MAX_VALUE ? 1 : nextEpoch + 1;
    }

    /// A partition that was given data goes to the end of the line, so that all get their turn.
    void served(Wanted partition) {
        wanted.remove(partition.key);
        wanted.put(partition.key, partition);
    }
}
