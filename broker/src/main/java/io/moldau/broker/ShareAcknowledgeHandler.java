package io.moldau.broker;

import io.moldau.broker.ShareAcknowledging.Answer;
import io.moldau.broker.ShareAcknowledging.Said;
import io.moldau.broker.ShareSession.Key;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.ShareAcknowledgeRequest;
import io.moldau.protocol.message.ShareAcknowledgeResponse;
import io.moldau.protocol.message.ShareAcknowledgeResponse.PartitionData;
import io.moldau.protocol.message.ShareAcknowledgeResponse.ShareAcknowledgeTopicResponse;
import io.moldau.shares.Acknowledgement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// ShareAcknowledge (key 79), versions 1–2: answered when it is kept.
/// - v2 renewing locks (KIP-1222)
final class ShareAcknowledgeHandler implements ApiHandler<ShareAcknowledgeRequest> {
    private static final short RENEW_SINCE = 2;

    private final ShareNode node;

    ShareAcknowledgeHandler(ShareNode node) {
        this.node = node;
    }

    @Override
    public void handle(ShareAcknowledgeRequest request, Call call) {
        var group = request.groupId();
        var member = request.memberId();
        if (group == null || group.isEmpty() || member == null || member.isEmpty()) {
            refuse(call, ErrorCode.INVALID_REQUEST, "a group and a member must be named");
            return;
        }
        if (request.shareSessionEpoch() == ShareSessions.INITIAL_EPOCH) {
            refuse(
                    call,
                    ErrorCode.INVALID_SHARE_SESSION_EPOCH,
                    "a share session is opened by a fetch, not by an acknowledgement");
            return;
        }
        var who = new ShareSession.Id(group, member);
        var found = node.sessions().find(who, request.shareSessionEpoch());
        if (found.session().isEmpty()) {
            refuse(call, found.error(), found.error().text());
            return;
        }
        var said = new ArrayList<Said>();
        for (var topic : request.topics()) {
            for (var partition : topic.partitions()) {
                said.add(new Said(
                        new Key(topic.topicId(), partition.partitionIndex()),
                        partition.acknowledgementBatches().stream()
                                .map(batch -> new Acknowledgement(
                                        batch.firstOffset(), batch.lastOffset(), batch.acknowledgeTypes()))
                                .toList()));
            }
        }
        boolean renews = call.version() >= RENEW_SINCE && request.isRenewAck();
        new ShareAcknowledging(node, who, renews).run(said, answers -> {
            if (request.shareSessionEpoch() == ShareSessions.FINAL_EPOCH) {
                node.sessions().close(found.session().get());
            }
            call.answer(ShareAcknowledgeResponse.builder()
                    .acquisitionLockTimeoutMs(node.rules().of(group).lockMs())
                    .responses(topics(answers))
                    .build());
        });
    }

    private static List<ShareAcknowledgeTopicResponse> topics(Map<Key, Answer> answers) {
        var byTopic = new LinkedHashMap<Uuid, List<PartitionData>>();
        answers.forEach((key, answer) -> byTopic.computeIfAbsent(key.topic(), topic -> new ArrayList<>())
                .add(PartitionData.builder()
                        .partitionIndex(key.partition())
                        .errorCode(answer.error().code())
                        .errorMessage(answer.reason().isEmpty() ? null : answer.reason())
                        .build()));
        return byTopic.entrySet().stream()
                .map(topic -> ShareAcknowledgeTopicResponse.builder()
                        .topicId(topic.getKey())
                        .partitions(topic.getValue())
                        .build())
                .toList();
    }

    private static void refuse(Call call, ErrorCode error, String reason) {
        call.answer(ShareAcknowledgeResponse.builder()
                .errorCode(error.code())
                .errorMessage(reason)
                .responses(List.of())
                .build());
    }
}
