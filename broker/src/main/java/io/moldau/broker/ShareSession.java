package io.moldau.broker;

import io.moldau.network.Peer;
import io.moldau.protocol.Uuid;
import io.moldau.shares.SharePartition;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// What one member reads over one connection, between its requests (KIP-932). Any thread.
final class ShareSession {
    /// Of whom it is.
    record Id(String group, String member) {}

    record Key(Uuid topic, int partition) {}

    private final Id id;
    private final Peer peer;
    private final Set<Key> wanted = new LinkedHashSet<>();
    private final Set<SharePartition> used = new HashSet<>();
    private int nextEpoch = 1;
    private boolean closed;

    ShareSession(Id id, Peer peer) {
        this.id = id;
        this.peer = peer;
    }

    Id id() {
        return id;
    }

    Peer peer() {
        return peer;
    }

    /// Whether a request with this epoch is the next one; then the one after it is awaited.
    synchronized boolean isNext(int epoch) {
        if (epoch != nextEpoch) {
            return false;
        }
        nextEpoch = nextEpoch == Integer.MAX_VALUE ? 1 : nextEpoch + 1;
        return true;
    }

    synchronized void update(List<Key> added, List<Key> forgotten) {
        wanted.addAll(added);
        forgotten.forEach(wanted::remove);
    }

    /// What the member reads; each time another partition is the first.
    synchronized List<Key> wanted() {
        var all = new ArrayList<>(wanted);
        if (all.size() > 1) {
            var first = all.getFirst();
            wanted.remove(first);
            wanted.add(first);
        }
        return all;
    }

    /// The member gets records here. False if the session ended: then they are to be released.
    synchronized boolean uses(SharePartition partition) {
        if (!closed) {
            used.add(partition);
        }
        return !closed;
    }

    /// Ends the session: what the member has is offered to others.
    void close() {
        List<SharePartition> all;
        synchronized (this) {
            closed = true;
            all = List.copyOf(used);
            used.clear();
        }
        all.forEach(partition -> partition.release(id.member()));
    }
}
