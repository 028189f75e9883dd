package io.moldau.broker;

import io.moldau.broker.ShareSession.Id;
import io.moldau.network.Peer;
import io.moldau.protocol.ErrorCode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntSupplier;

/// The node's share sessions: at most `group.share.max.share.sessions`, one for a member. They end with their
/// connection.
final class ShareSessions {
    static final int FINAL_EPOCH = -1;
    static final int INITIAL_EPOCH = 0;

    /// A session, or why there is none for this request.
    record Found(ErrorCode error, Optional<ShareSession> session) {
        static Found refused(ErrorCode error) {
            return new Found(error, Optional.empty());
        }
    }

    private final IntSupplier most;
    private final Map<Id, ShareSession> sessions = new HashMap<>();

    ShareSessions(IntSupplier most) {
        this.most = most;
    }

    /// A new session; the member's former one ends.
    Found open(Id id, Peer peer) {
        ShareSession before;
        ShareSession opened;
        synchronized (this) {
            before = sessions.get(id);
            if (before == null && sessions.size() >= most.getAsInt()) {
                return Found.refused(ErrorCode.SHARE_SESSION_LIMIT_REACHED);
            }
            opened = new ShareSession(id, peer);
            sessions.put(id, opened);
        }
        if (before != null) {
            before.close();
        }
        return new Found(ErrorCode.NONE, Optional.of(opened));
    }

    /// The session that goes on with this request, or ends with it.
    synchronized Found find(Id id, int epoch) {
        var session = sessions.get(id);
        if (session == null) {
            return Found.refused(ErrorCode.SHARE_SESSION_NOT_FOUND);
        }
        return epoch == FINAL_EPOCH || session.isNext(epoch)
                ? new Found(ErrorCode.NONE, Optional.of(session))
                : Found.refused(ErrorCode.INVALID_SHARE_SESSION_EPOCH);
    }

    void close(ShareSession session) {
        synchronized (this) {
            sessions.remove(session.id(), session);
        }
        session.close();
    }

    /// A connection was closed.
    void closed(Peer peer) {
        List<ShareSession> lost;
        synchronized (this) {
            lost = sessions.values().stream()
                    .filter(session -> session.peer().equals(peer))
                    .toList();
        }
        lost.forEach(this::close);
    }
}
