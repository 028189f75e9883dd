package io.moldau.broker;

import io.moldau.broker.ShareAcknowledging.Said;
import io.moldau.broker.ShareSession.Key;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.ShareFetchRequest;
import io.moldau.protocol.message.ShareFetchResponse;
import io.moldau.shares.Acknowledgement;
import java.util.ArrayList;
import java.util.List;

/// ShareFetch (key 78), versions 1–2: what the member says of the records it has is kept first, then it gets others.
/// - v2 acquire modes, renewing locks (KIP-1206, KIP-1222)
final class ShareFetchHandler implements ApiHandler<ShareFetchRequest> {
    private static final int MOST_MODE = 1;

    private final ShareNode node;

    ShareFetchHandler(ShareNode node) {
        this.node = node;
    }

    @Override
    public void handle(ShareFetchRequest request, Call call) {
        var group = request.groupId();
        var member = request.memberId();
        if (group == null || group.isEmpty() || member == null || member.isEmpty()) {
            refuse(call, ErrorCode.INVALID_REQUEST, "a group and a member must be named");
            return;
        }
        if (request.shareAcquireMode() < 0 || request.shareAcquireMode() > MOST_MODE) {
            refuse(call, ErrorCode.INVALID_REQUEST, "there is no acquire mode " + request.shareAcquireMode());
            return;
        }
        var said = said(request);
        int epoch = request.shareSessionEpoch();
        if (epoch == ShareSessions.INITIAL_EPOCH && !said.isEmpty()) {
            refuse(call, ErrorCode.INVALID_REQUEST, "the first fetch of a share session has nothing to acknowledge");
            return;
        }
        var who = new ShareSession.Id(group, member);
        var found = epoch == ShareSessions.INITIAL_EPOCH
                ? node.sessions().open(who, call.peer())
                : node.sessions().find(who, epoch);
        var session = found.session().orElse(null);
        if (session == null) {
            refuse(call, found.error(), found.error().text());
            return;
        }
        session.update(named(request), forgotten(request));
        new ShareAcknowledging(node, who, request.isRenewAck()).run(said, answers -> {
            if (epoch == ShareSessions.FINAL_EPOCH) {
                node.sessions().close(session);
            }
            boolean fetches = epoch != ShareSessions.FINAL_EPOCH
                    && !request.isRenewAck()
                    && request.maxRecords() > 0
                    && request.maxBytes() > 0;
            call.execute(new PendingShareFetch(node, request, call, session, fetches, answers)::start);
        });
    }

    private static List<Said> said(ShareFetchRequest request) {
        var said = new ArrayList<Said>();
        for (var topic : request.topics()) {
            for (var partition : topic.partitions()) {
                if (!partition.acknowledgementBatches().isEmpty()) {
                    said.add(new Said(
                            new Key(topic.topicId(), partition.partitionIndex()),
                            partition.acknowledgementBatches().stream()
                                    .map(batch -> new Acknowledgement(
                                            batch.firstOffset(), batch.lastOffset(), batch.acknowledgeTypes()))
                                    .toList()));
                }
            }
        }
        return said;
    }

    private static List<Key> named(ShareFetchRequest request) {
        return request.topics().stream()
                .flatMap(topic -> topic.partitions().stream()
                        .map(partition -> new Key(topic.topicId(), partition.partitionIndex())))
                .toList();
    }

    private static List<Key> forgotten(ShareFetchRequest request) {
        return request.forgottenTopicsData().stream()
                .flatMap(topic -> topic.partitions().stream().map(partition -> new Key(topic.topicId(), partition)))
                .toList();
    }

    private static void refuse(Call call, ErrorCode error, String reason) {
        call.answer(ShareFetchResponse.builder()
                .errorCode(error.code())
                .errorMessage(reason)
                .responses(List.of())
                .build());
    }
}
